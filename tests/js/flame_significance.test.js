import assert from "node:assert/strict";
import { test } from "node:test";

import { calleesOf, callersOf, isBelieved, mergeRecursion, ownOf, rateOf, toFolded } from "../../workbench/views/js/flame/tree.js";

const BELIEVED = 1 << 15;
const MAIN = 0, A = 1, F = 2;
const NAMES = ["main", "a", "f"];

/** main calls a and f; a calls f and f calls a; each change but that of main is believed. */
const TREE = {
  parent: Int32Array.from([-1, 0, 1, 1, 2, 3]),
  fn: Uint16Array.from([0, MAIN, A, F, F, A]),
  after: Float64Array.from([10, 10, 6, 4, 3, 1]),
  before: Float64Array.from([8, 8, 5, 3, 2, 1]),
  significance: Uint16Array.from([0, 1001, BELIEVED | 2001, BELIEVED | 3001, BELIEVED | 1311, 0]),
  origin: null,
};

test("a verdict and its rate are read as they were written", () => {
  assert.deepEqual([...TREE.parent].map((_, node) => isBelieved(TREE, node)), [false, false, true, true, true, false]);
  assert.equal(rateOf(TREE, 1), 0.1);
  assert.equal(rateOf(TREE, 2), 0.01);
  assert.ok(Number.isNaN(rateOf(TREE, 0)));
  assert.equal(isBelieved({ ...TREE, significance: null }, 2), false);
});

test("a call path that is alone in another tree keeps what was found of it", () => {
  const merged = mergeRecursion(TREE, NAMES.length);
  assert.deepEqual([...merged.significance ?? []], [...TREE.significance]); // nothing recurs: all are as they were
  const callees = calleesOf(TREE, F, NAMES.length);
  assert.equal(callees.parent.length, 2);
  assert.equal(isBelieved(callees, 0), false); // two paths are one there: that was not tested
  assert.equal(isBelieved(calleesOf(TREE, A, NAMES.length), 1), true);
  const callers = callersOf(TREE, F, NAMES.length);
  const deepest = callers.parent.length - 1;
  assert.equal(rateOf(callers, deepest), 10 ** -1.31); // by way of a
});

test("a leaf is all its own, however small beside the whole", () => {
  const deep = { ...TREE, after: Float64Array.from([1e9, 1e9, 1e9 - 1, 1, 3, 1]), before: null };
  assert.deepEqual([...ownOf(deep, deep.after)].slice(2, 4), [1e9 - 4, 0]);
  const text = toFolded(deep, (fn) => NAMES[fn]);
  assert.ok(text.includes("main;a;f 3\n"));
  assert.ok(text.includes("main;a 999999996\n"));
});
