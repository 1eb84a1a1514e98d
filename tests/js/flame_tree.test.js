import assert from "node:assert/strict";
import { test } from "node:test";

import {
  calleesOf, callersOf, deepestRow, findNodes, layOut, mergeRecursion, nodeAt, originsOf, ownOf, pathOf, toFolded, visit, widthsOf,
} from "../../workbench/views/js/flame/tree.js";
import { randomNumbers, randomTree, SEEDS, stackOf, stacksOf, treeOf } from "./trees.js";

/**
 * @typedef {import("../../workbench/views/js/flame/tree.js").Tree} Tree
 * @typedef {import("../../workbench/views/js/flame/tree.js").Layout} Layout
 * @typedef {import("./trees.js").Named} Named
 */

const SMALL = { "main;parse;read": 6, "main;parse": 1, "main;write": 3 };
const RECURSIVE = { "main;walk;walk;read": 4, "main;walk;log;walk": 2, "main;walk": 1 };

/** @param {Named} named @returns {(name: string) => number} a function by its name */
const functionOf = ({ names }) => (name) => names.indexOf(name);

/** @param {ArrayLike<number>} values */
const sum = (values) => Array.from(values).reduce((total, value) => total + value, 0);

/** @param {Layout} layout @param {Partial<Parameters<typeof visit>[1]>} [view] */
function seenOf(layout, view = {}) {
  /** @type {number[]} */ const nodes = [];
  /** @type {number[][]} */ const dust = [];
  const whole = { start: 0, end: layout.width[0], least: 0, firstRow: 0, lastRow: Infinity };
  visit(layout, { ...whole, ...view }, (node) => nodes.push(node), (row, start, end) => dust.push([row, start, end]));
  return { nodes, dust };
}

/** @param {Tree} tree what every tree is: callers first, callees side by side and within their caller */
function checkTree(tree) {
  const layout = layOut(tree, "after");
  for (let node = 1; node < tree.parent.length; node++) {
    const above = tree.parent[node];
    assert.ok(above >= 0 && above < node, `node ${node} stands after its caller ${above}`);
    assert.ok(above >= tree.parent[node - 1], `callees of ${above} stand side by side`);
    assert.equal(layout.depth[node], layout.depth[above] + 1);
  }
  for (const side of [tree.after, tree.before]) {
    if (side) assert.ok(ownOf(tree, side).every((cost) => cost >= 0), "callees never cost more than their caller");
  }
}

/** @param {Tree} tree derived: its callees stand the costliest first too */
function checkDerived(tree) {
  checkTree(tree);
  const { after, before, parent } = tree;
  const size = /** @param {number} node */ (node) => Math.max(after[node], before?.[node] ?? 0);
  for (let node = 2; node < parent.length; node++) {
    assert.ok(parent[node] !== parent[node - 1] || size(node) <= size(node - 1), `node ${node} is before its time`);
  }
}

/** @param {string} what @param {(named: Named, seed: number) => void} law */
function holdsForRandomTrees(what, law) {
  test(what, () => {
    for (const seed of SEEDS) {
      for (const nSides of [1, 2]) law(randomTree(seed, { nSides }), seed);
    }
  });
}

// ---- where nodes stand ---------------------------------------------------------------------------

test("callees stand side by side from where their caller begins", () => {
  const { tree } = treeOf(SMALL);
  const { start, width, depth, first, count, nRows, isSorted } = layOut(tree, "after");
  assert.deepEqual([...start], [0, 0, 0, 7, 0]);
  assert.deepEqual([...width], [10, 10, 7, 3, 6]);
  assert.deepEqual([...depth], [0, 1, 2, 2, 3]);
  assert.deepEqual([first[1], count[1], nRows, isSorted], [2, 2, 4, true]);
});

test("a tree of a root alone has one row", () => {
  const { tree } = treeOf({});
  assert.deepEqual([layOut(tree, "after").nRows, seenOf(layOut(tree, "after")).nodes], [1, [0]]);
  assert.equal(nodeAt(layOut(tree, "after"), 0, 0), -1);
});

test("a tree without a node has no row", () => {
  const none = new Int32Array(0);
  const layout = layOut({ parent: none, fn: none, after: new Float64Array(0), before: null, significance: null, origin: null }, "after");
  assert.equal(layout.nRows, 0);
  assert.deepEqual(seenOf(layout, { start: 0, end: 1, lastRow: 0 }).dust, []);
});

test("widths are of the side that is asked for, or of both", () => {
  const { tree } = treeOf({ "main;a": [1, 5], "main;b": [3, 1] });
  assert.deepEqual([...widthsOf(tree, "before")], [4, 4, 1, 3]);
  assert.deepEqual([...widthsOf(tree, "after")], [6, 6, 5, 1]);
  assert.deepEqual([...widthsOf(tree, "both")], [5, 5, 3, 2]);
  assert.equal(layOut(tree, "before").isSorted, false);
});

holdsForRandomTrees("every node lies within its caller, and siblings do not overlap", ({ tree }) => {
  checkTree(tree);
  for (const side of /** @type {const} */ (["after", "before", "both"])) {
    const { start, width } = layOut(tree, side);
    for (let node = 1; node < start.length; node++) {
      const above = tree.parent[node];
      assert.ok(start[node] >= start[above] && start[node] + width[node] <= start[above] + width[above]);
      if (tree.parent[node - 1] === above) assert.ok(start[node] >= start[node - 1] + width[node - 1]);
    }
  }
});

holdsForRandomTrees("own costs add up to the whole", ({ tree }) => {
  assert.equal(sum(ownOf(tree, tree.after)), tree.after[0]);
  if (tree.before) assert.equal(sum(ownOf(tree, tree.before)), tree.before[0]);
});

// ---- what is seen --------------------------------------------------------------------------------

holdsForRandomTrees("with room for all, every node that has a width is seen once, callers first", ({ tree }) => {
  const layout = layOut(tree, "after");
  const { nodes } = seenOf(layout, { least: 1e-9 });
  const wide = [...layout.width.keys()].filter((node) => node === 0 || layout.width[node] > 0);
  assert.deepEqual(nodes, wide);
});

holdsForRandomTrees("what is seen is within the view, and is all that is", ({ tree }, seed) => {
  const random = randomNumbers(seed);
  const layout = layOut(tree, "after");
  const { start, width, depth } = layout;
  const from = random() * width[0] * 0.8;
  const view = { start: from, end: from + random() * width[0] * 0.3 + 1e-6, least: 1, firstRow: 1, lastRow: 4 };
  const wanted = [...width.keys()].filter((node) => depth[node] >= 1 && depth[node] <= 4 && width[node] >= 1
    && start[node] < view.end && start[node] + width[node] > view.start);
  assert.deepEqual(seenOf(layout, view).nodes, wanted);
});

holdsForRandomTrees("nodes and dust together cover each row as far as the tree reaches there", ({ tree }, seed) => {
  const layout = layOut(tree, "after");
  const least = 1 + (seed % 7);
  const { nodes, dust } = seenOf(layout, { least });
  assert.ok(nodes.every((node) => node === 0 || layout.width[node] >= least));
  for (const caller of nodes) {
    const { first, count, start, width } = layout;
    for (let child = first[caller]; child < first[caller] + count[caller]; child++) {
      const isInDust = dust.some(([row, from, to]) => row === layout.depth[child] && from <= start[child] && to >= start[child] + width[child]);
      assert.ok(width[child] === 0 || nodes.includes(child) || isInDust, `node ${child} is neither seen nor dust`);
    }
  }
});

test("runs of narrow nodes become one piece of dust each", () => {
  const { tree } = treeOf({ "a;x": 50, "a;y": 1, "a;z": 1, "b;x": 40, "b;y": 1, "b;z": 1 });
  const { nodes, dust } = seenOf(layOut(tree, "after"), { least: 5 });
  assert.equal(nodes.length, 5);
  assert.deepEqual(dust, [[2, 50, 52], [2, 92, 94]]);
});

test("narrow nodes on both sides of a wide one are two pieces of dust", () => {
  const { tree } = treeOf({ "main;a": [9, 0.5], "main;b": [8, 9], "main;c": [4, 0.5] });
  const layout = layOut(tree, "after");
  assert.equal(layout.isSorted, false);
  assert.deepEqual(seenOf(layout, { least: 1 }), { nodes: [0, 1, 3], dust: [[2, 0, 0.5], [2, 9.5, 10]] });
});

test("what is drawn costs what is seen, not what there is", () => {
  const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`main;f${i}`, 1 + (i === 0 ? 5000 : 0)]));
  let asked = 0;
  const layout = layOut(treeOf(wide).tree, "after");
  const counted = new Proxy(layout.width, {
    get(width, key) {
      if (typeof key === "string" && /^\d+$/.test(key)) asked++;
      return Reflect.get(width, key, width);
    },
  });
  const { nodes } = seenOf({ ...layout, width: counted }, { end: layout.width[0], least: 2 });
  assert.deepEqual(nodes, [0, 1, 2]);
  assert.ok(asked < 100, `${asked} widths were read`);
});

holdsForRandomTrees("the node at a place is the one that is drawn there", ({ tree }, seed) => {
  const random = randomNumbers(seed);
  const layout = layOut(tree, "after");
  for (let i = 0; i < 40; i++) {
    const row = Math.floor(random() * (layout.nRows + 1));
    const place = random() * layout.width[0];
    const there = [...layout.width.keys()].filter((node) => layout.depth[node] === row
      && layout.start[node] <= place && place < layout.start[node] + layout.width[node]);
    assert.equal(nodeAt(layout, row, place), there[0] ?? -1);
  }
  assert.deepEqual([nodeAt(layout, 0, -1), nodeAt(layout, 0, layout.width[0])], [-1, -1]);
});

test("a path goes from below the root to the node", () => {
  const named = treeOf(SMALL);
  assert.deepEqual(pathOf(named.tree, 4).map((node) => named.names[named.tree.fn[node]]), ["main", "parse", "read"]);
  assert.deepEqual(pathOf(named.tree, 0), []);
});

// ---- trees made of trees ---------------------------------------------------------------------------

test("a call of a function that is on the stack already is folded into the one there", () => {
  const named = treeOf(RECURSIVE);
  const merged = { names: named.names, tree: mergeRecursion(named.tree, named.names.length) };
  assert.deepEqual(toFolded(merged.tree, (fn) => named.names[fn]).trim().split("\n").sort(),
    ["main;walk 3", "main;walk;read 4"]);
});

holdsForRandomTrees("merging recursion keeps totals, leaves none, and is the same done twice", (named) => {
  const { tree, names } = named;
  const merged = mergeRecursion(tree, names.length);
  checkDerived(merged);
  assert.deepEqual([merged.after[0], merged.before?.[0]], [tree.after[0], tree.before?.[0]]);
  for (let node = 1; node < merged.parent.length; node++) {
    const path = stackOf({ tree: merged, names }, node).split(";");
    assert.equal(new Set(path).size, path.length, path.join(";"));
  }
  const again = mergeRecursion(merged, names.length);
  assert.deepEqual(again.after, merged.after);
  assert.equal(toFolded(again, (fn) => names[fn]), toFolded(merged, (fn) => names[fn]));
});

holdsForRandomTrees("merging recursion keeps what each function costs itself", ({ tree, names }) => {
  /** @param {Tree} one */
  const costs = (one) => {
    const own = ownOf(one, one.after);
    return names.map((_, fn) => sum(own.filter((__, node) => node > 0 && one.fn[node] === fn)));
  };
  assert.deepEqual(costs(mergeRecursion(tree, names.length)), costs(tree));
});

test("callees of a function are over all the places it is called from", () => {
  const named = treeOf({ "a;f;g": 2, "b;f;g": 3, "b;f;h": 1, "b;g": 9 });
  const tree = calleesOf(named.tree, functionOf(named)("f"), named.names.length);
  assert.deepEqual([...tree.after], [6, 5, 1]);
  assert.deepEqual([...tree.fn].map((fn) => named.names[fn]), ["f", "g", "h"]);
});

test("callers of a function stand the nearest first", () => {
  const named = treeOf({ "main;a;f;g": 2, "main;b;f": 3, "main;b": 9 });
  const tree = callersOf(named.tree, functionOf(named)("f"), named.names.length);
  assert.deepEqual(toFolded(tree, (fn) => named.names[fn]).trim().split("\n").sort(), ["a;main 2", "b;main 3"]);
  assert.equal(tree.after[0], 5);
});

holdsForRandomTrees("callers and callees of a function cost what it costs, recursion counted once", ({ tree, names }) => {
  names.forEach((_, fn) => {
    const { cost } = findNodes(tree, (one) => one === fn, tree.after);
    for (const derived of [calleesOf(tree, fn, names.length), callersOf(tree, fn, names.length)]) {
      checkDerived(derived);
      assert.equal(derived.after[0], cost);
      if (tree.before) assert.equal(derived.before?.[0], findNodes(tree, (one) => one === fn, tree.before).cost);
    }
  });
});

test("a function that nothing calls has no callers and no cost", () => {
  const named = treeOf(SMALL);
  const nFunctions = named.names.length + 1;
  for (const derive of [calleesOf, callersOf]) assert.deepEqual([...derive(named.tree, nFunctions - 1, nFunctions).after], [0]);
});

// ---- which nodes of the first tree a node stands for --------------------------------------------------

test("in the first tree a node stands for itself", () => {
  assert.deepEqual(originsOf(treeOf(SMALL).tree, 3), [3]);
});

test("a node of merged recursion stands for every call that was folded into it", () => {
  const named = treeOf(RECURSIVE);
  const merged = mergeRecursion(named.tree, named.names.length);
  assert.deepEqual(stacksOf(named, originsOf(merged, 2)), ["main;walk", "main;walk;log;walk", "main;walk;walk"]);
});

test("a caller stands for the calls of the function that come by way of it", () => {
  const named = treeOf({ "main;a;f;g": 2, "main;b;f": 3, "other;b;f": 1 });
  const tree = callersOf(named.tree, functionOf(named)("f"), named.names.length);
  const b = [...tree.fn].findIndex((fn, node) => node > 0 && named.names[fn] === "b");
  assert.deepEqual(stacksOf(named, originsOf(tree, b)), ["main;b;f", "other;b;f"]);
  assert.deepEqual(stacksOf(named, originsOf(tree, 0)), ["main;a;f", "main;b;f", "other;b;f"]);
});

holdsForRandomTrees("what a node of callees stands for costs what it costs", ({ tree, names }) => {
  for (let fn = 0; fn < names.length; fn++) {
    const derived = calleesOf(tree, fn, names.length);
    const own = ownOf(tree, tree.after);
    for (let node = 1; node < derived.parent.length; node++) {
      const origins = originsOf(derived, node);
      assert.ok(origins.length);
      assert.ok(origins.every((first) => tree.fn[first] === derived.fn[node]));
      assert.equal(sum(origins.map((first) => tree.after[first])), derived.after[node]);
    }
    assert.ok(sum(own) >= derived.after[0]);
  }
});

// ---- search and folded stacks ------------------------------------------------------------------------

test("what matches is counted, and costs what it costs with recursion counted once", () => {
  const named = treeOf(RECURSIVE);
  const { isMatch, n, cost } = findNodes(named.tree, (fn) => named.names[fn] === "walk", named.tree.after);
  assert.deepEqual([n, cost, sum(isMatch)], [3, 7, 3]);
  assert.deepEqual(findNodes(named.tree, () => false, named.tree.after).n, 0);
});

test("folded stacks are what the tree was made of", () => {
  for (const stacks of [SMALL, RECURSIVE]) {
    const { tree, names } = treeOf(stacks);
    const lines = toFolded(tree, (fn) => names[fn]).trim().split("\n");
    assert.deepEqual(Object.fromEntries(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))])), stacks);
  }
});

test("folded stacks of two sides have both values, and names keep to their place", () => {
  const { tree, names } = treeOf({ "main;a b": [1, 0], "main;c": [0.5, 2] });
  assert.equal(toFolded(tree, (fn) => `${names[fn]};x\n`), "main:x ;c:x  0.5 2\nmain:x ;a b:x  1 0\n");
});

holdsForRandomTrees("folded stacks add up to the whole", ({ tree, names }) => {
  const lines = toFolded(tree, (fn) => names[fn]).trim().split("\n").filter(Boolean);
  assert.equal(sum(lines.map((line) => Number(line.split(" ").at(-1)))), tree.after[0]);
});

test("a tower that is too thin to be seen asks for no rows, until it is zoomed into", () => {
  const { tree } = treeOf({ "main;wide": 990, "main;thin;a;b;c;d": 10 });
  const layout = layOut(tree, "after");
  assert.equal(deepestRow(layout, 0, 1000, 0), 6);
  assert.equal(deepestRow(layout, 0, 1000, 20), 2);
  const thin = [...layout.width].findIndex((width, node) => width === 10 && layout.depth[node] === 6);
  const [start, end] = [layout.start[thin], layout.start[thin] + 10];
  assert.equal(deepestRow(layout, start, end, 1), 6);
  assert.equal(deepestRow(layout, 0, layout.start[thin], 1), 2);
  assert.equal(deepestRow(layout, 0, 1000, Infinity), 0);
});
