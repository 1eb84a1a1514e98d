import assert from "node:assert/strict";
import { test } from "node:test";

import { chance, divergingBar, filterSuspects, moment, signed, sortSuspects } from "../../workbench/views/js/suspect/rank.js";

/** @param {string} id @param {Partial<import("../../workbench/views/js/suspect/rank.js").Suspect>} [more] */
const one = (id, more = {}) => ({
  id, title: "", author: "", at: "", kind: "commit", key: "", before: "", after: "", probability: 0, window: null,
  is_roll_back: false, growing: [], functions: [], n_functions: 0, files: [], n_files: 0, n_added: 0, n_removed: 0,
  detail: "", features: [], ...more,
});
const ROWS = [
  one("a", { title: "Cache less", probability: 0.6, window: 20, author: "Ada", files: ["pkg/cache.py"] }),
  one("b", { title: "more logs", kind: "flag", probability: 0.3, window: null, author: "Bo" }),
  one("c", { title: "Again", probability: 0.05, window: 3, author: "Ada" }),
];
/** @param {{id: string}[]} rows */
const ids = (rows) => rows.map(({ id }) => id);

test("every word has to be found, anywhere, in any case", () => {
  assert.deepEqual(ids(filterSuspects(ROWS, "ADA cache.py", "")), ["a"]);
  assert.deepEqual(ids(filterSuspects(ROWS, "ada", "")), ["a", "c"]);
  assert.deepEqual(ids(filterSuspects(ROWS, "ada logs", "")), []);
  assert.deepEqual(ids(filterSuspects(ROWS, " ", "flag")), ["b"]);
});

test("numbers sort as numbers, and what is not known is last either way", () => {
  assert.deepEqual(ids(sortSuspects(ROWS, "window", false)), ["c", "a", "b"]);
  assert.deepEqual(ids(sortSuspects(ROWS, "window", true)), ["a", "c", "b"]);
  assert.deepEqual(ids(sortSuspects(ROWS, "title", false)), ["c", "a", "b"]);
  assert.deepEqual(ids(sortSuspects(ROWS, "author", false)), ["a", "c", "b"]);
  assert.deepEqual(ids(ROWS), ["a", "b", "c"]);
});

test("bars go to the side of their sign and no further than the end", () => {
  assert.deepEqual(divergingBar(2, 4), { left: 50, width: 25 });
  assert.deepEqual(divergingBar(-4, 4), { left: 0, width: 50 });
  assert.deepEqual(divergingBar(9, 4), { left: 50, width: 50 });
  assert.deepEqual(divergingBar(0, 0), { left: 50, width: 0 });
});

test("next to nothing is not nothing", () => {
  assert.deepEqual([0, 0.00001, 0.0002, 0.92].map(chance), ["0 %", "< 0.01 %", "0.02 %", "92 %"]);
});

test("a sign is told in words too", () => {
  assert.deepEqual([2.164, -0.212, 0.001, 0].map(signed), ["+2.16", "−0.21", "0.00", "0.00"]);
  assert.equal(moment("2026-01-05T09:18+00:00"), "2026-01-05 09:18");
});
