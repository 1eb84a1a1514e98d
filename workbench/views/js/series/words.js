// What is said of a series, of its changes and of what happened.

import { clipped, counted, percent, withUnit } from "../format.js";
import { ratioOf } from "./data.js";

/** @typedef {import("./data.js").Series} Series */

/** @param {import("./data.js").Change} change @param {string} unit @returns {string} */
export function levelsOf(change, unit) {
  return `${withUnit(change.before, unit)} → ${withUnit(change.after, unit)}`;
}

/** @param {import("./data.js").Change} change @returns {string} where it went, and whether that is worse: full, or hollow */
export function verdict(change) {
  const isUp = change.after >= change.before;
  return change.isWorse ? `${isUp ? "▲" : "▼"} worse` : `${isUp ? "△" : "▽"} better`;
}

/** @param {number} ratio */
export function changeText(ratio) {
  if (ratio === Infinity) return "new";
  if (ratio === -Infinity) return "below 0";
  return percent(ratio, true);
}

/** @param {Series} series @param {number} row @returns {boolean | null} whether a series got worse; null where nothing moved */
export function isWorse(series, row) {
  const [change] = series.changesOf.get(row) ?? [];
  if (change) return change.isWorse;
  const ratio = series.ratio[row];
  return ratio ? ratio > 0 !== series.lowerIsWorse : null;
}

/** @param {Series} series @param {number} row @returns {string[]} one line a change point, at most three */
export function changeLines(series, row) {
  const list = series.changesOf.get(row) ?? [];
  const lines = list.slice(0, 3).map((change) => {
    const { index, low, high } = change;
    const about = high > low ? `, between ${series.windowName(low)} and ${series.windowName(high)}` : "";
    return `${verdict(change)} from ${series.windowName(index)}${about}: ${levelsOf(change, series.unit(row))} (${changeText(ratioOf(change))})`;
  });
  if (list.length > 3) lines.push(`and ${counted(list.length - 3, "more change point")}`);
  return lines;
}

/**
 * @param {Series} series @param {number} row @param {number} window
 * @returns {string[]} the value there, and how it stands to the median
 */
export function valueLines(series, row, window) {
  const value = series.value(row, window);
  const median = series.median[row];
  const told = Number.isFinite(value) ? withUnit(value, series.unit(row)) : "no value";
  const relative = Number.isFinite(value) && median ? ` (${percent((value - median) / Math.abs(median), true)} against the median)` : "";
  return [`${series.windowName(window)}: ${told}${relative}`];
}

/** @param {Series} series @param {import("./data.js").Happening} event */
export function eventText(series, event) {
  const window = Math.min(Math.floor(event.position), series.nWindows - 1);
  return `${event.kind} at ${series.windowName(window)}: ${clipped(event.title, 200)}`;
}
