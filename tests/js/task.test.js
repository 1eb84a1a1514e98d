import assert from "node:assert/strict";
import { test } from "node:test";

import { Answer, clock, isRunning, outcomeOf } from "../../workbench/views/js/task.js";

/** @param {string} state @param {object} [more] */
const task = (state, more = {}) => ({ title: "Reading", state, text: "", ratio: null, seconds: 75.4, ...more });

test("time is told in seconds, and from a minute on in minutes", () => {
  assert.deepEqual([0, 59.9, 60, 75.4, 3600, -1].map(clock), ["0 s", "59 s", "1:00 min", "1:15 min", "60:00 min", "0 s"]);
});

test("what was asked to end still runs", () => {
  assert.deepEqual(["running", "stopping", "done", "cancelled", "failed"].map((state) => isRunning(task(state))), [true, true, false, false, false]);
  assert.equal(isRunning({}), false);
  assert.equal(isRunning(null), false);
});

test("only what did not end well is spoken of", () => {
  assert.equal(outcomeOf(task("done")), "");
  assert.equal(outcomeOf(task("failed", { text: "no such file" })), "Reading failed: no such file");
  assert.equal(outcomeOf(task("cancelled")), "Reading was cancelled after 1:15 min.");
});

test("where nobody answers it is said so, once", async () => {
  /** @type {string[]} */ const told = [];
  const ending = new AbortController();
  const answer = new Answer((problem) => told.push(problem), ending.signal, 5);
  const pause = () => new Promise((resolve) => { setTimeout(resolve, 25); });
  answer.await();
  answer.came();
  await pause();
  assert.deepEqual(told, []);
  answer.await();
  answer.await();
  await pause();
  assert.equal(told.length, 1);
  assert.match(told[0], /Nothing answers/);
  answer.await();
  ending.abort();
  await pause();
  assert.equal(told.length, 1);
});
