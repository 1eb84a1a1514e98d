// Series as they are plotted: read from columns, on a scale, with a range.

import { numbers, texts } from "../columns.js";
import { positionOf, timeNames } from "./scale.js";

/**
 * @typedef {object} Told what Python tells of series; see `workbench.views.series_columns`
 * @property {string} title
 * @property {number} n_series
 * @property {number} n_windows
 * @property {string[]} units
 * @property {boolean} lower_is_worse
 * @property {Record<string, import("../columns.js").Column>} columns
 *
 * @typedef {object} Change a change point
 * @property {number} row
 * @property {number} index first window of the new level
 * @property {number} low
 * @property {number} high
 * @property {number} before
 * @property {number} after
 * @property {boolean} isWorse
 *
 * @typedef {object} Happening
 * @property {number} position in windows
 * @property {string} title
 * @property {string} kind
 *
 * @typedef {"absolute" | "log" | "relative"} Scale
 *
 * @typedef {object} Plotted values of row r at window w: data[r * nWindows + w] * factor[r] + offset[r]
 * @property {Float32Array} data
 * @property {number} nWindows
 * @property {Float64Array} factor
 * @property {Float64Array} offset
 */

export class Series {
  /** @param {Told} told */
  constructor(told) {
    const { columns } = told;
    const number = /** @param {string} name @returns {any} */ (name) => numbers(columns[name]);
    this.title = told.title;
    this.nSeries = told.n_series;
    this.nWindows = told.n_windows;
    this.units = told.units;
    this.lowerIsWorse = told.lower_is_worse;
    /** @type {Float32Array} */ this.values = number("values");
    this.names = texts(columns.names);
    /** @type {Uint32Array} */ this.unitOf = number("unit");
    /** @type {Float64Array} */ this.median = number("median");
    /** @type {Float64Array} */ this.ratio = number("ratio");
    if (this.values.length !== this.nSeries * this.nWindows) {
      throw new Error(`expected ${this.nSeries} × ${this.nWindows} values, got ${this.values.length}`);
    }
    /** @type {Change[]} */
    this.changes = changesIn(number);
    /** @type {Map<number, Change[]>} by row, the largest first */
    this.changesOf = new Map();
    for (const change of this.changes) {
      const list = this.changesOf.get(change.row);
      if (list) list.push(change);
      else this.changesOf.set(change.row, [change]);
    }
    for (const list of this.changesOf.values()) list.sort((one, other) => Math.abs(ratioOf(other)) - Math.abs(ratioOf(one)));
    const titles = texts(columns.event_title);
    const kinds = texts(columns.event_kind);
    /** @type {Happening[]} */
    this.events = [...number("event_position")].map((position, i) => ({ position, title: titles[i], kind: kinds[i] }));
    /** @type {Float64Array | null} */ this.timesMs = columns.times_ms ? number("times_ms") : null;
    this.windowNames = columns.window_names ? texts(columns.window_names) : [];
    this.nameTime = timeNames(this.timesMs ?? []);
    /** @type {Partial<Record<Scale, Plotted>>} */ this.plotted = {};
  }

  /** @param {number} row */
  unit(row) {
    return this.units[this.unitOf[row]] ?? "";
  }

  /** @param {number} row @param {number} window */
  value(row, window) {
    return this.values[row * this.nWindows + window];
  }

  /** @param {number} row @returns {number} the last value that there is */
  last(row) {
    for (let window = this.nWindows - 1; window >= 0; window--) {
      if (Number.isFinite(this.value(row, window))) return this.value(row, window);
    }
    return NaN;
  }

  /** @param {number} window @returns {string} */
  windowName(window) {
    if (this.timesMs) return this.nameTime(this.timesMs[window]);
    return `window ${this.windowNames[window] ?? window}`;
  }

  /** @param {number} start @param {number} end not included */
  spanName(start, end) {
    if (end - start === 1) return this.windowName(start);
    const last = this.timesMs && end < this.timesMs.length ? `until ${this.windowName(end)}` : `to ${this.windowName(end - 1)}`;
    return `${this.windowName(start)} ${last} (${end - start} windows)`;
  }

  /** @param {number} ms */
  positionOf(ms) {
    return this.timesMs ? positionOf(this.timesMs, ms) : 0;
  }

  /** @param {Scale} scale @returns {Plotted} */
  on(scale) {
    return (this.plotted[scale] ??= plottedOn(this, scale));
  }
}

/** @param {(name: string) => any} number reads a column @returns {Change[]} */
function changesIn(number) {
  const [rows, index, low, high, before, after, worse] = ["row", "index", "low", "high", "before", "after", "worse"].map((name) => number(`change_${name}`));
  return Array.from(rows, (row, i) => ({ row, index: index[i], low: low[i], high: high[i], before: before[i], after: after[i], isWorse: worse[i] === 1 }));
}

/** @param {{before: number, after: number}} change @returns {number} fraction of the level before */
export function ratioOf(change) {
  const delta = change.after - change.before;
  return change.before ? delta / Math.abs(change.before) : delta ? Math.sign(delta) * Infinity : 0;
}

/** @param {Series} series @param {Scale} scale @returns {Plotted} */
function plottedOn(series, scale) {
  const { nSeries, nWindows, values } = series;
  const factor = new Float64Array(nSeries).fill(1);
  const offset = new Float64Array(nSeries);
  if (scale === "log") {
    const data = new Float32Array(values.length);
    for (let i = 0; i < data.length; i++) data[i] = values[i] > 0 ? Math.log(values[i]) : NaN;
    return { data, nWindows, factor, offset };
  }
  if (scale === "relative") {
    for (let row = 0; row < nSeries; row++) {
      const size = Math.abs(series.median[row]) || sizeOf(series, row);
      factor[row] = 1 / size;
      offset[row] = -(series.median[row] || 0) / size;
    }
  }
  return { data: values, nWindows, factor, offset };
}

/** @param {Series} series @param {number} row @returns {number} mean size of a series whose median is 0 */
function sizeOf(series, row) {
  let sum = 0;
  let n = 0;
  for (let window = 0; window < series.nWindows; window++) {
    const size = Math.abs(series.value(row, window));
    if (Number.isFinite(size)) { sum += size; n += 1; }
  }
  return sum / n || 1;
}

/**
 * @param {Plotted} plotted @param {number} row @param {number} value in the unit of the series @param {Scale} scale
 * @returns {number} where it is plotted
 */
export function plottedValue(plotted, row, value, scale) {
  return scale === "log" ? (value > 0 ? Math.log(value) : NaN) : value * plotted.factor[row] + plotted.offset[row];
}

/**
 * @param {Plotted} plotted
 * @param {ArrayLike<number>} rows
 * @param {number} start
 * @param {number} end
 * @returns {{low: number, high: number}} of what is plotted; NaN where there is nothing
 */
export function extent(plotted, rows, start, end) {
  const { data, nWindows, factor, offset } = plotted;
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    let least = Infinity;
    let most = -Infinity;
    for (let at = row * nWindows + start; at < row * nWindows + end; at++) {
      const value = data[at];
      if (value < least && value !== -Infinity) least = value;
      if (value > most && value !== Infinity) most = value;
    }
    if (most < least) continue;
    if (least * factor[row] + offset[row] < low) low = least * factor[row] + offset[row];
    if (most * factor[row] + offset[row] > high) high = most * factor[row] + offset[row];
  }
  return high >= low ? { low, high } : { low: NaN, high: NaN };
}

const MOST_SAMPLED = 60_000;
const TAIL_SHARE = 0.002;
const FLAT = 1e-6; // four bytes tell no smaller differences
const MOST_TAIL = 8; // how much longer than the bulk an axis may be

/**
 * @param {Plotted} plotted
 * @param {ArrayLike<number>} rows
 * @param {number} start
 * @param {number} end
 * @returns {{low: number, high: number}} of all but the outermost values
 */
export function bulk(plotted, rows, start, end) {
  const { data, nWindows, factor, offset } = plotted;
  const size = end - start;
  const stride = Math.max(1, Math.floor((rows.length * size) / MOST_SAMPLED)) | 1;
  const sample = new Float32Array(Math.ceil((rows.length * size) / stride));
  let n = 0;
  for (let at = 0; at < rows.length * size; at += stride) {
    const row = rows[Math.floor(at / size)];
    const value = data[row * nWindows + start + (at % size)] * factor[row] + offset[row];
    if (Number.isFinite(value)) sample[n++] = value;
  }
  if (!n) return { low: NaN, high: NaN };
  const sorted = sample.subarray(0, n).sort();
  return { low: sorted[Math.floor(n * TAIL_SHARE)], high: sorted[Math.min(Math.ceil(n * (1 - TAIL_SHARE)), n - 1)] };
}

/**
 * @param {Series} series
 * @param {Scale} scale
 * @param {ArrayLike<number>} rows
 * @param {number} start
 * @param {number} end
 * @returns {{low: number, high: number, isCut: boolean, isEmpty: boolean}} what the axis spans; whether some values are beyond it
 */
export function rangeOf(series, scale, rows, start, end) {
  const plotted = series.on(scale);
  const whole = extent(plotted, rows, start, end);
  if (!Number.isFinite(whole.low)) return { low: 0, high: 1, isCut: false, isEmpty: true };
  let { low, high } = whole;
  if (scale === "relative") {
    const most = widened(series, plotted, rows, bulk(plotted, rows, start, end));
    if (high - low > MOST_TAIL * (most.high - most.low)) ({ low, high } = most);
  }
  low = Math.max(low, whole.low);
  high = Math.min(high, whole.high);
  const isCut = whole.low < low || whole.high > high;
  const size = scale === "absolute" ? Math.max(Math.abs(low), Math.abs(high)) : 1;
  const room = high - low > FLAT * size ? 0.05 * (high - low) : 0.05 * size || 0.05;
  const isFloored = scale === "absolute" && low >= 0 && low - room < 0;
  return { low: isFloored ? 0 : low - room, high: high + room, isCut, isEmpty: false };
}

/**
 * @param {Series} series @param {Plotted} plotted @param {ArrayLike<number>} rows @param {{low: number, high: number}} range
 * @returns {{low: number, high: number}} with the levels at change points
 */
function widened(series, plotted, rows, range) {
  const isShown = new Uint8Array(series.nSeries);
  for (let i = 0; i < rows.length; i++) isShown[rows[i]] = 1;
  let { low, high } = range;
  for (const { row, before, after } of series.changes) {
    if (!isShown[row]) continue;
    for (const level of [before, after]) {
      const value = level * plotted.factor[row] + plotted.offset[row];
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  const room = 0.15 * (high - low);
  return { low: low - room, high: high + room };
}
