// What is said of an experiment in words, and in which order.

import { isKnown, percent, plain, signedWithUnit, withUnit } from "../format.js";

/**
 * @typedef {import("./told.js").Measure} Measure
 * @typedef {import("./told.js").Verdict} Verdict
 * @typedef {import("./told.js").Answer} Answer
 * @typedef {import("./told.js").Pair} Pair
 * @typedef {import("./told.js").Level} Level
 */

export const FEW = 5; // of fewer cases little is known

/** @param {number} value @returns {string} a hundred times it, to one decimal, so that columns of it are even */
function tenths(value) {
  const text = (100 * value).toFixed(1);
  return text === "-0.0" ? "0.0" : text.replace("-", "−");
}

/** @param {number | null | undefined} ratio */
export function rateText(ratio) {
  return isKnown(ratio) ? `${tenths(ratio)} %` : "–";
}

/** @param {number | null | undefined} area under a curve of rates */
export function areaText(area) {
  return isKnown(area) ? area.toFixed(3) : "–";
}

/** @param {number | null | undefined} low @param {number | null | undefined} high of a rate */
export function boundsText(low, high) {
  return isKnown(low) && isKnown(high) ? `${tenths(low)} to ${tenths(high)} %` : "";
}

/** @param {number | null | undefined} value @param {Measure} measure */
export function valueText(value, { unit, limit }) {
  if (limit && isKnown(value) && value >= limit) return "never";
  return unit === "share" ? rateText(value) : withUnit(value, unit);
}

/** @param {number | null | undefined} value @param {Measure} measure */
export function differenceText(value, { unit }) {
  if (unit !== "share") return signedWithUnit(value, unit);
  if (!isKnown(value)) return "–";
  const text = tenths(value);
  return `${value > 0 && text !== "0.0" ? "+" : ""}${text} pp`;
}

/** @param {string} name @returns {string[]} its parts, between which a line may end */
export function breakable(name) {
  return name.split(/(?<=[_/.:-])(?=[^_/.:-])/);
}

/** @param {Measure} measure */
export function measureText({ label, is_median }) {
  return is_median ? `median ${label}` : label;
}

/**
 * @param {number} value the mean over epochs
 * @param {number} n epochs
 * @param {Measure} measure
 */
export function epochsText(value, n, measure) {
  if (!measure.is_rate) return valueText(value, measure);
  if (n === 1) return value >= 0.5 ? "yes" : "no";
  const whole = value * n;
  return Math.abs(whole - Math.round(whole)) < 1e-4 ? `${Math.round(whole)} of ${n}` : rateText(value);
}

/** @param {number | null | undefined} p */
export function pText(p) {
  if (!isKnown(p)) return "";
  return p < 0.001 ? "p < 0.001" : `p ${plain(p, 2)}`;
}

/** @type {Record<string, [string, string]>} verdict -> mark, class */
const LOOKS = { better: ["▲", "wb-good"], worse: ["▼", "wb-bad"], inconclusive: ["?", "wb-even"] };

/**
 * @param {Verdict} told
 * @param {Measure} measure
 * @param {number} worth a difference of rates that is worth knowing of
 * @returns {{mark: string, look: string, word: string, facts: string, power: string}} `power`: what would have been seen, where nothing was
 */
export function verdictWords(told, measure, worth) {
  const [mark, look] = LOOKS[told.verdict] ?? ["", "wb-even"];
  const compared = comparedBy(measure);
  const bounds = isKnown(told.low) && isKnown(told.high) ? ` (${differenceText(told.low, compared).replace(" pp", "")} to ${differenceText(told.high, compared)})` : "";
  const way = measure.limit ? " sooner" : measure.is_median ? " in the mean" : "";
  const facts = [isKnown(told.difference) ? `${differenceText(told.difference, compared)}${way}${bounds}` : "", pText(told.p_value)].filter(Boolean).join(", ");
  return { mark, look, word: told.verdict, facts, power: told.verdict === "inconclusive" ? powerWords(told, compared, worth) : "" };
}

/** @param {Measure} measure @returns {Measure} in which unit its differences are */
function comparedBy(measure) {
  return measure.limit ? { ...measure, unit: "share" } : measure;
}

/** @param {Verdict} told @param {Measure} measure @param {number} worth */
function powerWords(told, measure, worth) {
  const seen = isKnown(told.detectable) ? `would be seen: ${differenceText(Math.abs(told.detectable), measure).replace("+", "")}` : "";
  const n = told.needed;
  const needed = isKnown(n) ? `${n.toLocaleString("en-US")} ${n === 1 ? "case" : "cases"} would decide ${plain(100 * worth, 2)} pp` : "";
  return [seen, needed].filter(Boolean).join("; ");
}

/** @param {string} id @returns {string} a commit by its first letters, anything else as it is */
export function shortId(id) {
  return /^[0-9a-f]{40}$/.test(id) ? id.slice(0, 10) : id;
}

/** @param {Answer} answer @returns {string} who was named */
export function saidText({ said, failure }) {
  if (failure) return `failed: ${failure}`;
  if (said === null) return "not told";
  return said ? shortId(said) : "nobody";
}

/** @param {Answer} answer */
export function sureText({ confidence, failure }) {
  return failure || !isKnown(confidence) ? "" : `${percent(confidence)} sure`;
}

/** @param {boolean} isSolved @param {Measure} measure */
export function outcomeText(isSolved, { is_rate }) {
  if (is_rate) return isSolved ? "solved" : "lost";
  return isSolved ? "better" : "worse";
}

/** @param {Pair} pair @returns {string} */
export function partedText({ parted, answerBefore, answerAfter }) {
  if (!parted) return answerBefore.steps.length && answerAfter.steps.length ? "never" : "no steps kept";
  return `step ${parted}`;
}

/**
 * @param {Pair[]} pairs
 * @param {{text: string, outcome: string}} wanted outcome "all", "solved" or "lost"
 * @returns {Pair[]}
 */
export function chosenPairs(pairs, { text, outcome }) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return pairs.filter((pair) => {
    if (outcome !== "all" && pair.isSolved !== (outcome === "solved")) return false;
    const told = [pair.id, pair.about, ...[pair.answerBefore, pair.answerAfter].flatMap((one) => [one.said ?? "", saidText(one), one.skill])].join("\n").toLowerCase();
    return words.every((word) => told.includes(word));
  });
}

/**
 * @param {Level[]} levels
 * @param {string} order "name" as they are, "cases", or "difference": where the variant lost most first
 * @param {boolean} lowerIsBetter
 */
export function sortLevels(levels, order, lowerIsBetter) {
  const gain = /** @param {Level} level */ ({ before, after }) => (lowerIsBetter ? before.value - after.value : after.value - before.value);
  /** @type {Record<string, (level: Level) => number>} smallest first */
  const keys = { name: () => 0, cases: (level) => -Math.max(level.nAfter, level.nBefore), difference: (level) => (isKnown(gain(level)) ? gain(level) : Infinity) };
  const key = keys[order] ?? keys.name;
  return levels.map((level, at) => ({ level, at, by: key(level) })).sort((i, j) => (i.by === j.by ? i.at - j.at : i.by - j.by)).map(({ level }) => level);
}

/** @param {string[]} before @param {string[]} after @param {number} parted from 1; 0 for none @returns {{number: number, before: string, after: string, isParting: boolean, isAlike: boolean}[]} */
export function traceRows(before, after, parted) {
  return Array.from({ length: Math.max(before.length, after.length) }, (_, at) => ({
    number: at + 1, before: before[at] ?? "", after: after[at] ?? "", isParting: at + 1 === parted, isAlike: !parted || at + 1 < parted,
  }));
}
