// What a variant of a skill is beside its original. Pure: no page is needed.

/**
 * @typedef {Record<string, string>} Files text by path
 *
 * @typedef {object} Side
 * @property {string} verdict "right", "wrong", "abstained", or other words
 * @property {string} cause
 * @property {string} skill
 * @property {number | null} confidence
 * @property {number | null} seconds
 * @property {number | null} steps
 *
 * @typedef {object} Result
 * @property {string} case
 * @property {string} truth
 * @property {string} note
 * @property {Side | null} before
 * @property {Side | null} after
 */

export const INDENT = "    ";
const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const LONGEST_NAME = 64;
const WORTH = /** @type {Record<string, number>} */ ({ right: 2, abstained: 1, wrong: 0 });

/** @param {Files} original @param {Files} files @returns {string[]} those of the original first */
export function pathsOf(original, files) {
  return [...new Set([...Object.keys(original), ...Object.keys(files)])];
}

/**
 * @param {Files} original
 * @param {Files} files
 * @param {string} path
 * @returns {"" | "changed" | "new" | "removed"}
 */
export function changeOf(original, files, path) {
  if (!Object.hasOwn(files, path)) return "removed";
  if (!Object.hasOwn(original, path)) return "new";
  return files[path] === original[path] ? "" : "changed";
}

/** @param {Files} original @param {Files} files @returns {string[]} */
export function changedPaths(original, files) {
  return pathsOf(original, files).filter((path) => changeOf(original, files, path));
}

/**
 * What comes from outside wins, file by file, over what was typed meanwhile; what it leaves as it was does not.
 * @param {Files} typed
 * @param {Files} known as they last went out or came in
 * @param {Files} incoming
 * @returns {Files}
 */
export function mergeFiles(typed, known, incoming) {
  return Object.fromEntries(Object.entries(incoming).map(([path, text]) =>
    [path, text === known[path] && Object.hasOwn(typed, path) ? typed[path] : text]));
}

/** @param {string} text @param {number} line from 1 @returns {[number, number]} where it starts and ends */
export function lineRange(text, line) {
  const lines = text.split("\n");
  const at = Math.min(Math.max(line, 1), lines.length) - 1;
  const start = lines.slice(0, at).reduce((sum, one) => sum + one.length + 1, 0);
  return [start, start + lines[at].length];
}

/**
 * The lines that a selection touches, further in or out.
 * @param {string} text
 * @param {number} start
 * @param {number} end of the selection
 * @param {boolean} isBack
 * @returns {{from: number, to: number, text: string}} what is to be put in place of which part
 */
export function indentLines(text, start, end, isBack) {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const last = end > start && text[end - 1] === "\n" ? end - 1 : end;
  const next = text.indexOf("\n", last);
  const to = next < 0 ? text.length : next;
  const out = text.slice(from, to).split("\n").map((line) => {
    if (isBack) return line.replace(/^(?: {1,4}|\t)/, "");
    return line ? INDENT + line : line;
  });
  return { from, to, text: out.join("\n") };
}

/**
 * @param {string} name
 * @param {string[]} taken
 * @param {boolean} replaces whether one that is taken may be given again
 * @returns {string} what is wrong with it; empty for nothing
 */
export function nameFault(name, taken, replaces) {
  if (!name) return "A variant needs a name.";
  if (name.length > LONGEST_NAME) return `A name has at most ${LONGEST_NAME} letters; this has ${name.length}.`;
  if (!NAME.test(name)) return "A name has lowercase letters, digits, and single hyphens between them.";
  return !replaces && taken.includes(name) ? `${name} is there already; choose another name.` : "";
}

/** @param {string} name @param {string[]} taken @returns {string} one that is free */
export function suggestName(name, taken) {
  const stem = NAME.test(name) ? name.replace(/-\d+$/, "") : "variant";
  for (let number = 2; ; number++) {
    const ending = `-${number}`;
    const one = stem.slice(0, LONGEST_NAME - ending.length).replace(/-$/, "") + ending;
    if (one !== name && !taken.includes(one)) return one;
  }
}

/** @param {string[]} cases @param {string} words @returns {string[]} those that have every word */
export function filterCases(cases, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return cases.filter((name) => wanted.every((word) => name.toLowerCase().includes(word)));
}

/** @param {Result} row @returns {"" | "better" | "worse" | "as good"} how the variant did beside the original */
export function comparison({ before, after }) {
  const [was, is] = [WORTH[before?.verdict ?? ""], WORTH[after?.verdict ?? ""]];
  if (was === undefined || is === undefined) return "";
  if (is === was) return "as good";
  return is > was ? "better" : "worse";
}

/**
 * @param {Result[]} rows
 * @param {"before" | "after"} side
 * @returns {Map<string, number>} cases of each verdict: right, wrong and abstained first
 */
export function tally(rows, side) {
  const counts = new Map(["right", "wrong", "abstained"].map((name) => [name, 0]));
  for (const row of rows) {
    const verdict = row[side]?.verdict;
    if (verdict) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  }
  return counts;
}

/** @param {Map<string, number>} counts @returns {string} "2 right, 1 abstained" */
export function tallyWords(counts) {
  const parts = [...counts].filter(([, n]) => n > 0).map(([verdict, n]) => `${n} ${verdict}`);
  return parts.join(", ") || "none";
}
