// Parts of what is told of an opportunity: its state, and what it would save as a bar.

import { make } from "../dom.js";
import { own } from "../rows/order.js";
import { barOf, partInterval, partText } from "./rows.js";

/**
 * @typedef {import("./rows.js").Amount} Amount
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./rows.js").Solve} Solve
 */

/** @type {Record<string, string>} a mark besides the words, so that colour is never alone */
const MARKS = { "open": "○", "fix verified": "✓", "fix failed": "✗", "rejected": "⊘", "resolved": "●" };

/** @param {string} state */
export function drawState(state) {
  const known = own(MARKS, state);
  const mark = make("span", { "aria-hidden": "true" }, known ?? "·");
  return make("span", { class: "wb-o-state", "data-state": known && state }, mark, ` ${state || "–"}`);
}

/** @param {Solve | undefined} solve */
export function isUnderWay(solve) {
  return solve?.state === "running";
}

/** @param {Amount} amount @param {number} most what the right end of the bar stands for */
export function drawBar(amount, most) {
  const bar = barOf(amount, most);
  if (!bar) return "";
  return make("span", { class: "wb-o-bar", "aria-hidden": "true" },
    make("i", { style: `left:${bar.low.toFixed(2)}%;width:${bar.width.toFixed(2)}%` }),
    make("b", { style: `left:${bar.value.toFixed(2)}%` }));
}

/** @param {Row} row @param {number} most */
export function drawSaving(row, most) {
  return make("div", { class: "wb-o-amount" }, drawBar(row.saving, most),
    make("div", {}, partText(row.saving[0]), make("small", {}, partInterval(row.saving))));
}
