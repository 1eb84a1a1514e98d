import assert from "node:assert/strict";
import { test } from "node:test";

import { tickTexts } from "../../workbench/views/js/format.js";
import { linearTicks, logTicks, niceStep, positionOf, timeNames, timeTicks } from "../../workbench/views/js/series/scale.js";

/** @param {string} text */
const utc = (text) => Date.parse(`${text}Z`);

test("steps are 1, 2 or 5 of a power of ten", () => {
  assert.deepEqual([0.9, 1, 1.1, 2.5, 7, 0.03].map(niceStep), [1, 1, 2, 5, 10, 0.05]);
});

test("ticks of a line are round and within it", () => {
  assert.deepEqual(linearTicks(-1.2, 2.1, 4), [-1, 0, 1, 2]);
  assert.deepEqual(linearTicks(3, 3, 4), [3]);
  assert.deepEqual(linearTicks(NaN, NaN, 4), []);
});

test("ticks of logarithms are powers of ten, finer where there is room", () => {
  /** @param {number[]} ticks */
  const powers = (ticks) => ticks.map((tick) => Number(Math.exp(tick).toPrecision(3)));
  assert.deepEqual(powers(logTicks(Math.log(0.5), Math.log(2000), 5)), [1, 10, 100, 1000]);
  assert.deepEqual(powers(logTicks(Math.log(1), Math.log(10), 6)), [1, 2, 5, 10]);
  assert.deepEqual(powers(logTicks(Math.log(1), Math.log(1e12), 4)), [1, 1e3, 1e6, 1e9, 1e12]);
});

test("ticks of hours say the day once and the year never again", () => {
  const ticks = timeTicks(utc("2024-03-04T20:00"), utc("2024-03-05T08:00"), 4);
  assert.deepEqual(ticks.map(({ text }) => text), ["4 Mar 21:00", "5 Mar 00:00", "03:00", "06:00"]);
});

test("ticks of days tell the year at first and when it turns", () => {
  const ticks = timeTicks(utc("2023-12-29T00:00"), utc("2024-01-03T00:00"), 5);
  assert.deepEqual(ticks.map(({ text }) => text), ["29 Dec 2023", "30 Dec", "31 Dec", "1 Jan 2024", "2 Jan 2024", "3 Jan"]);
});

test("ticks of weeks are Mondays, of years are first of January", () => {
  assert.ok(timeTicks(utc("2024-03-01T00:00"), utc("2024-05-01T00:00"), 9).every(({ ms }) => new Date(ms).getUTCDay() === 1));
  assert.deepEqual(timeTicks(utc("2019-06-01T00:00"), utc("2024-06-01T00:00"), 5).map(({ text }) => text), ["2020", "2021", "2022", "2023", "2024"]);
});

test("no span of time has too many ticks", () => {
  for (let power = 0; power < 14; power++) {
    const n = timeTicks(utc("2001-02-03T04:05"), utc("2001-02-03T04:05") + 3 * 10 ** power, 8).length;
    assert.ok(n <= 10, `${n} ticks of 3e${power} ms`);
  }
});

test("times are named as exactly as windows need", () => {
  assert.equal(timeNames([utc("2024-03-04T00:00"), utc("2024-03-05T00:00")])(utc("2024-03-05T00:00")), "2024-03-05");
  assert.equal(timeNames([utc("2024-03-04T01:30")])(utc("2024-03-04T01:30")), "2024-03-04 01:30 UTC");
  assert.equal(timeNames([utc("2024-03-04T01:30:07")])(utc("2024-03-04T01:30:07")), "2024-03-04 01:30:07 UTC");
});

test("a time lies between its windows in proportion", () => {
  const times = [0, 10, 20, 100];
  assert.deepEqual([0, 5, 20, 60, 100, 180].map((ms) => positionOf(times, ms)), [0, 0.5, 2, 2.5, 3, 4]);
});

test("tick texts share a unit and are told apart", () => {
  assert.deepEqual(tickTexts([0, 0.5, 1, 1.5], "seconds"), ["0 s", "0.5 s", "1 s", "1.5 s"]);
  assert.deepEqual(tickTexts([0.002, 0.004], "seconds"), ["2 ms", "4 ms"]);
  assert.deepEqual(tickTexts([1000.1, 1000.2], ""), ["1,000.1", "1,000.2"]);
  assert.deepEqual(tickTexts([0, 0.1, 0.2], "share"), ["0 %", "10 %", "20 %"]);
  assert.deepEqual(tickTexts([], "bytes"), []);
});
