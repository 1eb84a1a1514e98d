// The chosen variant beside the baseline, in each level of a stratum.

import { make } from "../dom.js";
import { counted, isKnown, middleClipped } from "../format.js";
import { FEW, breakable, differenceText, measureText, sortLevels, valueText } from "./words.js";

/**
 * @typedef {import("./told.js").Experiment} Experiment
 * @typedef {import("./told.js").Cell} Cell
 * @typedef {import("./told.js").Level} Level
 * @typedef {import("./told.js").Measure} Measure
 */

/** @param {Cell} cell @param {Measure} measure @param {number} most what the track ends at @param {string} kind "wb-e-after" or "wb-e-before" */
function drawBar(cell, measure, most, kind) {
  const at = /** @param {number} value */ (value) => `${(100 * Math.min(Math.max(value / most, 0), 1)).toFixed(2)}%`;
  const isRange = isKnown(cell.low) && isKnown(cell.high);
  return make("span", { class: `wb-e-barline ${kind}` },
    make("span", { class: "wb-e-bar", "aria-hidden": "true" }, cell.n ? make("i", { style: `width:${at(cell.value)}` }) : "",
      isRange ? make("b", { style: `left:${at(cell.low)};width:${at(cell.high - cell.low)}` }) : ""),
    make("span", { class: "wb-e-barvalue" }, cell.n ? valueText(cell.value, measure) : "–"));
}

/** @param {Level} level @returns {(Node | string)[]} how many cases, and that they are few */
function drawN({ nBefore, nAfter }) {
  const told = nBefore === nAfter ? String(nAfter) : `${nAfter} / ${nBefore}`;
  return [told, Math.min(nBefore, nAfter) < FEW ? make("span", { class: "wb-e-few", title: `fewer than ${FEW} cases` }, " few") : ""];
}

/**
 * @param {Experiment} experiment
 * @param {{chosen: string, measure: string, stratum: string}} state
 * @param {string} order
 * @returns {HTMLElement}
 */
export function drawStrata(experiment, state, order) {
  const at = experiment.measureAt(state.measure);
  const measure = experiment.measures[at];
  const number = experiment.variantAt(state.chosen);
  const isAlone = number === 0;
  const levels = sortLevels(experiment.levels(state.stratum, at, number), isAlone && order === "difference" ? "name" : order, measure.lower_is_better);
  if (!levels.length) return make("p", { class: "wb-empty" }, state.stratum ? "Nothing is known of any case in this measure." : "The results tell no strata of cases.");
  const most = measure.unit === "share" ? 1 : Math.max(...levels.flatMap(({ before, after }) => [before.value, after.value]).filter(isKnown), 1e-12);
  const rows = levels.map((level) => {
    const difference = level.after.value - level.before.value;
    const bars = isAlone ? [drawBar(level.before, measure, most, "wb-e-before")]
      : [drawBar(level.after, measure, most, "wb-e-after"), drawBar(level.before, measure, most, "wb-e-before")];
    const isFew = Math.min(level.nBefore, level.nAfter) < FEW;
    return make("tr", { class: isFew ? "wb-e-isfew" : undefined },
      make("th", { scope: "row", title: level.name }, ...breakable(middleClipped(level.name, 60)).flatMap((text) => [text, make("wbr")])),
      make("td", { class: "n" }, ...drawN(level)),
      make("td", { class: "wb-e-bars" }, ...bars),
      ...(isAlone ? [] : [make("td", { class: "n wb-e-spare" }, differenceText(difference, measure))]));
  });
  return make("table", { class: "wb-e-table wb-e-strata" },
    make("caption", { class: "wb-hidden-text" }, `${measureText(measure)} by ${state.stratum}`),
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, state.stratum[0].toUpperCase() + state.stratum.slice(1)), make("th", { scope: "col", class: "n" }, "Cases"),
      make("th", { scope: "col" }, measureText(measure)), ...(isAlone ? [] : [make("th", { scope: "col", class: "n wb-e-spare" }, "Difference")]))),
    make("tbody", {}, ...rows));
}

/** @param {Experiment} experiment @param {{chosen: string, measure: string}} state @returns {HTMLElement} which bar is whose */
export function drawKey(experiment, { chosen, measure }) {
  const one = /** @param {string} kind @param {string} name @param {string} [more] */ (kind, name, more = "") => make("span", { class: `wb-e-key ${kind}`, title: name },
    make("i", { "aria-hidden": "true" }), make("span", {}, `${middleClipped(name, 40)}${more}`));
  return make("p", { class: "wb-e-keys" }, ...(chosen === experiment.baseline ? [] : [one("wb-e-after", chosen)]), one("wb-e-before", experiment.baseline, " (baseline)"),
    ...(experiment.measures[experiment.measureAt(measure)].is_rate ? [one("wb-e-range", "95 % interval")] : []));
}

/** @param {Experiment} experiment @param {{chosen: string, measure: string, stratum: string}} state @returns {string} */
export function strataNote(experiment, state) {
  const levels = experiment.levels(state.stratum, experiment.measureAt(state.measure), experiment.variantAt(state.chosen));
  const n = levels.filter(({ nBefore, nAfter }) => Math.min(nBefore, nAfter) < FEW).length;
  return n ? `${counted(n, "level has", "levels have")} fewer than ${FEW} cases: they are marked as few.` : "";
}
