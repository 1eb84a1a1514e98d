// One row a variant: its rates with their intervals, and what it is against the baseline.

import { make } from "../dom.js";
import { counted, isKnown, middleClipped } from "../format.js";
import { boundsText, differenceText, measureText, rateText, valueText, verdictWords } from "./words.js";

/**
 * @typedef {import("./told.js").Experiment} Experiment
 * @typedef {import("./told.js").Cell} Cell
 * @typedef {import("./told.js").Measure} Measure
 */

const ALWAYS = ["correct", "top1", "top3", "false_accusation", "time_to_diagnosis"];
const SPARE = ["top1", "time_to_diagnosis"]; // are left out first where it is narrow
const LONGEST_NAME = 44;

/** @param {number} ratio */
const part = (ratio) => `${(100 * Math.min(Math.max(ratio, 0), 1)).toFixed(2)}%`;

/** @param {Cell} cell of a rate @returns {HTMLElement} its interval on a track from 0 to 100 %, with the rate as a tick */
function drawInterval({ value, low, high }) {
  return make("span", { class: "wb-e-track", "aria-hidden": "true" },
    make("i", { style: `left:${part(low)};width:${part(high - low)}` }), make("b", { style: `left:${part(value)}` }));
}

/** @param {Cell} cell @param {Measure} measure @param {number} n_cases of the variant @param {string} kind class of the cell */
function drawCell(cell, measure, n_cases, kind) {
  if (!cell.n) return make("td", { class: kind }, make("span", { class: "wb-muted" }, "–"));
  const n = cell.n < n_cases ? make("small", { class: "wb-e-n" }, `of ${counted(cell.n, "case")}`) : "";
  if (!measure.is_rate) return make("td", { class: kind }, make("span", { class: "wb-e-value" }, valueText(cell.value, measure)), n);
  return make("td", { class: kind }, make("span", { class: "wb-e-value" }, rateText(cell.value)), drawInterval(cell),
    make("small", { class: "wb-e-bounds", title: "95 % interval" }, boundsText(cell.low, cell.high)), n);
}

/** Which measures have a column. @param {Experiment} experiment @param {string} chosen @returns {number[]} */
export function shownMeasures({ measures }, chosen) {
  return measures.map((_, at) => at).filter((at) => ALWAYS.includes(measures[at].name) || measures[at].name === chosen);
}

/** @param {Experiment} experiment @param {number} measure @param {number} variant @returns {string} how many cases were solved and lost; empty of what is no rate */
export function movedText(experiment, measure, variant) {
  const { name, is_rate } = experiment.measures[measure];
  if (!is_rate) return "";
  const { nSolved, nLost } = experiment.moved(name, variant);
  return `${nSolved.toLocaleString("en-US")} solved, ${nLost.toLocaleString("en-US")} lost`;
}

/** @param {Experiment} experiment @param {number} at measure @param {number} variant */
function drawVerdict(experiment, at, variant) {
  const measure = experiment.measures[at];
  if (variant === 0) return make("td", { class: "wb-e-against wb-muted" }, "baseline");
  const told = experiment.variants[variant].verdicts[measure.name];
  const moved = movedText(experiment, at, variant);
  if (!told) {
    const difference = differenceText(experiment.cell(at, variant).value - experiment.cell(at, 0).value, measure);
    return make("td", { class: "wb-e-against" }, make("span", { class: "wb-muted" }, "not compared"),
      make("small", {}, [difference === "–" ? "" : difference, moved].filter(Boolean).join("; ")));
  }
  const { mark, look, word, facts, power } = verdictWords(told, measure, experiment.told.worth);
  return make("td", { class: "wb-e-against" },
    make("span", { class: `wb-e-verdict ${look}` }, make("span", { "aria-hidden": "true" }, `${mark} `), word),
    make("small", {}, [facts, moved].filter(Boolean).join("; ")),
    power ? make("small", { class: "wb-e-power" }, power) : "");
}

/**
 * @param {Experiment} experiment
 * @param {{chosen: string, measure: string}} state
 * @param {{onVariant: (name: string) => void, onMeasure: (name: string) => void}} options
 * @returns {HTMLElement}
 */
export function drawVariants(experiment, state, { onVariant, onMeasure }) {
  const shown = shownMeasures(experiment, state.measure);
  const now = experiment.measureAt(state.measure);
  const kind = /** @param {number} at */ (at) => `wb-e-cell${at === now ? " wb-e-now" : at === shown[0] ? "" : SPARE.includes(experiment.measures[at].name) ? " wb-e-spare wb-e-sparer" : " wb-e-spare"}`;
  const heads = shown.map((at) => {
    const { name } = experiment.measures[at];
    const button = make("button", { type: "button", class: "wb-e-head", "aria-pressed": String(at === now), "data-key": `measure ${name}` }, measureText(experiment.measures[at]));
    button.addEventListener("click", () => onMeasure(name));
    return make("th", { scope: "col", class: kind(at) }, button);
  });
  const against = make("th", { scope: "col", class: "wb-e-against" }, "Against ", make("span", { title: experiment.baseline }, middleClipped(experiment.baseline, 24)),
    make("small", {}, experiment.measures[now].label));
  const rows = experiment.variants.map((variant, number) => {
    const isChosen = variant.name === state.chosen;
    const name = make("button", { type: "button", class: "wb-e-name", "aria-pressed": String(isChosen), title: variant.name, "data-key": `variant ${variant.name}` },
      middleClipped(variant.name, LONGEST_NAME));
    const failed = variant.n_failed ? make("small", { class: "wb-e-failed" }, `! ${variant.n_failed.toLocaleString("en-US")} of ${counted(variant.n_answers, "answer")} failed`) : "";
    const line = make("tr", { class: isChosen ? "wb-e-chosen" : undefined },
      make("th", { scope: "row" }, name, make("small", {}, [variant.is_floor ? "floor" : "", counted(variant.n_cases, "case")].filter(Boolean).join(", ")), failed),
      ...shown.map((at) => drawCell(experiment.cell(at, number), experiment.measures[at], variant.n_cases, kind(at))),
      drawVerdict(experiment, now, number));
    line.addEventListener("click", () => onVariant(variant.name));
    return line;
  });
  const body = make("tbody", {}, ...rows);
  body.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const names = experiment.variants.map(({ name }) => name);
    onVariant(names[Math.min(Math.max(names.indexOf(state.chosen) + step, 0), names.length - 1)]);
  });
  return make("table", { class: "wb-e-table wb-e-variants" },
    make("caption", { class: "wb-hidden-text" }, "Variants, with 95 % intervals of their rates"),
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Variant"), ...heads, against)), body);
}

/** @param {Experiment} experiment @param {{chosen: string}} state @returns {string} all that is measured of the chosen one */
export function chosenFacts(experiment, { chosen }) {
  const number = experiment.variantAt(chosen);
  const told = experiment.measures.map((measure, at) => ({ measure, cell: experiment.cell(at, number) })).filter(({ cell }) => cell.n && isKnown(cell.value));
  return told.map(({ measure, cell }) => `${measureText(measure)} ${valueText(cell.value, measure)}`).join(" · ");
}
