import assert from "node:assert/strict";
import { test } from "node:test";

import { fallsFirst, own, selectedAfter, sortedRows } from "../../workbench/views/js/rows/order.js";

/** @typedef {{id: string, rank: number, name: string, size: number | null}} Row */
/** @type {import("../../workbench/views/js/rows/order.js").Column<Row>[]} */
const COLUMNS = [["name", "Name", "", false, (row) => row.name], ["size", "Size", "n", true, (row) => row.size]];
/** @type {Row[]} */
const ROWS = [{ id: "a", rank: 1, name: "f10", size: 2 }, { id: "b", rank: 2, name: "f9", size: null }, { id: "c", rank: 3, name: "f9", size: 5 }];
/** @param {string} key @param {boolean} isFalling @param {(one: Row, other: Row) => number} [then] */
const ids = (key, isFalling, then) => sortedRows(ROWS, COLUMNS, key, isFalling, then).map(({ id }) => id);

test("rows are ordered by a column, numbers in names as numbers, what is not known last, ties by rank or as is told", () => {
  assert.deepEqual(ids("name", false), ["b", "c", "a"]);
  assert.deepEqual(ids("name", true), ["a", "b", "c"]);
  assert.deepEqual(ids("size", true), ["c", "a", "b"]);
  assert.deepEqual(ids("size", false), ["a", "c", "b"]);
  assert.deepEqual(ids("name", false, (one, other) => (other.size ?? 0) - (one.size ?? 0)), ["c", "b", "a"]);
});

test("by a column that there is not, rows stand by their rank", () => {
  assert.deepEqual(ids("other", true), ["c", "b", "a"]);
  assert.deepEqual([fallsFirst(COLUMNS, "size"), fallsFirst(COLUMNS, "name"), fallsFirst(COLUMNS, "other")], [true, false, false]);
});

test("a click chooses one, adds one or takes it out, or all up to it; the clicked one is last", () => {
  const shown = ["a", "b", "c", "d"];
  assert.deepEqual(selectedAfter(shown, ["a", "b"], "c", "alone"), ["c"]);
  assert.deepEqual(selectedAfter(shown, ["a"], "c", "toggle"), ["a", "c"]);
  assert.deepEqual(selectedAfter(shown, ["a", "c"], "a", "toggle"), ["c"]);
  assert.deepEqual(selectedAfter(shown, ["d"], "b", "range"), ["d", "c", "b"]);
  assert.deepEqual(selectedAfter(shown, [], "b", "range"), ["b"]);
  assert.deepEqual(selectedAfter(shown, ["gone"], "b", "range"), ["b"]);
});

test("a foreign name is never taken for what all objects have", () => {
  assert.equal(own({ open: "nobody looked" }, "constructor"), undefined);
  assert.equal(own({ open: "nobody looked" }, "open"), "nobody looked");
});
