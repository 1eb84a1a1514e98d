// Call trees in columns: where nodes stand, which are seen, and the trees that are made of one.
//
// Nodes are in level order: node 0 is the root, callers stand before callees, callees of one caller
// side by side, as a rule the widest first.

/**
 * @typedef {Int32Array | Uint16Array | Uint32Array} Indices
 * @typedef {Float32Array | Float64Array} Values
 *
 * @typedef {object} Tree
 * @property {Indices} parent (n_nodes,); of the root whatever
 * @property {Indices} fn (n_nodes,) the function of each node; of the root whatever
 * @property {Values} after (n_nodes,) inclusive
 * @property {Values | null} before (n_nodes,) inclusive; null where there is one side
 * @property {Uint16Array | null} significance (n_nodes,) see `isBelieved` and `rateOf`; 0 where it was not tested
 * @property {Int32Array | null} origin (n_nodes of the first tree,) which node of this each became, or
 *   −1; null in the first tree itself
 *
 * @typedef {object} Layout
 * @property {Values} width (n_nodes,)
 * @property {Float64Array} start (n_nodes,) where each begins, in the unit of `width`
 * @property {Int32Array} first (n_nodes,) its first callee
 * @property {Int32Array} count (n_nodes,) how many there are
 * @property {Int32Array} depth (n_nodes,)
 * @property {number} nRows
 * @property {boolean} isSorted whether callees stand by falling width
 *
 * @typedef {"after" | "before" | "both"} Side
 */

const BELIEVED = 1 << 15; // as workbench/views/columns.py has it
const STEPS = 1000;

/** @param {Tree} tree @param {number} node @returns {boolean} whether its change is believed */
export function isBelieved(tree, node) {
  return tree.significance !== null && (tree.significance[node] & BELIEVED) > 0;
}

/** @param {Tree} tree @param {number} node @returns {number} its false discovery rate; NaN where it was not tested */
export function rateOf(tree, node) {
  const told = tree.significance ? tree.significance[node] & (BELIEVED - 1) : 0;
  return told ? 10 ** (-(told - 1) / STEPS) : NaN;
}

/** @param {Tree} tree @param {Side} side @returns {Values} */
export function widthsOf(tree, side) {
  if (!tree.before || side === "after") return tree.after;
  if (side === "before") return tree.before;
  const { before, after } = tree;
  const sum = new Float64Array(after.length);
  for (let node = 0; node < sum.length; node++) sum[node] = (before[node] + after[node]) / 2;
  return sum;
}

/** @param {Tree} tree @param {Side} side @returns {Layout} */
export function layOut(tree, side) {
  const { parent } = tree;
  const n = parent.length;
  const width = widthsOf(tree, side);
  const start = new Float64Array(n);
  const first = new Int32Array(n);
  const count = new Int32Array(n);
  const depth = new Int32Array(n);
  let isSorted = true;
  let nRows = n ? 1 : 0;
  let last = -1;
  let end = 0;
  for (let node = 1; node < n; node++) {
    const above = parent[node];
    if (above !== last) {
      last = above;
      first[above] = node;
      end = start[above];
    } else if (width[node] > width[node - 1]) isSorted = false;
    count[above]++;
    start[node] = end;
    end += width[node];
    const row = depth[above] + 1;
    depth[node] = row;
    if (row >= nRows) nRows = row + 1;
  }
  return { width, start, first, count, depth, nRows, isSorted };
}

/**
 * Visit what is seen of a tree: nodes at least `least` wide, and the runs of narrower ones.
 *
 * @param {Layout} layout
 * @param {{start: number, end: number, least: number, firstRow: number, lastRow: number}} view in the unit of
 *   `width`, rows counted from the root
 * @param {(node: number) => void} seen
 * @param {(row: number, start: number, end: number) => void} [dust] a run of nodes too narrow to be told apart
 * @param {number} [root]
 */
export function visit(layout, view, seen, dust, root = 0) {
  const { width, start, first, count, depth, isSorted } = layout;
  let row = [root];
  const lastRow = Math.min(view.lastRow, layout.nRows - 1);
  for (let at = depth[root] ?? 0; row.length && at <= lastRow; at++) {
    const isSeen = at >= view.firstRow;
    const next = [];
    let dustStart = 0;
    let dustEnd = -1;
    const settle = () => {
      if (dust && dustEnd > dustStart) dust(at + 1, dustStart, dustEnd);
      dustEnd = -1;
    };
    for (const node of row) {
      if (isSeen) seen(node);
      if (at === lastRow) continue;
      const end = first[node] + count[node];
      let child = first[node];
      if (count[node] > 32) child = firstInside(layout, child, end, view.start);
      for (; child < end; child++) {
        const from = start[child];
        if (from >= view.end) break;
        const size = width[child];
        if (size >= view.least) {
          if (from + size > view.start) next.push(child);
          continue;
        }
        const to = isSorted ? start[end - 1] + width[end - 1] : from + size;
        if (to > view.start && to > from) {
          if (dustEnd >= 0 && from - dustEnd > view.least) settle();
          if (dustEnd < 0) dustStart = from;
          dustEnd = to;
        }
        if (isSorted) break;
      }
    }
    if (at + 1 >= view.firstRow && at + 1 <= lastRow) settle();
    row = next;
  }
}

/** The first of a run of siblings that ends after a place. */
/** @param {Layout} layout @param {number} from @param {number} to @param {number} place */
function firstInside(layout, from, to, place) {
  const { start, width } = layout;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (start[middle] + width[middle] <= place) from = middle + 1;
    else to = middle;
  }
  return from;
}

/**
 * @param {Layout} layout
 * @param {number} row counted from the root
 * @param {number} place in the unit of `width`
 * @returns {number} the node there, −1 for none
 */
export function nodeAt(layout, row, place) {
  let node = 0;
  if (!(place >= layout.start[0] && place < layout.start[0] + layout.width[0])) return -1;
  for (let at = 0; at < row; at++) {
    const end = layout.first[node] + layout.count[node];
    const child = firstInside(layout, layout.first[node], end, place);
    if (child >= end || layout.start[child] > place) return -1;
    node = child;
  }
  return node;
}

/**
 * @param {Layout} layout
 * @param {number} start
 * @param {number} end of what is seen, in the unit of `width`
 * @param {number} least width
 * @returns {number} the deepest row with a node as wide as that, counted from the root
 */
export function deepestRow(layout, start, end, least) {
  let deepest = 0;
  for (let node = 0; node < layout.width.length; node++) {
    const isSeen = layout.width[node] >= least && layout.start[node] < end && layout.start[node] + layout.width[node] > start;
    if (isSeen && layout.depth[node] > deepest) deepest = layout.depth[node];
  }
  return deepest;
}

/** @param {Tree} tree @param {Values} side @returns {Float64Array} what each node cost itself */
export function ownOf(tree, side) {
  const own = Float64Array.from(side);
  const rounding = side instanceof Float32Array ? 1e-6 : 1e-12;
  for (let node = 1; node < own.length; node++) own[tree.parent[node]] -= side[node];
  for (let node = 0; node < own.length; node++) { // a leaf is all its own
    if (own[node] !== side[node] && Math.abs(own[node]) < rounding * side[node]) own[node] = 0;
  }
  return own;
}

/** @param {Tree} tree @param {number} node @returns {number[]} from below the root to the node */
export function pathOf(tree, node) {
  const path = [];
  for (let at = node; at > 0; at = tree.parent[at]) path.push(at);
  return path.reverse();
}

/** Grows a tree node by node; equal functions under one caller are one node. */
class Growth {
  /** @param {number} nFunctions @param {boolean} isDiff @param {number} root function of the root */
  constructor(nFunctions, isDiff, root) {
    this.nFunctions = nFunctions;
    /** @type {number[]} */ this.nFrom = [0];
    /** @type {number[]} */ this.from = [-1];
    /** @type {number[]} */ this.parent = [-1];
    /** @type {number[]} */ this.fn = [root];
    /** @type {number[]} */ this.after = [0];
    /** @type {number[] | null} */ this.before = isDiff ? [0] : null;
    /** @type {Map<number, number>} */ this.known = new Map();
  }

  /** @param {number} above @param {number} fn @returns {number} */
  child(above, fn) {
    const key = above * this.nFunctions + fn;
    let node = this.known.get(key);
    if (node === undefined) {
      node = this.parent.length;
      this.known.set(key, node);
      this.parent.push(above);
      this.fn.push(fn);
      this.after.push(0);
      this.before?.push(0);
      this.nFrom.push(0);
      this.from.push(-1);
    }
    return node;
  }

  /** @param {number} node @param {number} first node of the first tree that is part of it */
  stand(node, first) {
    this.nFrom[node]++;
    this.from[node] = first;
  }

  /** What is known of a node that stands for one of the first tree is known of it. @param {Tree} tree @param {number} node */
  significanceOf(tree, node) {
    const first = this.from[node];
    if (!tree.significance || this.nFrom[node] !== 1) return 0;
    const isSame = Math.abs(this.after[node] - tree.after[first]) <= 1e-6 * (tree.after[first] || 1);
    return isSame ? tree.significance[first] : 0;
  }

  /**
   * @param {Tree} tree the first
   * @param {Int32Array} origin which node of this each of the first tree became
   * @returns {Tree} in level order, the widest first
   */
  finish(tree, origin) {
    const n = this.parent.length;
    /** @type {number[][]} */
    const callees = Array.from({ length: n }, () => []);
    for (let node = 1; node < n; node++) callees[this.parent[node]].push(node);
    /** @param {number} node */
    const size = (node) => Math.max(this.after[node], this.before ? this.before[node] : 0);
    const order = new Int32Array(n);
    const place = new Int32Array(n);
    let end = 1;
    for (let at = 0; at < end; at++) {
      const below = callees[order[at]];
      below.sort((i, j) => size(j) - size(i));
      for (const node of below) {
        place[node] = end;
        order[end++] = node;
      }
    }
    /** @param {number[]} values */
    const ordered = (values) => Float64Array.from(order, (node) => values[node]);
    return {
      parent: Int32Array.from(order, (node) => (node ? place[this.parent[node]] : -1)),
      fn: Int32Array.from(order, (node) => this.fn[node]),
      after: ordered(this.after),
      before: this.before && ordered(this.before),
      significance: tree.significance && Uint16Array.from(order, (node) => this.significanceOf(tree, node)),
      origin: origin.map((node) => (node < 0 ? -1 : place[node])),
    };
  }

  /** @param {number} node @param {number} after @param {number} before */
  add(node, after, before) {
    this.after[node] += after;
    if (this.before) this.before[node] += before;
  }

  /** Add what is below to what is above; callers have to stand before callees. */
  addUp() {
    for (let node = this.parent.length - 1; node > 0; node--) {
      this.add(this.parent[node], this.after[node], this.before ? this.before[node] : 0);
    }
  }
}

/**
 * Fold a call of a function that is on the stack already into the one that is there.
 * @param {Tree} tree the first
 * @param {number} nFunctions
 * @returns {Tree}
 */
export function mergeRecursion(tree, nFunctions) {
  const { parent, fn } = tree;
  const grown = new Growth(nFunctions, tree.before !== null, -1);
  const became = new Int32Array(parent.length);
  const after = ownOf(tree, tree.after);
  const before = tree.before && ownOf(tree, tree.before);
  grown.add(0, after[0] ?? 0, before?.[0] ?? 0);
  for (let node = 1; node < parent.length; node++) {
    const above = became[parent[node]];
    let at = above;
    while (at > 0 && grown.fn[at] !== fn[node]) at = grown.parent[at];
    became[node] = at > 0 ? at : grown.child(above, fn[node]);
    grown.add(became[node], after[node], before ? before[node] : 0);
    grown.stand(became[node], node);
  }
  grown.addUp();
  return grown.finish(tree, became);
}

/**
 * @param {Tree} tree the first
 * @param {number} wanted a function
 * @returns {Int32Array} its outermost calls
 */
function outermost(tree, wanted) {
  const { parent, fn } = tree;
  const isInside = new Uint8Array(parent.length);
  const found = [];
  for (let node = 1; node < parent.length; node++) {
    const is = fn[node] === wanted;
    if (is && !isInside[parent[node]]) found.push(node);
    isInside[node] = is || isInside[parent[node]] ? 1 : 0;
  }
  return Int32Array.from(found);
}

/**
 * What a function calls, over all the places it is called from; the function is the root.
 * @param {Tree} tree the first
 * @param {number} wanted
 * @param {number} nFunctions
 * @returns {Tree}
 */
export function calleesOf(tree, wanted, nFunctions) {
  const { parent, fn } = tree;
  const grown = new Growth(nFunctions, tree.before !== null, wanted);
  const became = new Int32Array(parent.length).fill(-1);
  for (const node of outermost(tree, wanted)) became[node] = 0;
  for (let node = 1; node < parent.length; node++) {
    const above = became[parent[node]];
    if (became[node] < 0 && above >= 0) became[node] = grown.child(above, fn[node]);
    if (became[node] < 0) continue;
    grown.add(became[node], tree.after[node], tree.before?.[node] ?? 0);
    grown.stand(became[node], node);
  }
  return grown.finish(tree, became);
}

/**
 * Who calls a function; the function is the root, and what a node calls stands above it.
 * @param {Tree} tree the first
 * @param {number} wanted
 * @param {number} nFunctions
 * @returns {Tree}
 */
export function callersOf(tree, wanted, nFunctions) {
  const { parent, fn } = tree;
  const grown = new Growth(nFunctions, tree.before !== null, wanted);
  const became = new Int32Array(parent.length).fill(-1);
  for (const node of outermost(tree, wanted)) {
    const after = tree.after[node];
    const before = tree.before?.[node] ?? 0;
    let at = 0;
    grown.add(at, after, before);
    grown.stand(at, node);
    for (let caller = parent[node]; caller > 0; caller = parent[caller]) {
      at = grown.child(at, fn[caller]);
      grown.add(at, after, before);
      grown.stand(at, node);
    }
    became[node] = at;
  }
  return grown.finish(tree, became);
}

/**
 * Which nodes of the first tree a node stands for.
 * @param {Tree} tree
 * @param {number} node
 * @returns {number[]}
 */
export function originsOf(tree, node) {
  if (!tree.origin) return [node];
  const found = [];
  const isWanted = new Uint8Array(tree.parent.length); // the node, or below it: of callers only ends are known
  isWanted[node] = 1;
  for (let at = node + 1; at < isWanted.length; at++) isWanted[at] = isWanted[tree.parent[at]];
  const { origin } = tree;
  for (let first = 0; first < origin.length; first++) if (origin[first] === node) found.push(first);
  if (found.length) return found;
  for (let first = 0; first < origin.length; first++) if (origin[first] >= 0 && isWanted[origin[first]]) found.push(first);
  return found;
}

/**
 * @param {Tree} tree
 * @param {(fn: number) => boolean} isWanted
 * @param {Values} width
 * @returns {{isMatch: Uint8Array, n: number, cost: number}} nodes that match, and what they cost with recursion
 *   counted once, in the unit of `width`
 */
export function findNodes(tree, isWanted, width) {
  const { parent, fn } = tree;
  const isMatch = new Uint8Array(parent.length);
  const isCovered = new Uint8Array(parent.length);
  let n = 0;
  let cost = 0;
  for (let node = 1; node < parent.length; node++) {
    const is = isWanted(fn[node]);
    const above = isCovered[parent[node]];
    if (is) {
      isMatch[node] = 1;
      n++;
      if (!above) cost += width[node];
    }
    isCovered[node] = is || above ? 1 : 0;
  }
  return { isMatch, n, cost };
}

/**
 * @param {Tree} tree
 * @param {(fn: number) => string} nameOf
 * @returns {string} a line a stack: names joined by `;`, and what it cost itself (of two sides, both)
 */
export function toFolded(tree, nameOf) {
  const after = ownOf(tree, tree.after);
  const before = tree.before && ownOf(tree, tree.before);
  const names = new Array(tree.parent.length).fill("");
  const lines = [];
  for (let node = 1; node < names.length; node++) {
    const above = names[tree.parent[node]];
    const name = nameOf(tree.fn[node]).replaceAll(";", ":").replaceAll(/\s+/g, " ");
    names[node] = above ? `${above};${name}` : name;
    const values = before ? [before[node], after[node]] : [after[node]];
    if (values.some((value) => value > 0)) lines.push(`${names[node]} ${values.map(exact).join(" ")}`);
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** @param {number} value */
const exact = (value) => (Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(15))));
