import assert from "node:assert/strict";
import { test } from "node:test";

import { countDiff, parseDiff } from "../../workbench/views/js/diff/text.js";

const SHOWN = `commit 2a9bfb3
Author: Ada

    Cache less

diff --git a/pkg/mod.py b/pkg/mod.py
index 29e2300..55a25aa 100644
--- a/pkg/mod.py
+++ b/pkg/mod.py
@@ -10,4 +10,4 @@ def read():
 kept
---- a rule
-gone
++++ more
+new
 end
`;

test("lines know their numbers and signs", () => {
  const lines = parseDiff(SHOWN).filter(({ kind }) => !["meta", "file", "hunk"].includes(kind));
  assert.deepEqual(lines.map(({ kind, before, after, text }) => [kind, before, after, text]), [
    ["same", 10, 10, "kept"], ["del", 11, 0, "--- a rule"], ["del", 12, 0, "gone"],
    ["add", 0, 11, "+++ more"], ["add", 0, 12, "new"], ["same", 13, 13, "end"],
  ]);
});

test("a file is named once, and what git adds is left out", () => {
  const lines = parseDiff(SHOWN);
  assert.deepEqual(lines.filter(({ kind }) => kind === "file").map(({ text }) => text), ["pkg/mod.py"]);
  assert.equal(lines.some(({ text }) => text.startsWith("index ")), false);
  assert.deepEqual(countDiff(lines), { added: 2, removed: 2, files: 1 });
});

test("a diff that git did not write names its file too", () => {
  const lines = parseDiff("--- a/x.go\t2026\n+++ b/x.go\t2026\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file");
  assert.deepEqual(lines.map(({ kind, text }) => [kind, text]), [
    ["file", "x.go"], ["hunk", "@@ -1 +1 @@"], ["del", "a"], ["add", "b"], ["meta", "\\ No newline at end of file"],
  ]);
});

test("of what stands before the first file the message is kept", () => {
  assert.deepEqual(parseDiff(SHOWN).filter(({ kind }) => kind === "meta").map(({ text }) => text), ["    Cache less"]);
});

test("nothing is no change", () => {
  assert.deepEqual(countDiff(parseDiff("")), { added: 0, removed: 0, files: 0 });
});
