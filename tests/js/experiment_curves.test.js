import assert from "node:assert/strict";
import { test } from "node:test";

import { axisEnd, curvePath, riskAt, ticksTo } from "../../workbench/views/js/experiment/scale.js";

/** @param {number[]} risk */
const curve = (risk) => ({ coverage: Float32Array.from(risk, (_, at) => (at + 1) / risk.length), risk: Float32Array.from(risk), area: null, nAnswers: risk.length });

test("the risk at a coverage is that of the answers up to there", () => {
  const told = curve([0, 0.5, 0.25, 0.75]);
  assert.deepEqual([0, 0.25, 0.26, 0.5, 0.75, 1].map((coverage) => riskAt(told, coverage)), [0, 0, 0.5, 0.5, 0.25, 0.75]);
  assert.ok(Number.isNaN(riskAt(curve([]), 0.5)));
});

test("a coverage that is no exact part is found where it is drawn", () => {
  const told = curve(Array.from({ length: 10 }, (_, at) => at / 10));
  for (let at = 1; at <= 10; at++) assert.ok(Math.abs(riskAt(told, at / 10) - (at - 1) / 10) < 1e-6, `${at}`);
});

test("the axis ends where all is seen, but for what the first answers make", () => {
  assert.equal(axisEnd([curve([0.03, 0.04])]), 0.05);
  assert.equal(axisEnd([curve([0.05, 0.04]), curve([0.17])]), 0.2);
  assert.equal(axisEnd([curve([0.95])]), 1);
  assert.equal(axisEnd([curve([1, ...Array(99).fill(0.08)])]), 0.1);
  assert.equal(axisEnd([curve([])]), 0.02);
});

test("ticks begin at nothing, reach the end, and are few", () => {
  for (const end of [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1]) {
    const ticks = ticksTo(end);
    assert.equal(ticks[0], 0);
    assert.equal(ticks[ticks.length - 1], end);
    assert.ok(ticks.length >= 3 && ticks.length <= 6, `${end}: ${ticks}`);
  }
});

test("a curve is one line from its first answer to its last", () => {
  const at = /** @param {number} value */ (value) => 100 * value;
  assert.equal(curvePath(curve([0, 0.5]), at, at), "M50.0 0.0L100.0 50.0");
  assert.equal(curvePath(curve([]), at, at), "");
});
