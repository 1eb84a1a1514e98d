// What waits for a review as rows: which are shown, in which order, and how they are told. Pure: no page is needed.

import { isKnown, percent, plain } from "../format.js";
import { sortedRows } from "../rows/order.js";

/**
 * @typedef {[number | null, number | null, number | null]} Part of what was lost, or of all that it costs; and the ends of its interval
 *
 * @typedef {object} Gain
 * @property {string} inputs `usual` or `held-out`
 * @property {Part} part
 * @property {[number | null, number | null, number | null]} seconds a round: before the regression, now, with the fix
 * @property {string} reason why it is not enough; empty where it is
 *
 * @typedef {object} Evidence
 * @property {string} claim
 * @property {string} call_id
 * @property {string} reply its first letters
 * @property {number} n_letters of all of it
 *
 * @typedef {object} Row
 * @property {number} rank 1 for the one that waits longest
 * @property {string} id of the investigation
 * @property {string} kind "regression" or "opportunity"
 * @property {string} regression its id, or that of the opportunity
 * @property {string} service
 * @property {string} subject
 * @property {string} metric
 * @property {string} pattern of an opportunity
 * @property {number | null} growth level after, in levels before; null where there was none
 * @property {string} title of the change that is accused
 * @property {number | null} sure
 * @property {"verified" | "not verified" | "none"} state of its fix
 * @property {string} why it is not verified, or there is none
 * @property {string} of what the gain is a part of: "restored" or "saved"
 * @property {Part} gain
 * @property {Gain[]} gains
 * @property {number | null} watts
 * @property {number} since milliseconds since 1970
 * @property {import("../agent/review.js").Editable & {change_id: string}} diagnosis
 * @property {Evidence[]} evidence
 * @property {import("../fix/view.js").Told} fix
 * @property {string} command that approves it
 *
 * @typedef {object} Told
 * @property {Row[]} rows the one that waits longest first
 * @property {Record<string, string>} mitigations what each does
 * @property {boolean} reviews whether a word can be said from here
 *
 * @typedef {{state: string, verdict: string, text: string}} Review how the taking of a word goes, or went
 * @typedef {{id: string, subject: string, text: string}} Came what came of one
 * @typedef {{text: string, key: string, isFalling: boolean}} Wanted
 */

const SHORT_ID = 8;

/** @param {Row} row @returns {string} the change that is accused, for short */
export function causeText(row) {
  if (row.pattern) return "–";
  return row.diagnosis.change_id ? row.diagnosis.change_id.slice(0, SHORT_ID) : "nobody";
}

/** @param {Row} row @returns {string} what became of its cost, or what is done in vain */
export function whatText(row) {
  if (row.pattern) return row.pattern.replaceAll("_", " ");
  return isKnown(row.growth) ? `${plain(row.growth)} times what it was` : "new";
}

/** @param {Part} part @returns {string} its interval; empty where that is not known */
export function partInterval([, low, high]) {
  return isKnown(low) && isKnown(high) ? `${percent(low).replace(" %", "")} to ${percent(high)}` : "";
}

/** @param {Row} row @returns {string} what its fix gives back; that it does not, where it is not verified */
export function gainText(row) {
  if (row.state === "none") return "no fix";
  if (row.state === "not verified") return "✗ not verified";
  return isKnown(row.gain[0]) ? `${percent(row.gain[0])} ${row.of}` : "✓ verified";
}

/** @param {Row} row @returns {string} its interval, or why there is none */
export const gainNote = (row) => (row.state === "verified" ? partInterval(row.gain) : row.why);

/** @param {number | null} watts */
export const wattsText = (watts) => (isKnown(watts) ? `${plain(watts)} W` : "–");

/** @type {[string, number][]} */
const AGES = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

/** @param {number} since milliseconds @param {number} now likewise @returns {string} how long it waits */
export function ageText(since, now) {
  const seconds = Math.max(0, (now - since) / 1000);
  const [unit, size] = AGES.find(([, least]) => seconds >= least) ?? AGES[AGES.length - 1];
  return `${Math.floor(seconds / size).toLocaleString("en-US")} ${unit}`;
}

/** @param {number} since milliseconds @returns {string} the minute */
export function momentText(since) {
  const moment = new Date(since);
  return Number.isNaN(moment.getTime()) ? "–" : `${moment.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** @type {import("../rows/order.js").Column<Row>[]} */
export const COLUMNS = [
  ["kind", "Kind", "", false, (row) => row.kind],
  ["service", "Service", "", false, (row) => row.service || null],
  ["subject", "Subject", "", false, (row) => row.subject],
  ["cause", "Cause", "", false, (row) => (row.pattern || !row.diagnosis.change_id ? null : row.title || row.diagnosis.change_id)],
  ["sure", "Sure", "n", true, (row) => row.sure],
  ["gain", "Gain", "n", true, (row) => (row.state === "verified" ? row.gain[0] : null)],
  ["watts", "Watts", "n", true, (row) => row.watts],
  ["waits", "Waits", "n", true, (row) => -row.since],
];

/** @param {Row[]} rows @param {Wanted} wanted @returns {Row[]} */
export function chosenRows(rows, { text, key, isFalling }) {
  const needle = text.trim().toLowerCase();
  const found = rows.filter((row) => !needle || [
    row.kind, row.service, row.subject, row.metric, row.pattern, whatText(row), row.title, row.diagnosis.change_id, row.diagnosis.mitigation,
    row.diagnosis.category, gainText(row), row.id, row.regression,
  ].some((part) => part.toLowerCase().includes(needle)));
  return sortedRows(found, COLUMNS, key, isFalling);
}
