import assert from "node:assert/strict";
import { test } from "node:test";

import { Series, bulk, extent, plottedValue, rangeOf } from "../../workbench/views/js/series/data.js";
import { nearestRow, nextRow, outermost, strokeRow, traceRow } from "../../workbench/views/js/series/line.js";
import { rowsOf } from "../../workbench/views/js/series/order.js";
import { changeLines, changeText, isWorse, verdict } from "../../workbench/views/js/series/words.js";

/** @typedef {"float32" | "float64" | "int32" | "uint32" | "uint8"} Kind */
/** @typedef {{names?: string[], median?: number[], ratio?: number[], changes?: {row: number, index: number, before: number, after: number}[], isLowerWorse?: boolean}} More */

const KINDS = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint32: Uint32Array, uint8: Uint8Array };
/** @param {Kind} dtype @param {number[]} values */
const column = (dtype, values) => ({ dtype, data: new KINDS[dtype](values).buffer });
/** @param {string[]} values */
const text = (values) => ({ dtype: "json", data: new TextEncoder().encode(JSON.stringify(values)) });

/** @param {number[][]} rows @param {More} [more] */
function seriesOf(rows, { names = rows.map((_, row) => `series ${row}`), median = rows.map((row) => row[0]), ratio = rows.map(() => 0), changes = [], isLowerWorse = false } = {}) {
  return new Series({
    title: "some", n_series: rows.length, n_windows: rows[0].length, units: ["seconds"], lower_is_worse: isLowerWorse,
    columns: {
      values: column("float32", rows.flat()), names: text(names), unit: column("uint32", rows.map(() => 0)),
      median: column("float64", median), ratio: column("float64", ratio),
      change_row: column("int32", changes.map((one) => one.row)), change_index: column("int32", changes.map((one) => one.index)),
      change_low: column("int32", changes.map((one) => one.index - 1)), change_high: column("int32", changes.map((one) => one.index + 1)),
      change_before: column("float64", changes.map((one) => one.before)), change_after: column("float64", changes.map((one) => one.after)),
      change_worse: column("uint8", changes.map((one) => (one.after > one.before ? 1 : 0))),
      event_position: column("float64", []), event_title: text([]), event_kind: text([]), window_names: text([]),
    },
  });
}

/** @param {number} got @param {number} wanted */
const close = (got, wanted) => assert.ok(Math.abs(got - wanted) < 1e-6, `${got} is not ${wanted}`);

test("values that are not as many as told are refused", () => {
  const told = { title: "", n_series: 2, n_windows: 3, units: [""], lower_is_worse: false, columns: { ...Object.fromEntries(["values", "median", "ratio"].map((name) => [name, column("float64", [1])])), unit: column("uint32", [0]), names: text(["a"]) } };
  assert.throws(() => new Series(told), /expected 2 × 3 values, got 1/);
});

test("relative to the median, series of any size lie at 0", () => {
  const series = seriesOf([[10, 11], [-2, -3], [0, 4]], { median: [10, -2, 0] });
  const plotted = series.on("relative");
  close(plottedValue(plotted, 0, 11, "relative"), 0.1);
  close(plottedValue(plotted, 1, -3, "relative"), -0.5);
  close(plottedValue(plotted, 2, 4, "relative"), 2); // by its mean size, as its median is 0
});

test("logarithms have gaps for what is not above 0", () => {
  const { data } = seriesOf([[Math.E, 0, -1]]).on("log");
  close(data[0], 1);
  assert.ok(Number.isNaN(data[1]) && Number.isNaN(data[2]));
});

test("the extent is of what is finite, in the rows and windows asked for", () => {
  const plotted = seriesOf([[1, 2, NaN], [9, -5, 4], [100, 100, 100]]).on("absolute");
  assert.deepEqual(extent(plotted, [0, 1], 0, 3), { low: -5, high: 9 });
  assert.deepEqual(extent(plotted, [0], 1, 3), { low: 2, high: 2 });
  assert.ok(Number.isNaN(extent(plotted, [0], 2, 3).low));
});

test("the bulk leaves out a lonely value", () => {
  const rows = Array.from({ length: 100 }, (_, row) => Array.from({ length: 50 }, (_value, i) => (row === 7 && i === 3 ? 1e6 : 1 + (i % 5) / 10)));
  const { high } = bulk(seriesOf(rows).on("absolute"), rows.map((_, row) => row), 0, 50);
  assert.ok(high < 2);
});

test("an axis relative to the median is cut at lonely values, and holds the levels at change points", () => {
  const rows = Array.from({ length: 1000 }, (_, row) => Array.from({ length: 20 }, (_value, i) => (row === 7 && i === 3 ? 1e6 : row === 8 && i >= 10 ? 3 : 1 + (i % 5) / 100)));
  const series = seriesOf(rows, { median: rows.map(() => 1), changes: [{ row: 8, index: 10, before: 1, after: 3 }] });
  const range = rangeOf(series, "relative", rows.map((_, row) => row), 0, 20);
  assert.ok(range.isCut);
  assert.ok(range.high > 2 && range.high < 5, String(range.high));
});

test("an axis of values that are not below 0 does not go there", () => {
  assert.deepEqual(rangeOf(seriesOf([[0.1, 10]]), "absolute", [0], 0, 2).low, 0);
  assert.equal(rangeOf(seriesOf([[NaN, NaN]]), "absolute", [0], 0, 2).isEmpty, true);
});

test("rows are found by all words and come with the largest change first", () => {
  const series = seriesOf([[1, 1], [1, 1], [1, 1], [1, 1]], {
    names: ["parse json", "read file", "parse file", "write"], ratio: [0.1, NaN, -0.5, 0.2], median: [5, 1, 3, NaN],
    changes: [{ row: 0, index: 1, before: 1, after: 1.1 }],
  });
  /** @param {object} wanted */
  const found = (wanted) => [...rowsOf(series, { text: "", isChanged: false, by: "change", ...wanted })];
  assert.deepEqual(found({}), [0, 2, 3, 1]); // that with a change point before larger moves
  assert.deepEqual(found({ by: "worse" }), [0, 3, 2, 1]);
  assert.deepEqual(found({ by: "name" }), [2, 0, 1, 3]);
  assert.deepEqual(found({ by: "size" }), [0, 2, 1, 3]);
  assert.deepEqual(found({ by: "given", text: "FILE par" }), [2]);
  assert.deepEqual(found({ isChanged: true }), [0]);
});

/** @param {number} width @param {number} end @returns {import("../../workbench/views/js/series/line.js").Frame} */
const frame = (width, end) => ({ x: (at) => at * 10, y: (value) => value, start: 0, end, width });

/** @param {number[][]} rows */
function pathOf(rows, shown = frame(1000, rows[0].length)) {
  /** @type {[string, number, number][]} */
  const told = [];
  /** @param {string} name @returns {(x: number, y: number) => void} */
  const note = (name) => (x, y) => { told.push([name, x, y]); };
  const pen = { moveTo: note("M"), lineTo: note("L") };
  traceRow(pen, seriesOf(rows).on("absolute"), 0, shown);
  return told;
}

test("a path goes through the middles of windows and breaks at gaps", () => {
  assert.deepEqual(pathOf([[1, 2, NaN, 3, 4]]), [["M", 5, 1], ["L", 15, 2], ["M", 35, 3], ["L", 45, 4]]);
});

test("a value between gaps is a dash", () => {
  assert.deepEqual(pathOf([[NaN, 2, NaN]]), [["M", 12.5, 2], ["L", 17.5, 2]]);
});

test("a path has no more points than pixels show, and keeps what stands out", () => {
  const row = Array.from({ length: 10_000 }, (_, i) => (i === 7777 ? 99 : i === 333 ? -99 : i % 3));
  const path = pathOf([row], frame(100, 10_000));
  assert.ok(path.length <= 410, String(path.length));
  assert.ok(path.some(([, , y]) => y === 99) && path.some(([, , y]) => y === -99));
});

test("a long line is stroked in pieces that join", () => {
  /** @type {[string, number][]} */
  const told = [];
  /** @param {string} name */
  const note = (name) => (/** @type {number} */ x) => told.push([name, x]);
  const pen = /** @type {any} */ ({ moveTo: note("M"), lineTo: note("L"), stroke: note("S"), beginPath: note("B") });
  strokeRow(pen, seriesOf([Array.from({ length: 100 }, (_, i) => i)]).on("absolute"), 0, frame(1000, 100));
  assert.equal(told.filter(([name]) => name === "S").length, 7);
  told.forEach(([name, x], i) => {
    if (name === "S" && i < told.length - 1) assert.deepEqual(told.slice(i + 1, i + 3), [["B", undefined], ["M", told[i - 1][1]]], String(x));
  });
});

test("the least and the most of windows come in their order", () => {
  /** @param {number} i */
  const value = (i) => [5, 1, NaN, 9, 3][i];
  assert.deepEqual(outermost(value, 0, 5), [1, 2, 3]);
  assert.deepEqual(outermost(value, 2, 3), [2]);
  assert.deepEqual(outermost(value, 0, 1), [0]);
});

test("the nearest line is the nearest at that place, if it is near enough", () => {
  const plotted = seriesOf([[0, 10], [5, 5], [NaN, 3]]).on("absolute");
  assert.equal(nearestRow(plotted, [0, 1, 2], 0.5, 4, 2), 1);
  assert.equal(nearestRow(plotted, [0, 1, 2], 1.5, 9, 2), 0);
  assert.equal(nearestRow(plotted, [0, 1, 2], 1, 4.9, 2), 0); // half way up
  assert.equal(nearestRow(plotted, [0, 1, 2], 0.5, 100, 2), -1);
  assert.equal(nearestRow(plotted, [0, 2], 1.5, 3, 1), 2); // beside a gap
});

test("arrows visit every series in the order of its values, also of equal ones", () => {
  const rows = [[3], [1], [2], [2], [NaN]];
  const plotted = seriesOf(rows).on("absolute");
  /** @param {1 | -1} direction */
  const walk = (direction) => {
    /** @type {number[]} */
    const seen = [];
    for (let at = nextRow(plotted, [0, 1, 2, 3, 4], 0, -1, direction); !seen.includes(at); at = nextRow(plotted, [0, 1, 2, 3, 4], 0, at, direction)) seen.push(at);
    return seen;
  };
  assert.deepEqual(walk(1), [1, 2, 3, 0]);
  assert.deepEqual(walk(-1), [0, 3, 2, 1]);
});

test("a change says in words what happened", () => {
  const series = seriesOf([[1, 1, 2]], { changes: [{ row: 0, index: 2, before: 1, after: 2 }] });
  assert.deepEqual(changeLines(series, 0), ["▲ worse from window 2, between window 1 and window 3: 1 s → 2 s (+100 %)"]);
  assert.equal(changeText(Infinity), "new");
});

const somewhere = { row: 0, index: 1, low: 1, high: 1 };

test("a mark points where the series went and is full where that is worse", () => {
  assert.equal(verdict({ ...somewhere, before: 1, after: 2, isWorse: true }), "▲ worse");
  assert.equal(verdict({ ...somewhere, before: 1, after: 2, isWorse: false }), "△ better");
  assert.equal(verdict({ ...somewhere, before: 2, after: 1, isWorse: true }), "▼ worse");
  assert.equal(verdict({ ...somewhere, before: 2, after: 1, isWorse: false }), "▽ better");
});

test("which way is worse is told by the change point, else by the direction", () => {
  assert.equal(isWorse(seriesOf([[1, 2]], { ratio: [1] }), 0), true);
  assert.equal(isWorse(seriesOf([[1, 2]], { ratio: [1], isLowerWorse: true }), 0), false);
  assert.equal(isWorse(seriesOf([[1, 1]]), 0), null);
});
