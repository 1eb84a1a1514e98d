// Opportunities as rows: which are shown, in which order, and how their numbers are told.

import { isKnown, percent, plain } from "../format.js";
import { sortedRows } from "../rows/order.js";

/**
 * @typedef {[number | null, number | null, number | null]} Amount value, and the ends of its interval
 *
 * @typedef {object} Row
 * @property {number} rank from 1 on
 * @property {string} id
 * @property {string} service
 * @property {string} function
 * @property {string} file
 * @property {number} line
 * @property {number} end_line
 * @property {string} pattern
 * @property {string} title
 * @property {number | null} share of the service's CPU that passes through the lines
 * @property {Amount} saving of the service's CPU
 * @property {Amount} watts
 * @property {number | null} chance
 * @property {number | null} hours of a reviewer
 * @property {number | null} score
 * @property {string} mitigation
 * @property {string[]} evidence
 * @property {string[]} documents
 * @property {string[]} precedents
 * @property {string[]} validation
 * @property {string} owner
 * @property {string} state
 * @property {string} command that makes a patch of it
 *
 * @typedef {object} Told
 * @property {Row[]} rows the most promising first
 * @property {Record<string, string>} states what each means
 * @property {Record<string, string>} mitigations likewise
 * @property {boolean} solves whether a patch can be asked for
 *
 * @typedef {{state: string, text: string}} Solve how the making of a patch goes, or went
 * @typedef {{text: string, state: string, pattern: string, service: string, key: string, isFalling: boolean}} Wanted
 */

const SMALLEST = 5e-5; // of a ratio that is not told as 0.00 %

/** @param {string} pattern */
export const patternWords = (pattern) => pattern.replaceAll("_", " ");

/** @param {Row} row */
export const placeText = (row) => (row.file ? `${row.file}:${row.line}` : "–");

/** @param {Row} row @returns {string} with the last line, where there are several */
export const linesText = (row) => (row.file && row.end_line > row.line ? `${placeText(row)}–${row.end_line}` : placeText(row));

/** @param {number | null} ratio */
export function partText(ratio) {
  return isKnown(ratio) && ratio > 0 && ratio < SMALLEST ? "< 0.01 %" : percent(ratio);
}

/** @param {Amount} amount a ratio @returns {string} its interval; empty where that is not known */
export function partInterval([, low, high]) {
  return isKnown(low) && isKnown(high) ? `${partText(low).replace(" %", "")} to ${partText(high)}` : "";
}

/** @param {Amount} amount in watts @returns {string} */
export function wattsInterval([, low, high]) {
  return isKnown(low) && isKnown(high) ? `${plain(low)} to ${plain(high)}` : "";
}

/** @param {number | null} hours */
export const hoursText = (hours) => (isKnown(hours) ? `${plain(hours)} h` : "–");

/** @param {Row} row @returns {string} the score, and what it is made of */
export function scoreText(row) {
  const [watts] = row.watts;
  if (!isKnown(row.score)) return "not known";
  const [size, unit] = isKnown(watts) ? [`${plain(watts)} W`, `${plain(row.score)} W`] : [partText(row.saving[0]), `${partText(row.score)} of CPU`];
  return `${unit} per hour of review = ${size} × ${percent(row.chance)} chance ÷ ${hoursText(row.hours)}`;
}

/**
 * @param {Amount} amount
 * @param {number} most what the right end of the bar stands for
 * @returns {{value: number, low: number, width: number} | null} in percent of the bar; null where there is nothing to draw
 */
export function barOf([value, low, high], most) {
  if (!isKnown(value) || !(most > 0)) return null;
  const at = /** @param {number} one */ (one) => Math.min(Math.max((100 * one) / most, 0), 100);
  const from = at(isKnown(low) ? low : value);
  return { value: at(value), low: from, width: at(isKnown(high) ? high : value) - from };
}

/** @param {Row[]} rows @returns {number} the largest saving that any interval holds */
export function mostSaving(rows) {
  return rows.reduce((most, { saving }) => Math.max(most, ...saving.filter(isKnown)), 0);
}

/** @type {import("../rows/order.js").Column<Row>[]} */
export const COLUMNS = [
  ["rank", "#", "n", false, (row) => row.rank],
  ["state", "State", "", false, (row) => row.state],
  ["pattern", "Pattern", "", false, (row) => row.pattern],
  ["function", "Function", "", false, (row) => row.function],
  ["place", "Place", "", false, (row) => row.file || null],
  ["share", "Share", "n", true, (row) => row.share],
  ["saving", "Saves", "n", true, (row) => row.saving[0]],
  ["watts", "Watts", "n", true, (row) => row.watts[0]],
  ["chance", "Chance", "n", true, (row) => row.chance],
  ["hours", "Review", "n", false, (row) => row.hours],
  ["owner", "Owner", "", false, (row) => row.owner || null],
];

/**
 * @param {Row[]} rows in the order of their ranks
 * @param {string} key of a column
 * @param {boolean} isFalling
 * @returns {Row[]} what is not known last, places by their lines, ties as they are ranked
 */
export function sortRows(rows, key, isFalling) {
  return sortedRows(rows, COLUMNS, key, isFalling, (one, other) => (key === "place" ? one.line - other.line : 0));
}

/** @param {Row[]} rows @param {Wanted} wanted @returns {Row[]} */
export function chosenRows(rows, { text, state, pattern, service, key, isFalling }) {
  const needle = text.trim().toLowerCase();
  const found = rows.filter((row) =>
    (!state || row.state === state) && (!pattern || row.pattern === pattern) && (!service || row.service === service)
    && (!needle || [row.function, placeText(row), patternWords(row.pattern), row.pattern, row.owner, row.title, row.id].some((part) => part.toLowerCase().includes(needle))));
  return sortRows(found, key, isFalling);
}

/** @param {Row[]} rows @param {(row: Row) => string} of @returns {[string, number][]} each value that there is, and how often, the most frequent first */
export function tallied(rows, of) {
  /** @type {Map<string, number>} */ const found = new Map();
  for (const row of rows) found.set(of(row), (found.get(of(row)) ?? 0) + 1);
  return [...found].sort(([one, n], [other, m]) => m - n || one.localeCompare(other, "en"));
}
