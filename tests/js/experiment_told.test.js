import assert from "node:assert/strict";
import { test } from "node:test";

import { Experiment } from "../../workbench/views/js/experiment/told.js";
import { fittingState } from "../../workbench/views/js/experiment/view.js";
import { chosenFacts, movedText, shownMeasures } from "../../workbench/views/js/experiment/variants.js";

/** @param {string} dtype @param {ArrayBufferView} values */
const column = (dtype, values) => ({ dtype, data: new Uint8Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength)) });
/** @param {...number} values */
const floats = (...values) => column("float32", Float32Array.from(values));
/** @param {...number} values */
const whole = (...values) => column("uint16", Uint16Array.from(values));
/** @param {...string} texts */
const names = (...texts) => ({ dtype: "json", data: new TextEncoder().encode(JSON.stringify(texts)) });

const share = { unit: "share", is_rate: true, lower_is_better: false, is_median: false, limit: null };
const variant = { is_floor: false, n_cases: 2, n_answers: 2, n_failed: 0, verdicts: {} };
const none = { case: whole(), before: floats(), after: floats(), n_before: whole(), n_after: whole(), answer_before: whole(), answer_after: whole(), parted: whole(), is_solved: column("uint8", Uint8Array.of()) };
const moved = {
  case: whole(1, 0), before: floats(0, 1), after: floats(1, 0), n_before: whole(1, 1), n_after: whole(3, 1), answer_before: whole(0, 1), answer_after: whole(1, 0), parted: whole(2, 0),
  is_solved: column("uint8", Uint8Array.of(1, 0)),
};
const curve = { coverage: floats(0.5, 1), risk: floats(0, 0.5), area: 0.25, n_answers: 2 };
const TOLD = {
  name: "test", worth: 0.1,
  variants: [{ ...variant, name: "old" }, { ...variant, name: "new" }],
  measures: [{ ...share, name: "correct", label: "right" }, { ...share, name: "category", label: "cause named" }],
  n_epochs: 3, has_verdicts: false,
  summary: floats(0.5, 0.25, 0.75, 2, 1, 0.5, 1, 2, 0, 0, 0, 0, 0.75, 0.5, 1, 1),
  strata: [{ name: "kind", levels: ["commit", "flag"], cells: floats(...[1, 2, 3, 4].flatMap((at) => [at / 10, 0, 1, at]), ...[5, 6, 0, 0].flatMap((n) => [n / 10, 0, 1, n])) }],
  curves: [curve, { ...curve, coverage: floats(), risk: floats(), area: null, n_answers: 0 }],
  cases: names("a", "b"), about: names("commit", "flag"),
  answers: {
    confidence: floats(0.5, NaN), epoch: whole(0, 2), n_steps: whole(2, 9), ends: column("uint32", Uint32Array.of(2, 3)), titles: names("look", "end"), title: whole(0, 1, 0),
    said: whole(0, 0), said_texts: names("B-7"), is_told: column("uint8", Uint8Array.of(1, 0)), failure: whole(0, 1), failure_texts: names("", "no reply"), skill: whole(0, 0), skill_texts: names("deep"),
  },
  pairs: { correct: [none, moved], category: [none, none] },
};
const experiment = new Experiment(TOLD);

test("a cell is that of its measure and its variant", () => {
  assert.deepEqual(experiment.cell(0, 1), { value: 1, low: 0.5, high: 1, n: 2 });
  assert.deepEqual(experiment.cell(1, 1), { value: 0.75, low: 0.5, high: 1, n: 1 });
});

test("levels are those of which something is known, each with both sides", () => {
  const told = experiment.levels("kind", 0, 1);
  assert.deepEqual(told.map(({ name, nBefore, nAfter }) => [name, nBefore, nAfter]), [["commit", 1, 2], ["flag", 5, 6]]);
  assert.deepEqual(experiment.levels("kind", 1, 1).map(({ name }) => name), ["commit"]);
  assert.deepEqual(experiment.levels("size", 0, 1), []);
});

test("a pair has its case, its values and both answers", () => {
  const [first, second] = experiment.pairs("correct", 1);
  assert.deepEqual([first.id, first.about, first.before, first.after, first.nAfter, first.isSolved, first.parted], ["b", "flag", 0, 1, 3, true, 2]);
  assert.deepEqual(first.answerBefore, { said: "B-7", failure: "", skill: "deep", confidence: 0.5, epoch: 0, nSteps: 2, steps: ["look", "end"] });
  assert.deepEqual([first.answerAfter.said, first.answerAfter.failure, first.answerAfter.nSteps, first.answerAfter.steps], [null, "no reply", 9, ["look"]]);
  assert.deepEqual([second.id, second.isSolved], ["a", false]);
  assert.deepEqual(experiment.pairs("correct", 0), []);
});

test("what was solved and lost is counted, and what is looked at has a column", () => {
  assert.equal(movedText(experiment, 0, 1), "1 solved, 1 lost");
  assert.deepEqual(shownMeasures(experiment, "correct"), [0]);
  assert.deepEqual(shownMeasures(experiment, "category"), [0, 1]);
});

test("all that is known of the chosen one is told", () => {
  assert.equal(chosenFacts(experiment, { chosen: "new" }), "right 100.0 % · cause named 75.0 %");
  assert.equal(chosenFacts(experiment, { chosen: "old" }), "right 50.0 %");
});

test("of what was looked at that is kept which a half has too", () => {
  const kept = { chosen: "new", measure: "correct", stratum: "kind", case: "b", selected: ["b"] };
  assert.deepEqual(fittingState(experiment, kept), kept);
  assert.deepEqual(fittingState(experiment, { chosen: "gone", measure: "file", stratum: "size", case: "z", selected: ["z", "a"] }),
    { chosen: "new", measure: "correct", stratum: "kind", case: "", selected: ["a"] });
});
