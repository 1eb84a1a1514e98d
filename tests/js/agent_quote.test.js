import assert from "node:assert/strict";
import { test } from "node:test";

import { citedParts, spread, tokensOf } from "../../workbench/views/js/agent/quote.js";

/** @param {string} claim @param {string} text */
const cited = (claim, text) => citedParts(claim, text).map(([start, end]) => text.slice(start, end));

test("a claim speaks of names, ids and numbers", () => {
  assert.deepEqual(tokensOf("pkg.mod:Cls.read went from 4.7014 to 1,522 since 2a9bfb3f796f, `x y` by 92%, 3 times"), [
    { text: "x y" }, { text: "pkg.mod:Cls.read" }, { text: "2a9bfb3f796f" },
    { value: 4.7014, digits: 4, isPercent: false }, { value: 1522, digits: 0, isPercent: false },
    { value: 92, digits: 0, isPercent: true },
  ]);
});

test("the part is where most of what the claim names stands together", () => {
  const far = `{"function": "m:f", "before": 9.5}${" ".repeat(500)}`;
  const text = `${far}{"function": "m:f", "before": 4.70141, "after": 522.66}`;
  assert.deepEqual(cited("m:f went from 4.7014 to 522.66", text), ["m:f", "4.70141", "522.66"]);
  assert.ok(citedParts("m:f went from 4.7014 to 522.66", text)[0][0] > far.length);
});

test("a percentage is found as the ratio that it was rounded from", () => {
  assert.deepEqual(cited("with a probability of 92%", "probability: 0.9229, growth: 514"), ["0.9229"]);
  assert.deepEqual(cited("with a probability of 92%", "probability: 0.9329"), []);
  assert.deepEqual(cited("held 92%", "held 92 % of it"), ["92 %"]);
});

test("what is not there is not found", () => {
  assert.deepEqual(cited("went to 17.5", "went to 18"), []);
  assert.deepEqual(cited("", "anything"), []);
  assert.deepEqual(cited("it is slow", "it is slow"), []);
});

test("numbers are whole ones", () => {
  assert.deepEqual(cited("109 changes", "1090 x109 109.5 109"), ["109"]);
});

test("parts do not lie on one another", () => {
  const parts = citedParts("`line_offset` in m:line_offset", "m:line_offset");
  assert.deepEqual(parts, [[0, 13]]);
});

test("JSON is spread over lines, also where it was cut short", () => {
  assert.equal(spread('{"a": [1, {}], "b": "x\\ny, {z}"}'), '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": "x\ny, {z}"\n}');
  assert.equal(spread('{"a": "cut \\'), '{\n  "a": "cut \\');
  assert.equal(spread("plain, text"), "plain, text");
});
