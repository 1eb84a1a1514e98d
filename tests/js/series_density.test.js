import assert from "node:assert/strict";
import { test } from "node:test";

import { Density, shadesBetween, tonesOf } from "../../workbench/views/js/series/density.js";

/** @param {number[][]} rows */
function plottedOf(rows) {
  return {
    data: Float32Array.from(rows.flat()), nWindows: rows[0].length,
    factor: new Float64Array(rows.length).fill(1), offset: new Float64Array(rows.length),
  };
}

/** @param {number[][]} rows @param {{width: number, height?: number, low?: number, high?: number, start?: number, end?: number}} shown */
function densityOf(rows, { width, height = 10, low = 0, high = 10, start = 0, end = rows[0].length }) {
  const density = new Density({ plotted: plottedOf(rows), rows: rows.map((_, row) => row), start, end, low, high, width, height });
  assert.equal(density.add(1e9), true);
  return density;
}

/** @param {Density} density @param {number} at @returns {number[]} counts of one column, from the top */
const column = (density, at) => [...density.counts().slice(at * density.height, (at + 1) * density.height)];

test("a flat series crosses one pixel of each column", () => {
  const density = densityOf([[2.5, 2.5, 2.5]], { width: 3 });
  assert.equal(density.columns, 3);
  for (let at = 0; at < 3; at++) assert.deepEqual(column(density, at), [0, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
});

test("a series counts once in each pixel of its way", () => {
  const density = densityOf([[0.5, 8.5]], { width: 2 });
  assert.deepEqual(column(density, 0), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
  assert.deepEqual(column(density, 1), [0, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
});

test("series add up", () => {
  const density = densityOf([[2.5, 2.5], [2.5, 2.5], [7.5, 7.5]], { width: 2 });
  assert.deepEqual(column(density, 0), [0, 0, 1, 0, 0, 0, 0, 2, 0, 0]);
});

test("gaps are empty and do not reach their neighbours", () => {
  const density = densityOf([[2.5, NaN, 2.5]], { width: 3 });
  assert.deepEqual(column(density, 1), new Array(10).fill(0));
  assert.equal(column(density, 0)[7], 1);
});

test("values beyond the range count at its edge", () => {
  const density = densityOf([[99, 99], [-99, -99]], { width: 2 });
  assert.deepEqual(column(density, 0), [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
});

test("a window of several columns is crossed by its line", () => {
  const density = densityOf([[0.5, 8.5]], { width: 8 });
  assert.equal(density.columns, 8);
  const touched = Array.from({ length: 8 }, (_, at) => column(density, at).findLastIndex((n) => n > 0));
  assert.deepEqual(touched, [9, 9, 9, 7, 5, 3, 1, 1]); // flat, then rising from middle to middle
});

test("many windows of one column count as one span", () => {
  const rows = [Array.from({ length: 100 }, (_, i) => (i % 10) + 0.5)];
  const density = densityOf(rows, { width: 10 });
  assert.equal(density.columns, 10);
  assert.deepEqual(column(density, 3), new Array(10).fill(1));
});

test("a part of the time has the columns of the whole", () => {
  const rows = [[1.5, 1.5, 4.5, 4.5, 9.5, 9.5]];
  const whole = densityOf(rows, { width: 6 });
  const part = densityOf(rows, { width: 3, start: 2, end: 5 });
  for (let at = 0; at < 3; at++) assert.deepEqual(column(part, at), column(whole, at + 2));
});

test("what is painted is darkest where most series are", () => {
  const density = densityOf([[2.5, 2.5], [2.5, 2.5], [7.5, 7.5]], { width: 2 });
  const shades = Uint32Array.from([11, 22, 33]);
  const pixels = new Uint32Array(density.columns * density.height);
  assert.equal(density.paint(shades, pixels), 2);
  assert.deepEqual([...pixels.filter((_, i) => i % 2 === 0)], [0, 0, 11, 0, 0, 0, 0, 33, 0, 0]);
});

test("tones go by the logarithm", () => {
  const tones = tonesOf(Uint32Array.from({ length: 101 }, (_, i) => i), 10_000);
  assert.deepEqual([tones[0], tones[1], tones[100], tones[10_000]], [0, 0, 50, 100]);
});

test("shades are opaque and begin and end with their stops", () => {
  const shades = shadesBetween(["#102030", "#ff0000", "#0000ff"], 5);
  assert.deepEqual([shades[0], shades[2], shades[4]], [0xff302010, 0xff0000ff, 0xffff0000]);
});
