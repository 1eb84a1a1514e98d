import assert from "node:assert/strict";
import { test } from "node:test";

import { ageText, causeText, chosenRows, COLUMNS, gainNote, gainText, momentText, partInterval, wattsText, whatText } from "../../workbench/views/js/queue/rows.js";
import { fallsFirst } from "../../workbench/views/js/rows/order.js";

/** @typedef {import("../../workbench/views/js/queue/rows.js").Row} Row */

const SINCE = Date.UTC(2026, 0, 5, 10, 0);
const HOUR = 3_600_000;
/** @param {string} change_id */
const diagnosis = (change_id) => ({ summary: "It parses", change_id, category: "repeated work", mitigation: "hoist", functions: [] });
/** @param {string} id @param {number} rank @param {Partial<Row>} [more] @returns {Row} */
const row = (id, rank, more = {}) => ({
  id, rank, kind: "regression", regression: `R-${id}`, service: "shop", subject: `app:${id}`, metric: "cost", pattern: "", growth: 2.4, title: "Parse each",
  sure: 0.9, state: "verified", why: "", of: "restored", gain: [0.9, 0.85, 0.95], gains: [], watts: null, since: SINCE + rank * HOUR,
  diagnosis: diagnosis("c0ffee123456"), evidence: [], fix: { note: "" }, command: "", ...more,
});
const ROWS = [
  row("a", 1, { watts: 20 }),
  row("b", 2, { kind: "opportunity", pattern: "deep_copy_only_read", of: "saved", gain: [0.04, null, null], title: "", diagnosis: diagnosis(""), service: "mail" }),
  row("c", 3, { state: "not verified", why: "it restores nothing", gain: [0.99, 0.9, 1], sure: null, watts: 90, growth: null }),
];
const ALL = { text: "", key: "waits", isFalling: true };
/** @param {Partial<typeof ALL>} wanted */
const ids = (wanted) => chosenRows(ROWS, { ...ALL, ...wanted }).map(({ id }) => id);

test("those that wait longest come first", () => {
  assert.deepEqual(ids({}), ["a", "b", "c"]);
  assert.deepEqual(ids({ isFalling: false }), ["c", "b", "a"]);
  assert.equal(fallsFirst(COLUMNS, "waits"), true);
});

test("a gain that is not verified is no gain to sort by, and what is not known is last", () => {
  assert.deepEqual(ids({ key: "gain", isFalling: true }), ["a", "b", "c"]);
  assert.deepEqual(ids({ key: "gain", isFalling: false }), ["b", "a", "c"]);
  assert.deepEqual(ids({ key: "watts", isFalling: true }), ["c", "a", "b"]);
  assert.deepEqual(ids({ key: "cause", isFalling: false }), ["a", "c", "b"]);
});

test("words find by kind, service, subject, cause, pattern in words, and what is wrong with the fix", () => {
  assert.deepEqual(ids({ text: " Opportunity " }), ["b"]);
  assert.deepEqual(ids({ text: "mail" }), ["b"]);
  assert.deepEqual(ids({ text: "app:c" }), ["c"]);
  assert.deepEqual(ids({ text: "C0FFEE" }), ["a", "c"]);
  assert.deepEqual(ids({ text: "copy only read" }), ["b"]);
  assert.deepEqual(ids({ text: "not verified" }), ["c"]);
  assert.deepEqual(ids({ text: "nothing like it" }), []);
});

test("a gain tells what it is a part of; one that is not verified is never told as one", () => {
  assert.deepEqual(ROWS.map(gainText), ["90 % restored", "4 % saved", "✗ not verified"]);
  assert.deepEqual(ROWS.map(gainNote), ["85 to 95 %", "", "it restores nothing"]);
  assert.equal(gainText(row("d", 4, { state: "none" })), "no fix");
  assert.equal(gainText(row("d", 4, { gain: [null, null, null] })), "✓ verified");
  assert.equal(partInterval([0.1, -0.05, null]), "");
});

test("a cause is told for short; of an opportunity there is none, and nobody is nobody", () => {
  assert.deepEqual(ROWS.map(causeText), ["c0ffee12", "–", "c0ffee12"]);
  assert.equal(causeText(row("d", 4, { diagnosis: diagnosis("") })), "nobody");
  assert.deepEqual(ROWS.map(whatText), ["2.4 times what it was", "deep copy only read", "new"]);
  assert.deepEqual(ROWS.map(({ watts }) => wattsText(watts)), ["20 W", "–", "90 W"]);
});

test("how long one waits is told in one unit, and never less than nothing", () => {
  const ages = [-5_000, 59_000, 60_000, 2.9 * HOUR, 24 * HOUR, 24 * 2000 * HOUR].map((age) => ageText(SINCE, SINCE + age));
  assert.deepEqual(ages, ["0 s", "59 s", "1 min", "2 h", "1 d", "2,000 d"]);
  assert.equal(momentText(SINCE), "2026-01-05 10:00 UTC");
  assert.equal(momentText(NaN), "–");
});
