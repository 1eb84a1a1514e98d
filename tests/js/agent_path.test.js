import assert from "node:assert/strict";
import { test } from "node:test";

import { countVisits, currentNode, layOutGraph } from "../../workbench/views/js/agent/path.js";

const NODES = ["triage", "model", "tool", "hypothesis", "ground", "review"];
/** @type {import("../../workbench/views/js/agent/path.js").Edge[]} */
const EDGES = [["triage", "model"], ["model", "tool"], ["tool", "model"], ["model", "hypothesis"], ["hypothesis", "ground"], ["ground", "review"]];
/** @param {string} node @param {number} started_s @param {string} [call_id] */
const step = (node, started_s, call_id = "") => ({ node, started_s, call_id, title: "", detail: "", seconds: 1 });

test("two calls of one answer are one visit, and two replies are two", () => {
  const steps = [step("model", 0), step("model", 0), step("tool", 1, "a-1"), step("tool", 1, "a-2"), step("model", 2)];
  assert.deepEqual(Object.fromEntries(countVisits(steps, EDGES)), { model: 2, tool: 2 });
});

test("a node that leaves no step is counted where it was passed", () => {
  const counts = countVisits([step("model", 0), step("ground", 1), step("review", 2)], EDGES);
  assert.deepEqual(Object.fromEntries(counts), { model: 1, hypothesis: 1, ground: 1, review: 1 });
});

test("it is where it waits, or where it last was", () => {
  const steps = [step("triage", 0), step("model", 1)];
  assert.equal(currentNode(steps, { waits: true, isRunning: false }, NODES), "review");
  assert.equal(currentNode(steps, { waits: false, isRunning: true }, NODES), "model");
  assert.equal(currentNode([], { waits: false, isRunning: true }, NODES), "triage");
  assert.equal(currentNode(steps, { waits: false, isRunning: false }, NODES), "");
});

for (const width of [320, 400, 700, 1600]) {
  test(`no box leaves the picture or lies on another at ${width} pixels`, () => {
    const { boxes, width: wide, height, arrows, isColumn } = layOutGraph(NODES, EDGES, width);
    assert.equal(isColumn, width < 430);
    for (const [at, box] of boxes.entries()) {
      assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.x + box.width <= wide && box.y + box.height <= height);
      const next = boxes[at + 1];
      if (next) assert.ok(isColumn ? next.y > box.y + box.height : next.x > box.x + box.width);
    }
    assert.equal(arrows.length, EDGES.length);
    assert.ok(arrows.every(({ path }) => !/NaN|undefined/.test(path)));
  });
}

test("edges of nodes that there are not are left out", () => {
  const { arrows, boxes } = layOutGraph(["a", "b"], [["a", "b"], ["a", "gone"]], 500);
  assert.deepEqual(arrows.map(({ from, to }) => [from, to]), [["a", "b"]]);
  assert.equal(boxes.length, 2);
  assert.deepEqual(layOutGraph([], [], 500).boxes, []);
});
