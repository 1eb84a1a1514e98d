// Which candidates are shown, and in which order. Pure: no page is needed.

import { isKnown, percent } from "../format.js";

/**
 * @typedef {object} Feature
 * @property {string} note
 * @property {number | null} contribution to the log-odds; null where it is not known
 *
 * @typedef {object} Suspect what `workbench.widgets.suspect_table` tells of a candidate
 * @property {string} id
 * @property {string} title
 * @property {string} author
 * @property {string} at as in ISO 8601; empty where that is not known
 * @property {string} kind
 * @property {string} key
 * @property {string} before
 * @property {string} after
 * @property {number} probability
 * @property {number | null} window
 * @property {boolean} is_roll_back
 * @property {string[]} growing functions that carry the growth
 * @property {string[]} functions the others that it touched
 * @property {number} n_functions
 * @property {string[]} files
 * @property {number} n_files
 * @property {number} n_added
 * @property {number} n_removed
 * @property {string} detail
 * @property {Feature[]} features
 *
 * @typedef {"probability" | "title" | "kind" | "author" | "at" | "window"} SortKey
 */

/** @param {Suspect} one @returns {string} all that a search looks at, in small letters */
function wordsOf(one) {
  return [one.title, one.id, one.author, one.kind, one.key, one.detail, ...one.growing, ...one.functions, ...one.files]
    .join("\n").toLowerCase();
}

/** @type {WeakMap<Suspect, string>} */
const words = new WeakMap();

/**
 * @param {Suspect[]} rows
 * @param {string} text every word of it has to be found
 * @param {string} kind empty for any
 */
export function filterSuspects(rows, text, kind) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((one) => {
    if (kind && one.kind !== kind) return false;
    if (!wanted.length) return true;
    if (!words.has(one)) words.set(one, wordsOf(one));
    const said = /** @type {string} */ (words.get(one));
    return wanted.every((word) => said.includes(word));
  });
}

/**
 * @param {Suspect[]} rows most probable first; that order settles ties
 * @param {SortKey} key
 * @param {boolean} isFalling
 */
export function sortSuspects(rows, key, isFalling) {
  const way = isFalling ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [left, right] = [one[key], other[key]];
    const isLeftOpen = left === null || left === "";
    const isRightOpen = right === null || right === "";
    if (isLeftOpen || isRightOpen) return Number(isLeftOpen) - Number(isRightOpen); // unknown is last, either way
    if (typeof left === "number" && typeof right === "number") return way * (left - right);
    return way * String(left).localeCompare(String(right), "en", { numeric: true });
  });
}

/** @param {number} value @param {number} most @returns {{left: number, width: number}} percent of a bar with 0 in its middle */
export function divergingBar(value, most) {
  const width = most > 0 ? (50 * Math.min(Math.abs(value), most)) / most : 0;
  return { left: value < 0 ? 50 - width : 50, width };
}

/** @param {number | null} value @returns {string} with its sign, two decimals */
export function signed(value) {
  if (!isKnown(value)) return "–";
  const text = Math.abs(value).toFixed(2);
  if (Number(text) === 0) return "0.00";
  return `${value > 0 ? "+" : "−"}${text}`;
}

/** @param {number} ratio @returns {string} in percent; what is next to nothing is said to be so */
export function chance(ratio) {
  return ratio > 0 && ratio < 0.0001 ? "< 0.01 %" : percent(ratio);
}

/** @param {string} at as in ISO 8601 @returns {string} day and minute */
export function moment(at) {
  return at.slice(0, 16).replace("T", " ");
}
