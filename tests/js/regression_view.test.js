import assert from "node:assert/strict";
import { test } from "node:test";

import { limits } from "../../workbench/views/js/fix/view.js";
import { chosenRows, relative, sparkPaths, tellInterval, tellRelative } from "../../workbench/views/js/regression/view.js";

/** @param {string} id @param {Partial<import("../../workbench/views/js/regression/view.js").Row>} [more] */
const row = (id, more = {}) => ({
  id, side: /** @type {const} */ ("regression"), service: "shop", subject: `app:${id}`, metric: "cost", unit: "seconds", quantity: "", kind: "step", at: "",
  change_index: 5, change_index_low: 4, change_index_high: 6, before: 1, after: 2, low: 0.5, high: 1.5, p_value: 0.01,
  watts: null, is_sure: true, merged: [], ...more,
});
const ROWS = [
  row("a", { before: 1, after: 1.1, change_index: 9 }),
  row("b", { before: 0, after: 3, metric: "gcpu", merged: ["app:inner"] }),
  row("c", { side: "improvement", before: 10, after: 5, service: "mail" }),
];
const ALL = { text: "", side: "both", metric: "", service: "", order: "rank" };
/** @param {Partial<typeof ALL>} wanted */
const ids = (wanted) => chosenRows(ROWS, { ...ALL, ...wanted }).map(({ id }) => id);

test("rows are chosen by side, metric, service and words, also of what moved with them", () => {
  assert.deepEqual(ids({}), ["a", "b", "c"]);
  assert.deepEqual(ids({ side: "regression" }), ["a", "b"]);
  assert.deepEqual(ids({ metric: "gcpu" }), ["b"]);
  assert.deepEqual(ids({ service: "mail" }), ["c"]);
  assert.deepEqual(ids({ text: " INNER " }), ["b"]);
  assert.deepEqual(ids({ text: "nothing" }), []);
});

test("they are ordered by size either way of the change, ties as they were ranked", () => {
  assert.deepEqual(ids({ order: "change" }), ["b", "c", "a"]);
  assert.deepEqual(ids({ order: "size" }), ["c", "b", "a"]);
  assert.deepEqual(ids({ order: "latest" }), ["a", "b", "c"]);
  assert.deepEqual(ids({ order: "watts" }), ["a", "b", "c"]);
});

test("what was nothing before is new", () => {
  assert.equal(relative(ROWS[1]), Infinity);
  assert.equal(tellRelative(ROWS[1]), "new");
  assert.equal(tellRelative(ROWS[0]), "+10 %");
  assert.equal(tellRelative(ROWS[2]), "−50 %");
});

test("a change that is not known is a dash, and none is none", () => {
  assert.equal(tellRelative(row("x", { before: null })), "–");
  assert.equal(tellRelative(row("x", { after: null })), "–");
  assert.equal(tellRelative(row("x", { before: 0, after: 0 })), "0 %");
  assert.equal(tellRelative(row("x", { before: 1, after: 1 - 1e-12 })), "0 %");
});

test("runs have room on both sides, and none below nothing", () => {
  assert.deepEqual(limits([2, 2]), [1.8, 2.2]);
  const [low, high] = limits([0.01, 1]);
  assert.equal(low, 0);
  assert.ok(high > 1);
});

test("a small picture of a series has two paths that meet at the change", () => {
  assert.deepEqual(sparkPaths([1, 1, 3], 2), ["M2.0 21.0L60.0 21.0", "M118.0 3.0"]);
});

test("what is not known leaves a gap", () => {
  assert.equal(sparkPaths([0, NaN, 1, 1], 4)[0], "M2.0 21.0M79.3 3.0L118.0 3.0");
});

test("a series that never moves, or is not known at all, is drawn as far as it can be", () => {
  assert.deepEqual(sparkPaths([5, 5], 1), ["M2.0 21.0", "M118.0 21.0"]);
  assert.deepEqual(sparkPaths([NaN, NaN], 1), ["", ""]);
});

test("an interval is told as the change is: of the level before, or in the unit where that was none", () => {
  assert.equal(tellInterval(row("a", { before: 10, after: 12, low: 1.5, high: 2.5, unit: "seconds" })), "+15 % to +25 %");
  assert.equal(tellInterval(row("a", { before: 0, after: 0.02, low: 0.015, high: 0.025, unit: "seconds" })), "+15 ms to +25 ms");
  assert.equal(tellInterval(row("a", { before: 0, after: 0.02, low: 0.015, high: 0.025, unit: "share" })), "+1.5 pp to +2.5 pp");
  assert.equal(tellInterval(row("a", { low: null, high: 1 })), "–");
});
