import assert from "node:assert/strict";
import { test } from "node:test";

import {
  changedPaths, changeOf, comparison, filterCases, indentLines, lineRange, mergeFiles, nameFault, pathsOf, suggestName, tally,
  tallyWords,
} from "../../workbench/views/js/skill/state.js";

/** @param {string} verdict @returns {import("../../workbench/views/js/skill/state.js").Side} */
const side = (verdict) => ({ verdict, cause: "", skill: "", confidence: null, seconds: null, steps: null });

/** @param {string} before @param {string} after */
const row = (before, after) => ({ case: "one", truth: "", note: "", before: before ? side(before) : null, after: side(after) });

test("files are marked by what became of them", () => {
  const [original, files] = [{ a: "1", b: "2", c: "3" }, { a: "1", b: "x", d: "4" }];
  assert.deepEqual(pathsOf(original, files), ["a", "b", "c", "d"]);
  assert.deepEqual(pathsOf(original, files).map((path) => changeOf(original, files, path)), ["", "changed", "removed", "new"]);
  assert.deepEqual(changedPaths(original, files), ["b", "c", "d"]);
});

test("a file named as a property of objects is a file", () => {
  assert.equal(changeOf({}, { constructor: "x" }, "constructor"), "new");
});

test("what comes from outside wins where it differs from what is known", () => {
  const [known, typed] = [{ a: "1", b: "2" }, { a: "1 typed", b: "2 typed" }];
  assert.deepEqual(mergeFiles(typed, known, { a: "1", b: "3", c: "4" }), { a: "1 typed", b: "3", c: "4" });
});

test("a line is found by its number, and the last where there are fewer", () => {
  const text = "one\ntwo\nthree";
  assert.equal(text.slice(...lineRange(text, 2)), "two");
  assert.equal(text.slice(...lineRange(text, 99)), "three");
  assert.equal(text.slice(...lineRange(text, 0)), "one");
});

test("lines go in and out together, and empty ones stay empty", () => {
  const text = "if a:\nb\n\nc\nend";
  const inward = indentLines(text, 6, 11, false);
  assert.equal(text.slice(0, inward.from) + inward.text + text.slice(inward.to), "if a:\n    b\n\n    c\nend");
  assert.equal(indentLines("      b\n\tc", 0, 10, true).text, "  b\nc");
});

test("a selection that ends at the start of a line leaves that line", () => {
  assert.deepEqual(indentLines("a\nb\n", 0, 2, false), { from: 0, to: 1, text: "    a" });
});

test("a name is judged in words", () => {
  assert.equal(nameFault("regex-cost-2", [], false), "");
  for (const name of ["Regex", "a--b", "-a", "a-", "a b", "ä", "a_b"]) assert.match(nameFault(name, [], true), /lowercase/);
  assert.match(nameFault("", [], true), /needs a name/);
  assert.match(nameFault("a".repeat(65), [], true), /65/);
  assert.match(nameFault("a", ["a"], false), /there already/);
  assert.equal(nameFault("a", ["a"], true), "");
});

test("a name that is free is suggested", () => {
  assert.equal(suggestName("regex-cost", ["regex-cost-2"]), "regex-cost-3");
  assert.equal(suggestName("regex-cost-2", []), "regex-cost-3");
  assert.equal(suggestName("", []), "variant-2");
  assert.equal(nameFault(suggestName("a".repeat(64), []), [], false), "");
});

test("cases are found by all words", () => {
  assert.deepEqual(filterCases(["feed-A03", "feed-B01", "shop"], "FEED b"), ["feed-B01"]);
  assert.deepEqual(filterCases(["a", "b"], " "), ["a", "b"]);
});

test("to abstain is better than to be wrong, and worse than to be right", () => {
  const told = [["wrong", "abstained"], ["right", "abstained"], ["right", "right"], ["", "right"], ["failed", "right"]];
  assert.deepEqual(told.map(([before, after]) => comparison(row(before, after))), ["better", "worse", "as good", "", ""]);
});

test("verdicts are counted, others too", () => {
  const rows = [row("right", "right"), row("", "wrong"), row("failed", "right")];
  assert.equal(tallyWords(tally(rows, "after")), "2 right, 1 wrong");
  assert.equal(tallyWords(tally(rows, "before")), "1 right, 1 failed");
  assert.equal(tallyWords(tally([], "after")), "none");
});
