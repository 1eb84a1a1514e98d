import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { parseDiff } from "../../workbench/views/js/diff/text.js";
import { countChanges, diffLines, unifiedDiff } from "../../workbench/views/js/diff/edits.js";

/** @param {import("../../workbench/views/js/diff/edits.js").Change[]} changes @param {"del" | "add"} left */
const without = (changes, left) => changes.filter(({ kind }) => kind !== left).map((one) => one.text).join("");

/** Numbers that are the same in each run. @param {number} seed */
function drawn(seed) {
  let state = seed;
  return /** @param {number} below */ (below) => {
    state = (1103515245 * state + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
}

/** @param {(below: number) => number} draw @param {number} most lines */
function text(draw, most) {
  const lines = Array.from({ length: draw(most + 1) }, () => "abcd"[draw(4)]);
  return lines.join("\n") + (draw(2) ? "\n" : "");
}

/** @param {string} before @param {string} after longest common subsequence of lines, by its table */
function common(before, after) {
  const [a, b] = [before, after].map((one) => (one ? one.split(/(?<=\n)/) : []));
  const table = Array.from({ length: a.length + 1 }, () => new Array(b.length + 1).fill(0));
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      table[i][j] = a[i - 1] === b[j - 1] ? table[i - 1][j - 1] + 1 : Math.max(table[i - 1][j], table[i][j - 1]);
    }
  }
  return table[a.length][b.length];
}

test("one altered line goes and comes, the rest is the same", () => {
  assert.deepEqual(diffLines("a\nb\nc\n", "a\nx\nc\n").map(({ kind, text: said }) => [kind, said]),
    [["same", "a\n"], ["del", "b\n"], ["add", "x\n"], ["same", "c\n"]]);
});

test("both texts are in the changes, and no more lines change than must", () => {
  const draw = drawn(7);
  for (let round = 0; round < 600; round++) {
    const [before, after] = [text(draw, 14), text(draw, 14)];
    const changes = diffLines(before, after);
    assert.equal(without(changes, "add"), before);
    assert.equal(without(changes, "del"), after);
    assert.equal(changes.filter(({ kind }) => kind === "same").length, common(before, after), JSON.stringify([before, after]));
  }
});

test("a diff can be applied by git", () => {
  const draw = drawn(11);
  const folder = mkdtempSync(join(tmpdir(), "diff-"));
  try {
    for (let round = 0; round < 25; round++) {
      const [before, after] = [text(draw, 30), text(draw, 30)];
      const diff = unifiedDiff(before, after, "told.txt");
      if (!diff || !before || !after) continue;
      writeFileSync(join(folder, "told.txt"), before);
      writeFileSync(join(folder, "it.diff"), diff);
      execFileSync("git", ["apply", "--unidiff-zero", "it.diff"], { cwd: folder });
      assert.equal(readFileSync(join(folder, "told.txt"), "utf8"), after);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("equal texts have no diff", () => {
  assert.equal(unifiedDiff("a\nb\n", "a\nb\n", "x"), "");
  assert.equal(unifiedDiff("", "", "x"), "");
  assert.deepEqual(countChanges(diffLines("a\n", "a\n")), { added: 0, removed: 0 });
});

test("a line end that is gone at the end is told", () => {
  assert.equal(unifiedDiff("a\n", "a", "x"), "--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n-a\n+a\n\\ No newline at end of file\n");
});

test("changes far apart are two stretches with numbers of their own", () => {
  const before = Array.from({ length: 40 }, (_, at) => `line ${at}\n`).join("");
  const after = before.replace("line 3\n", "line 3\nmore\n").replace("line 30\n", "");
  const diff = unifiedDiff(before, after, "x.py");
  assert.deepEqual(diff.match(/^@@.*@@$/gm), ["@@ -2,6 +2,7 @@", "@@ -28,7 +29,6 @@"]);
  const [added] = parseDiff(diff).filter(({ kind }) => kind === "add");
  assert.deepEqual([added.after, added.text], [5, "more"]);
});

test("a text made from nothing starts at line 0", () => {
  assert.match(unifiedDiff("", "a\nb\n", "x"), /@@ -0,0 \+1,2 @@\n\+a\n\+b\n/);
});

test("long texts that share nothing are told at once, and whole", () => {
  const [before, after] = ["b", "a"].map((letter) => Array.from({ length: 6000 }, (_, at) => `${letter}${at}\n`).join(""));
  const began = performance.now();
  const changes = diffLines(before, after);
  assert.deepEqual(countChanges(changes), { added: 6000, removed: 6000 });
  assert.ok(performance.now() - began < 3000);
});
