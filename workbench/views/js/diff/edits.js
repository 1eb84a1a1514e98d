// What changed from one text to another, line by line: the fewest lines (Myers). Pure: no page is needed.

/**
 * @typedef {object} Change
 * @property {"same" | "del" | "add"} kind
 * @property {string} text of one line, with its end
 *
 * @typedef {[number, number]} Step lines of the text before and after that are done
 */

const MOST_EDITS = 1500; // texts with more between them share little: the middle is told as replaced
const NO_END = "\\ No newline at end of file";
const SIGNS = { same: " ", del: "-", add: "+" };

/** @param {string} text @returns {string[]} its lines, each with its end */
export function linesOf(text) {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

/**
 * @param {string[]} before
 * @param {string[]} after
 * @returns {Int32Array[] | null} how far each diagonal came, by the number of edits; null for too many
 */
function searchEdits(before, after) {
  const [n, m] = [before.length, after.length];
  const most = Math.min(n + m, MOST_EDITS);
  const reached = new Int32Array(2 * most + 3);
  const origin = most + 1;
  const trace = [];
  for (let edits = 0; edits <= most; edits++) {
    trace.push(reached.slice(origin - edits - 1, origin + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const isDown = k === -edits || (k !== edits && reached[origin + k - 1] < reached[origin + k + 1]);
      let x = isDown ? reached[origin + k + 1] : reached[origin + k - 1] + 1;
      while (x < n && x - k < m && before[x] === after[x - k]) x++;
      reached[origin + k] = x;
      if (x >= n && x - k >= m) return trace;
    }
  }
  return null;
}

/**
 * @param {Int32Array[]} trace
 * @param {number} n lines before
 * @param {number} m lines after
 * @returns {Step[]} from nothing to all of both texts
 */
function retrace(trace, n, m) {
  /** @type {Step[]} */
  const steps = [[n, m]];
  let [x, y] = [n, m];
  for (let edits = trace.length - 1; edits > 0; edits--) {
    const reached = trace[edits];
    const at = x - y + edits + 1;
    const isDown = x - y === -edits || (x - y !== edits && reached[at - 1] < reached[at + 1]);
    const fromX = isDown ? reached[at + 1] : reached[at - 1];
    const fromY = fromX - (x - y + (isDown ? 1 : -1));
    const [startX, startY] = isDown ? [fromX, fromY + 1] : [fromX + 1, fromY];
    if (startX !== x) steps.push([startX, startY]);
    steps.push([fromX, fromY]);
    [x, y] = [fromX, fromY];
  }
  if (x > 0 || y > 0) steps.push([0, 0]);
  return steps.reverse();
}

/** @param {Change["kind"]} kind @param {string[]} lines @returns {Change[]} */
const told = (kind, lines) => lines.map((text) => ({ kind, text }));

/** @param {string[]} before @param {string[]} after @returns {Change[]} */
function compare(before, after) {
  const trace = searchEdits(before, after);
  if (!trace) return [...told("del", before), ...told("add", after)];
  const steps = retrace(trace, before.length, after.length);
  return steps.slice(1).flatMap(([x, y], at) => {
    const [fromX, fromY] = steps[at];
    if (x - fromX === y - fromY) return told("same", before.slice(fromX, x));
    return [...told("del", before.slice(fromX, x)), ...told("add", after.slice(fromY, y))];
  });
}

/**
 * @param {string} before
 * @param {string} after
 * @returns {Change[]} what is the same, what went, and what came, in order
 */
export function diffLines(before, after) {
  const [a, b] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  const most = Math.min(a.length, b.length) - start;
  while (end < most && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return [
    ...told("same", a.slice(0, start)),
    ...compare(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...told("same", a.slice(a.length - end)),
  ];
}

/**
 * @param {Change[]} changes
 * @returns {{added: number, removed: number}}
 */
export function countChanges(changes) {
  const count = /** @param {Change["kind"]} kind */ (kind) => changes.filter((one) => one.kind === kind).length;
  return { added: count("add"), removed: count("del") };
}

/**
 * @param {Change[]} changes
 * @param {number} context
 * @returns {Step[]} where the stretches to be shown start and end; the end is not shown
 */
function stretches(changes, context) {
  /** @type {Step[]} */
  const found = [];
  changes.forEach(({ kind }, at) => {
    if (kind === "same") return;
    const last = found[found.length - 1];
    const [start, end] = [Math.max(at - context, 0), Math.min(at + context + 1, changes.length)];
    if (last && start <= last[1]) last[1] = end;
    else found.push([start, end]);
  });
  return found;
}

/** @param {number} done lines before it @param {number} n lines in it */
const place = (done, n) => `${n ? done + 1 : done},${n}`;

/**
 * @param {string} before
 * @param {string} after
 * @param {string} path
 * @param {number} [context] lines around each change
 * @returns {string} as `diff -u` writes it; empty where nothing changed
 */
export function unifiedDiff(before, after, path, context = 3) {
  const changes = diffLines(before, after);
  const out = [];
  let [at, x, y] = [0, 0, 0];
  for (const [start, end] of stretches(changes, context)) {
    x += start - at; // what lies between stretches is the same
    y += start - at;
    const shown = changes.slice(start, end);
    const { added, removed } = countChanges(shown);
    const n = shown.length;
    out.push(`@@ -${place(x, n - added)} +${place(y, n - removed)} @@`);
    for (const { kind, text } of shown) {
      out.push(SIGNS[kind] + text.replace(/\n$/, ""));
      if (!text.endsWith("\n")) out.push(NO_END);
    }
    [at, x, y] = [end, x + n - added, y + n - removed];
  }
  return out.length ? [`--- a/${path}`, `+++ b/${path}`, ...out, ""].join("\n") : "";
}
