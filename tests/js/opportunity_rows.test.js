import assert from "node:assert/strict";
import { test } from "node:test";

import {
  barOf, chosenRows, COLUMNS, hoursText, linesText, mostSaving, partInterval, partText, scoreText, sortRows, tallied, wattsInterval,
} from "../../workbench/views/js/opportunity/rows.js";
import { fallsFirst } from "../../workbench/views/js/rows/order.js";

/** @typedef {import("../../workbench/views/js/opportunity/rows.js").Row} Row */

/** @param {string} id @param {number} rank @param {Partial<Row>} [more] @returns {Row} */
const row = (id, rank, more = {}) => ({
  id, rank, service: "shop", function: `app:${id}`, file: "app.py", line: 3, end_line: 5, pattern: "deep_copy_only_read", title: `Mend ${id}`,
  share: 0.1, saving: [0.05, 0.02, 0.08], watts: [null, null, null], chance: 0.5, hours: 0.5, score: 0.05, mitigation: "", evidence: [],
  documents: [], precedents: [], validation: [], owner: "", state: "open", command: "", ...more,
});
const ROWS = [
  row("a", 1, { owner: "Ada", watts: [20, 10, 30], file: "pkg/z.py", line: 10 }),
  row("b", 2, { saving: [0.09, 0.01, 0.2], file: "pkg/z.py", line: 9, state: "resolved" }),
  row("c", 3, { saving: [null, null, null], pattern: "list_membership", service: "mail", watts: [90, 50, 99], hours: 0.25 }),
];
const ALL = { text: "", state: "", pattern: "", service: "", key: "rank", isFalling: false };
/** @param {Partial<typeof ALL>} wanted */
const ids = (wanted) => chosenRows(ROWS, { ...ALL, ...wanted }).map(({ id }) => id);

test("rows are found by function, file, pattern in words or as it is called, and owner", () => {
  assert.deepEqual(ids({ text: " APP:B " }), ["b"]);
  assert.deepEqual(ids({ text: "z.py:10" }), ["a"]);
  assert.deepEqual(ids({ text: "list membership" }), ["c"]);
  assert.deepEqual(ids({ text: "list_membership" }), ["c"]);
  assert.deepEqual(ids({ text: "ada" }), ["a"]);
  assert.deepEqual(ids({ text: "nothing" }), []);
});

test("rows are chosen by state, pattern and service, all at once", () => {
  assert.deepEqual(ids({ state: "open" }), ["a", "c"]);
  assert.deepEqual(ids({ state: "open", pattern: "deep_copy_only_read" }), ["a"]);
  assert.deepEqual(ids({ service: "mail" }), ["c"]);
  assert.deepEqual(ids({ service: "mail", state: "resolved" }), []);
});

test("each column orders, what is not known is last either way, and ties stand as they are ranked", () => {
  assert.deepEqual(ids({ key: "saving", isFalling: true }), ["b", "a", "c"]);
  assert.deepEqual(ids({ key: "saving" }), ["a", "b", "c"]);
  assert.deepEqual(ids({ key: "watts", isFalling: true }), ["c", "a", "b"]);
  assert.deepEqual(ids({ key: "hours" }), ["c", "a", "b"]);
  assert.deepEqual(ids({ key: "owner", isFalling: true }), ["a", "b", "c"]);
  assert.deepEqual(ids({ key: "share", isFalling: true }), ["a", "b", "c"]);
  assert.deepEqual(ids({ key: "rank", isFalling: true }), ["c", "b", "a"]);
});

test("places are ordered by file and then by line, numbers in names as numbers", () => {
  assert.deepEqual(ids({ key: "place" }), ["c", "b", "a"]);
  assert.deepEqual(ids({ key: "place", isFalling: true }), ["a", "b", "c"]);
  const many = [row("f10", 1), row("f9", 2)];
  assert.deepEqual(sortRows(many, "function", false).map(({ id }) => id), ["f9", "f10"]);
});

test("of amounts the largest come first", () => {
  assert.deepEqual(["saving", "watts", "hours", "rank", "owner"].map((key) => fallsFirst(COLUMNS, key)), [true, true, false, false, false]);
});

test("parts are told in percent, the smallest as such, and what is not known as a dash", () => {
  assert.equal(partText(0.0523), "5.2 %");
  assert.equal(partText(0.00001), "< 0.01 %");
  assert.equal(partText(0), "0 %");
  assert.equal(partText(null), "–");
  assert.equal(partInterval([0.05, 0.02, 0.081]), "2 to 8.1 %");
  assert.equal(partInterval([0.05, null, 0.08]), "");
  assert.equal(wattsInterval([20, 10, 3000.4]), "10 to 3,000");
  assert.equal(hoursText(0.25), "0.25 h");
});

test("a place has its last line where there are several", () => {
  assert.equal(linesText(ROWS[0]), "pkg/z.py:10");
  assert.equal(linesText(row("a", 1)), "app.py:3–5");
  assert.equal(linesText(row("a", 1, { file: "" })), "–");
});

test("a score is told with what it is made of, in watts where those are known", () => {
  assert.equal(scoreText(row("a", 1, { watts: [20, 10, 30], score: 20 })), "20 W per hour of review = 20 W × 50 % chance ÷ 0.5 h");
  assert.equal(scoreText(row("a", 1)), "5 % of CPU per hour of review = 5 % × 50 % chance ÷ 0.5 h");
  assert.equal(scoreText(row("a", 1, { score: null })), "not known");
});

test("a bar has value and interval inside it, and there is none of what is not known", () => {
  assert.deepEqual(barOf([0.05, 0.02, 0.08], 0.1), { value: 50, low: 20, width: 60 });
  assert.deepEqual(barOf([0.05, null, null], 0.1), { value: 50, low: 50, width: 0 });
  assert.deepEqual(barOf([0.05, -1, 9], 0.1), { value: 50, low: 0, width: 100 });
  assert.equal(barOf([null, null, null], 0.1), null);
  assert.equal(barOf([0, 0, 0], 0), null);
  assert.equal(mostSaving(ROWS), 0.2);
  assert.equal(mostSaving([]), 0);
});

test("values are tallied, the most frequent first", () => {
  assert.deepEqual(tallied(ROWS, ({ pattern }) => pattern), [["deep_copy_only_read", 2], ["list_membership", 1]]);
});
