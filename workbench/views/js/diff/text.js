// A unified diff as lines that know where they stand. Pure: no page is needed.

/**
 * @typedef {object} DiffLine
 * @property {"file" | "meta" | "hunk" | "add" | "del" | "same"} kind
 * @property {number} before its number in the file before; 0 where it is not there
 * @property {number} after
 * @property {string} text without its sign
 */

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)$/;
const HEADER = /^(?:commit |Author: |AuthorDate: |Date: |\s*$)/; // what stands beside the diff already
const NOISE = /^(?:index [0-9a-f]|--- |\+\+\+ )/;

/** @param {string} line @returns {string} the path that the header of a file names */
function pathOf(line) {
  const found = /^diff --git (?:"?a\/.*?"?) "?b\/(.*?)"?$/.exec(line);
  if (found) return found[1];
  return line.slice(4).split("\t")[0].replace(/^[ab]\//, "");
}

/**
 * @param {string} text with or without what `git show` puts before it
 * @returns {DiffLine[]}
 */
export function parseDiff(text) {
  /** @type {DiffLine[]} */
  const lines = [];
  let before = 0;
  let after = 0;
  let leftBefore = 0;
  let leftAfter = 0;
  let isGit = false;
  const put = /** @param {DiffLine["kind"]} kind @param {string} said @param {number} [was] @param {number} [is] */
    (kind, said, was = 0, is = 0) => lines.push({ kind, before: was, after: is, text: said });
  for (const line of text.replace(/\n$/, "").split("\n")) {
    const sign = line[0] ?? " ";
    if (leftBefore > 0 || leftAfter > 0) {
      if (sign === "+") { put("add", line.slice(1), 0, after++); leftAfter--; continue; }
      if (sign === "-") { put("del", line.slice(1), before++, 0); leftBefore--; continue; }
      if (sign === " ") { put("same", line.slice(1), before++, after++); leftBefore--; leftAfter--; continue; }
    }
    const hunk = HUNK.exec(line);
    if (hunk) {
      [before, after] = [Number(hunk[1]), Number(hunk[3])];
      [leftBefore, leftAfter] = [Number(hunk[2] ?? 1), Number(hunk[4] ?? 1)];
      put("hunk", line);
    } else if (line.startsWith("diff --git ")) {
      isGit = true;
      put("file", pathOf(line));
    } else if (!isGit && line.startsWith("+++ ")) put("file", pathOf(line));
    else if (!NOISE.test(line)) put("meta", line);
  }
  const first = lines.findIndex(({ kind }) => kind === "file");
  return lines.filter(({ kind, text: said }, at) => kind !== "meta" || at > first || !HEADER.test(said));
}

/**
 * @param {DiffLine[]} lines
 * @returns {{added: number, removed: number, files: number}}
 */
export function countDiff(lines) {
  const counts = { added: 0, removed: 0, files: 0 };
  for (const { kind } of lines) {
    if (kind === "add") counts.added++;
    else if (kind === "del") counts.removed++;
    else if (kind === "file") counts.files++;
  }
  return counts;
}
