// Which series are shown, and in which order.

import { isWorse } from "./words.js";

/**
 * @typedef {object} Wanted
 * @property {string} text that names have; several words are all to be there
 * @property {boolean} isChanged only those with a change point
 * @property {"change" | "worse" | "name" | "size" | "given"} by
 */

/**
 * @param {import("./data.js").Series} series
 * @param {Wanted} wanted
 * @returns {Int32Array} rows
 */
export function rowsOf(series, { text, isChanged, by }) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [];
  for (let row = 0; row < series.nSeries; row++) {
    if (isChanged && !series.changesOf.has(row)) continue;
    if (words.length) {
      const name = series.names[row].toLowerCase();
      if (!words.every((word) => name.includes(word))) continue;
    }
    rows.push(row);
  }
  return Int32Array.from(by === "given" ? rows : rows.sort(comparison(series, by)));
}

/** @param {import("./data.js").Series} series @param {number} row @returns {number} its change, below 0 where it got better */
function worseBy(series, row) {
  const size = Math.abs(series.ratio[row]);
  return isWorse(series, row) === false ? -size : size;
}

/**
 * @param {import("./data.js").Series} series
 * @param {"change" | "worse" | "name" | "size"} by
 * @returns {(one: number, other: number) => number} ties are broken by the order they were given in
 */
function comparison(series, by) {
  if (by === "name") {
    const { compare } = new Intl.Collator("en", { numeric: true });
    return (one, other) => compare(series.names[one], series.names[other]) || one - other;
  }
  if (by === "size") return falling((row) => Math.abs(series.median[row]));
  const first = falling((row) => (series.changesOf.has(row) ? 1 : 0));
  const most = by === "worse" ? falling((row) => worseBy(series, row), -Infinity) : falling((row) => Math.abs(series.ratio[row]));
  return (one, other) => first(one, other) || most(one, other) || one - other;
}

/**
 * @param {(row: number) => number} size @param {number} [none] what stands for NaN
 * @returns {(one: number, other: number) => number}
 */
function falling(size, none = -1) {
  const known = /** @param {number} row */ (row) => { const value = size(row); return Number.isNaN(value) ? none : value; };
  return (one, other) => {
    const [here, there] = [known(one), known(other)];
    return here === there ? 0 : there > here ? 1 : -1;
  };
}
