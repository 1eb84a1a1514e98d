import assert from "node:assert/strict";
import { test } from "node:test";

import { bandPath, dayTicks, lastUntil, stepPath, ticksTo } from "../../workbench/views/js/capacity/scale.js";
import { aWeek, amountText, intervalText, tickTexts } from "../../workbench/views/js/capacity/words.js";

const asIs = /** @param {number} value */ (value) => value;
const DAY = 86_400_000;

test("an amount is written in the largest unit that leaves one or more", () => {
  assert.equal(amountText(12_345, "watts", "EUR"), "12.3 kW");
  assert.equal(amountText(999, "watts", "EUR"), "999 W");
  assert.equal(amountText(2.5e6, "money_per_year", "EUR"), "EUR 2.5 million");
  assert.equal(amountText(1_500, "kg_co2_per_year", ""), "1.5 t");
  assert.equal(amountText(685_615, "money_per_year", "EUR"), "EUR 686,000");
  assert.equal(amountText(0, "servers", ""), "0");
  assert.equal(amountText(null, "servers", ""), "not known");
});

test("the interval is in the unit of the value, and there is none where the ends are not known", () => {
  assert.equal(intervalText([1_500, 900, 2_000], "kg_co2_per_year"), "0.9 to 2");
  assert.equal(intervalText([1, null, null], "servers"), "");
  assert.equal(intervalText([0, 0, 0], "servers"), "");
});

test("a week of what flows is a part of the year, and of servers it is all", () => {
  assert.deepEqual(aWeek([8766, 0, 17532], "kwh_per_year"), [168, 0, 336]);
  assert.deepEqual(aWeek([5, 4, 6], "servers"), [5, 4, 6]);
  assert.deepEqual(aWeek([null, null, null], "money_per_year"), [null, null, null]);
});

test("ticks reach the end, begin at nothing, and are few", () => {
  for (const most of [0.3, 1, 7, 42, 99, 1e6]) {
    const ticks = ticksTo(most);
    assert.equal(ticks[0], 0);
    assert.ok(ticks[ticks.length - 1] >= most, `${most}`);
    assert.ok(ticks.length >= 3 && ticks.length <= 6, `${most}: ${ticks}`);
  }
  assert.deepEqual(ticksTo(0), [0, 1]);
});

test("ticks are told in one unit", () => {
  assert.deepEqual(tickTexts([0, 500, 1000], "watts"), ["0", "0.5 kW", "1 kW"]);
  assert.deepEqual(tickTexts([0, 1, 2], "servers"), ["0", "1", "2"]);
});

test("days are ticked as far apart as there is room", () => {
  const ticks = dayTicks(DAY / 2, 91 * DAY, 5);
  assert.ok(ticks.length <= 5);
  assert.ok(ticks.every((tick) => tick % DAY === 0 && tick >= DAY / 2 && tick <= 91 * DAY));
});

test("a balance holds from its event on, to the end", () => {
  assert.equal(stepPath([1, 3], [5, 2], 4, asIs, asIs), "M1.0 0.0H1.0V5.0H3.0V2.0H4.0");
  assert.equal(stepPath([], [], 4, asIs, asIs), "");
});

test("a band has a part for each event of which the interval is known", () => {
  assert.equal(bandPath([1, 3], [4, NaN], [6, NaN], 4, asIs, asIs), "M1.0 4.0H3.0V6.0H1.0Z");
  assert.equal(bandPath([1], [4], [6], 4, asIs, asIs), "M1.0 4.0H4.0V6.0H1.0Z");
});

test("the last event until a time is found", () => {
  assert.deepEqual([0, 1, 2, 3, 9].map((at) => lastUntil([1, 3, 3], at)), [-1, 0, 0, 2, 2]);
});
