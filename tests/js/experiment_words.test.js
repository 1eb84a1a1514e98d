import assert from "node:assert/strict";
import { test } from "node:test";

import {
  areaText, boundsText, breakable, chosenPairs, differenceText, epochsText, measureText, outcomeText, pText, partedText, rateText, saidText, shortId, sortLevels,
  sureText, traceRows, valueText, verdictWords,
} from "../../workbench/views/js/experiment/words.js";

const RATE = { name: "correct", label: "right", unit: "share", is_rate: true, lower_is_better: false, is_median: false, limit: null };
const TIME = { name: "seconds", label: "seconds", unit: "seconds", is_rate: false, lower_is_better: true, is_median: true, limit: null };
const DIAGNOSED = { ...TIME, name: "time_to_diagnosis", label: "time to diagnosis", limit: 36_000 };
const HASH = "562f6e6896a7d5e92123d730dfb555f158b80411";
/** @param {Partial<import("../../workbench/views/js/experiment/told.js").Answer>} [more] */
const answer = (more = {}) => ({ said: /** @type {string | null} */ (""), failure: "", skill: "", confidence: 0.5, epoch: 0, nSteps: 1, steps: ["look"], ...more });
/** @param {string} id @param {Partial<import("../../workbench/views/js/experiment/told.js").Pair>} [more] */
const pair = (id, more = {}) => ({
  id, about: "", before: 0, after: 1, nBefore: 1, nAfter: 1, isSolved: true, parted: 0, answerBefore: answer(), answerAfter: answer(), ...more,
});
const VERDICT = { verdict: "better", difference: 0.052, low: 0.011, high: 0.093, p_value: 0.012, detectable: 0.04, needed: 61 };

/** @type {[() => string, string][]} */
const TOLD = [
  [() => rateText(0.8), "80.0 %"],
  [() => rateText(-0.00001), "0.0 %"],
  [() => rateText(NaN), "–"],
  [() => boundsText(0.74, 0.9551), "74.0 to 95.5 %"],
  [() => boundsText(NaN, 1), ""],
  [() => areaText(0.11), "0.110"],
  [() => areaText(null), "–"],
  [() => valueText(0.0125, TIME), "12.5 ms"],
  [() => valueText(1, RATE), "100.0 %"],
  [() => valueText(0.3, DIAGNOSED), "300 ms"],
  [() => valueText(36_000, DIAGNOSED), "never"],
  [() => differenceText(0.25, RATE), "+25.0 pp"],
  [() => differenceText(-0.17, RATE), "−17.0 pp"],
  [() => differenceText(0.0001, RATE), "0.0 pp"],
  [() => differenceText(0.02, TIME), "+20 ms"],
  [() => differenceText(NaN, RATE), "–"],
  [() => measureText(TIME), "median seconds"],
  [() => measureText(RATE), "right"],
  [() => epochsText(2 / 3, 3, RATE), "2 of 3"],
  [() => epochsText(Math.fround(2 / 3), 3, RATE), "2 of 3"],
  [() => epochsText(1, 1, RATE), "yes"],
  [() => epochsText(0, 1, RATE), "no"],
  [() => epochsText(0.4, 3, RATE), "40.0 %"],
  [() => epochsText(0.5, 3, TIME), "500 ms"],
  [() => pText(0.0004), "p < 0.001"],
  [() => pText(0.034), "p 0.034"],
  [() => pText(null), ""],
  [() => shortId(HASH), "562f6e6896"],
  [() => shortId("exp/feed_rank_v2"), "exp/feed_rank_v2"],
  [() => saidText(answer({ said: HASH })), "562f6e6896"],
  [() => saidText(answer()), "nobody"],
  [() => saidText(answer({ said: null })), "not told"],
  [() => saidText(answer({ said: "a", failure: "no reply" })), "failed: no reply"],
  [() => sureText(answer()), "50 % sure"],
  [() => sureText(answer({ confidence: NaN })), ""],
  [() => sureText(answer({ failure: "no reply" })), ""],
  [() => outcomeText(true, RATE), "solved"],
  [() => outcomeText(false, RATE), "lost"],
  [() => outcomeText(false, TIME), "worse"],
  [() => partedText(pair("a", { parted: 3 })), "step 3"],
  [() => partedText(pair("a")), "never"],
  [() => partedText(pair("a", { answerAfter: answer({ steps: [] }) })), "no steps kept"],
];

for (const [told, wanted] of TOLD) test(`${String(told).slice(6)} is ${wanted}`, () => assert.equal(told(), wanted));

test("a verdict is told with its interval and its p, in words and with a mark", () => {
  const told = verdictWords(VERDICT, RATE, 0.1);
  assert.deepEqual(told, { mark: "▲", look: "wb-good", word: "better", facts: "+5.2 pp (+1.1 to +9.3 pp), p 0.012", power: "" });
  assert.equal(verdictWords({ ...VERDICT, verdict: "worse" }, RATE, 0.1).mark, "▼");
});

test("an inconclusive one says what would have been seen, and how many cases would decide", () => {
  /** @param {object} more */
  const power = (more) => verdictWords({ ...VERDICT, verdict: "inconclusive", detectable: 0.063, ...more }, RATE, 0.1).power;
  assert.equal(power({}), "would be seen: 6.3 pp; 61 cases would decide 10 pp");
  assert.equal(power({ needed: null }), "would be seen: 6.3 pp");
  assert.equal(power({ detectable: null, needed: 1200 }), "1,200 cases would decide 10 pp");
  assert.equal(power({ detectable: null, needed: null }), "");
});

test("what is told by its median was compared by its mean, and that is said", () => {
  assert.equal(verdictWords({ ...VERDICT, difference: -0.0471, low: null, high: null }, TIME, 0.1).facts, "−47.1 ms in the mean, p 0.012");
  assert.equal(verdictWords({ ...VERDICT, difference: null, p_value: null }, RATE, 0.1).facts, "");
});

test("of what may be never it is told how much more often one was sooner", () => {
  const told = verdictWords({ ...VERDICT, verdict: "inconclusive", difference: 0.12, low: -0.01, high: 0.25 }, DIAGNOSED, 0.05);
  assert.equal(told.facts, "+12.0 pp sooner (−1.0 to +25.0 pp), p 0.012");
  assert.equal(told.power, "would be seen: 4.0 pp; 61 cases would decide 5 pp");
});

test("a name may break after what parts its words, and loses nothing", () => {
  assert.deepEqual(breakable("feed/A01-hidden_x"), ["feed/", "A01-", "hidden_", "x"]);
  assert.equal(breakable("a--b::c").join(""), "a--b::c");
});

test("cases are found by outcome and by every word of id, stratum, who was named and skill", () => {
  const pairs = [
    pair("feed/A01", { about: "n_plus_one · commit", answerAfter: answer({ said: HASH, skill: "deep-copies" }) }),
    pair("feed/A02", { isSolved: false, answerBefore: answer({ failure: "no reply" }) }),
  ];
  const ids = /** @param {string} text @param {string} outcome */ (text, outcome = "all") => chosenPairs(pairs, { text, outcome }).map(({ id }) => id);
  assert.deepEqual(ids(""), ["feed/A01", "feed/A02"]);
  assert.deepEqual(ids("", "solved"), ["feed/A01"]);
  assert.deepEqual(ids("", "lost"), ["feed/A02"]);
  assert.deepEqual(ids("FEED n_plus"), ["feed/A01"]);
  assert.deepEqual(ids(HASH), ["feed/A01"]);
  assert.deepEqual(ids("deep-copies"), ["feed/A01"]);
  assert.deepEqual(ids("no reply"), ["feed/A02"]);
  assert.deepEqual(ids("nobody", "lost"), ["feed/A02"]);
  assert.deepEqual(ids("feed mail"), []);
});

test("levels are ordered by what was lost, either way a measure is better; ties stay, what is not known is last", () => {
  const level = /** @param {string} name @param {number} before @param {number} after @param {number} n */ (name, before, after, n) => ({
    name, nBefore: n, nAfter: n, before: { value: before, low: 0, high: 1, n }, after: { value: after, low: 0, high: 1, n },
  });
  const levels = [level("a", 1, 1, 2), level("b", 1, 0.5, 9), level("c", 0.5, 1, 4), level("d", NaN, 1, 1), level("e", 0, 0, 2)];
  const names = /** @param {string} order @param {boolean} [lower] */ (order, lower = false) => sortLevels(levels, order, lower).map(({ name }) => name).join("");
  assert.equal(names("name"), "abcde");
  assert.equal(names("cases"), "bcaed");
  assert.equal(names("difference"), "baecd");
  assert.equal(names("difference", true), "caebd");
});

test("two ways are side by side to the end of the longer, alike up to where they part", () => {
  const rows = traceRows(["look", "call", "end"], ["look", "ask"], 2);
  assert.deepEqual(rows.map(({ number, before, after }) => [number, before, after]), [[1, "look", "look"], [2, "call", "ask"], [3, "end", ""]]);
  assert.deepEqual(rows.map(({ isAlike }) => isAlike), [true, false, false]);
  assert.deepEqual(rows.map(({ isParting }) => isParting), [false, true, false]);
  assert.ok(traceRows(["look"], ["look"], 0)[0].isAlike);
});
