// Builders: trees from folded stacks, and random ones that are the same every time.

/**
 * @typedef {import("../../workbench/views/js/flame/tree.js").Tree} Tree
 * @typedef {{tree: Tree, names: string[]}} Named
 */

/** @param {number} seed @returns {() => number} 0 to 1, always the same ones (mulberry32) */
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * @typedef {object} Growing
 * @property {string} name
 * @property {number[]} costs inclusive, a value a side
 * @property {Map<string, Growing>} callees
 */

/** @param {string} name @param {number} nSides @returns {Growing} */
const bud = (name, nSides) => ({ name, costs: new Array(nSides).fill(0), callees: new Map() });

/** @param {Growing} node @param {number[]} costs */
const add = (node, costs) => costs.forEach((cost, side) => { node.costs[side] += cost; });

/** @param {Growing} node @returns {Growing[]} the costliest first, ties by name */
const ordered = (node) => [...node.callees.values()].sort(
  (one, other) => Math.max(...other.costs) - Math.max(...one.costs) || (one.name < other.name ? -1 : 1));

/**
 * @param {Record<string, number | number[]>} stacks root first, joined by `;`; a value, or one before and one after
 * @returns {Named} as `workbench.views` lays trees out
 */
export function treeOf(stacks) {
  const entries = Object.entries(stacks).map(([stack, cost]) => /** @type {const} */ ([stack, [cost].flat()]));
  const nSides = entries[0]?.[1].length ?? 1;
  const root = bud("all", nSides);
  for (const [stack, costs] of entries) {
    let at = root;
    add(at, costs);
    for (const name of stack.split(";")) {
      const below = at.callees.get(name) ?? bud(name, nSides);
      at.callees.set(name, below);
      add(below, costs);
      at = below;
    }
  }
  return inLevelOrder(root, nSides);
}

/** @param {Growing} root @param {number} nSides @returns {Named} */
function inLevelOrder(root, nSides) {
  const nodes = [root];
  const parent = [-1];
  for (let at = 0; at < nodes.length; at++) {
    for (const below of ordered(nodes[at])) {
      nodes.push(below);
      parent.push(at);
    }
  }
  const names = [...new Set(nodes.slice(1).map((node) => node.name))];
  /** @param {number} side */
  const values = (side) => Float64Array.from(nodes, (node) => node.costs[side]);
  return {
    names,
    tree: {
      parent: Int32Array.from(parent),
      fn: Int32Array.from(nodes, (node, at) => (at ? names.indexOf(node.name) : 0)),
      after: values(nSides - 1),
      before: nSides === 2 ? values(0) : null,
      significance: null,
      origin: null,
    },
  };
}

/**
 * @param {number} seed
 * @param {{nSides?: number, nStacks?: number, nFunctions?: number}} [options] few functions make much recursion
 * @returns {Named}
 */
export function randomTree(seed, { nSides = 1, nStacks = 60, nFunctions = 6 } = {}) {
  const random = randomNumbers(seed);
  /** @type {Record<string, number[]>} */
  const stacks = {};
  for (let i = 0; i < nStacks; i++) {
    const stack = Array.from({ length: 1 + Math.floor(random() * 9) }, () => `f${Math.floor(random() * nFunctions)}`);
    stacks[stack.join(";")] = Array.from({ length: nSides }, () => Math.floor(random() * 20));
  }
  return treeOf(stacks);
}

/** @param {Named} named @param {number} node @returns {string} */
export function stackOf({ tree, names }, node) {
  const path = [];
  for (let at = node; at > 0; at = tree.parent[at]) path.unshift(names[tree.fn[at]]);
  return path.join(";");
}

/** @param {Named} named @param {number[]} nodes @returns {string[]} */
export const stacksOf = (named, nodes) => nodes.map((node) => stackOf(named, node)).sort();

export const SEEDS = Array.from({ length: 25 }, (_, seed) => seed + 1);
