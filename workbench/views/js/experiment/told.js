// What an experiment is told as: tables that are looked up, none of them computed here.

import { numbers, texts } from "../columns.js";

/**
 * @typedef {import("../columns.js").Column} Column
 *
 * @typedef {object} Measure
 * @property {string} name
 * @property {string} label
 * @property {string} unit
 * @property {boolean} is_rate
 * @property {boolean} lower_is_better
 * @property {boolean} is_median
 * @property {number | null} limit what counts as never, where that may be; two are then compared by which has less, as a part of the cases
 *
 * @typedef {object} Verdict against the baseline; null where a number is not known
 * @property {string} verdict "better", "worse" or "inconclusive"
 * @property {number | null} difference
 * @property {number | null} low of its 95 % interval
 * @property {number | null} high
 * @property {number | null} p_value
 * @property {number | null} detectable
 * @property {number | null} needed cases that would decide a difference of `worth`
 *
 * @typedef {{name: string, is_floor: boolean, n_cases: number, n_answers: number, n_failed: number, verdicts: Record<string, Verdict>}} Variant
 * @typedef {{coverage: Column, risk: Column, area: number | null, n_answers: number}} ToldCurve
 * @typedef {Record<"case" | "before" | "after" | "n_before" | "n_after" | "answer_before" | "answer_after" | "parted" | "is_solved", Column>} ToldPairs
 *
 * @typedef {object} Told of one half of the bank
 * @property {string} name of the half; empty where cases are of none
 * @property {number} worth a difference of rates that is worth knowing of
 * @property {Variant[]} variants the baseline first
 * @property {Measure[]} measures
 * @property {number} n_epochs at most, of a case
 * @property {boolean} has_verdicts
 * @property {Column} summary of each measure and variant: value, low, high, number of cases
 * @property {{name: string, levels: string[], cells: Column}[]} strata
 * @property {ToldCurve[]} curves
 * @property {Column} cases
 * @property {Column} about
 * @property {Record<string, Column>} answers
 * @property {Record<string, ToldPairs[]>} pairs
 *
 * @typedef {{value: number, low: number, high: number, n: number}} Cell
 * @typedef {{said: string | null, failure: string, skill: string, confidence: number, epoch: number, nSteps: number, steps: string[]}} Answer
 *
 * @typedef {object} Pair a case in which the chosen variant and the baseline differ
 * @property {string} id
 * @property {string} about
 * @property {number} before
 * @property {number} after
 * @property {number} nBefore epochs
 * @property {number} nAfter
 * @property {boolean} isSolved
 * @property {number} parted number of the step at which the two part, from 1; 0 where none does
 * @property {Answer} answerBefore
 * @property {Answer} answerAfter
 *
 * @typedef {{name: string, nBefore: number, nAfter: number, before: Cell, after: Cell}} Level
 */

const WIDTH = 4; // numbers of a cell

/** @param {ArrayLike<number>} values @param {number} place @returns {Cell} */
function cellAt(values, place) {
  const [value, low, high, n] = Array.from({ length: WIDTH }, (_, at) => values[place * WIDTH + at]);
  return { value, low, high, n };
}

/** An experiment on one half of the bank, to be looked up. */
export class Experiment {
  /** @param {Told} told */
  constructor(told) {
    this.told = told;
    this.variants = told.variants;
    this.measures = told.measures;
    this.baseline = told.variants[0].name;
    this.summary = numbers(told.summary);
    this.cases = texts(told.cases);
    this.about = texts(told.about);
    this.strata = told.strata.map(({ name }) => name);
    this.curves = told.curves.map(({ coverage, risk, area, n_answers }) => ({ coverage: numbers(coverage), risk: numbers(risk), area, nAnswers: n_answers }));
    const { answers } = told;
    this.answers = {
      confidence: numbers(answers.confidence), epoch: numbers(answers.epoch), nSteps: numbers(answers.n_steps), ends: numbers(answers.ends),
      titles: texts(answers.titles), title: numbers(answers.title), said: numbers(answers.said), isTold: numbers(answers.is_told), failure: numbers(answers.failure), skill: numbers(answers.skill),
      saidTexts: texts(answers.said_texts), failureTexts: texts(answers.failure_texts), skillTexts: texts(answers.skill_texts),
    };
  }

  /** @param {string} name @returns {number} */
  variantAt(name) {
    return Math.max(this.variants.findIndex((one) => one.name === name), 0);
  }

  /** @param {string} name @returns {number} */
  measureAt(name) {
    return Math.max(this.measures.findIndex((one) => one.name === name), 0);
  }

  /** @param {number} measure @param {number} variant @returns {Cell} of all cases */
  cell(measure, variant) {
    return cellAt(this.summary, measure * this.variants.length + variant);
  }

  /** @param {string} stratum @param {number} measure @param {number} variant @returns {Level[]} of which anything is known */
  levels(stratum, measure, variant) {
    const found = this.told.strata.find(({ name }) => name === stratum);
    if (!found) return [];
    const values = numbers(found.cells);
    const at = /** @param {number} level @param {number} own */ (level, own) => cellAt(values, (level * this.measures.length + measure) * this.variants.length + own);
    const all = found.levels.map((name, level) => ({ name, before: at(level, 0), after: at(level, variant) }));
    return all.map((one) => ({ ...one, nBefore: one.before.n, nAfter: one.after.n })).filter(({ nBefore, nAfter }) => nBefore || nAfter);
  }

  /** @param {number} place @returns {Answer} */
  answer(place) {
    const { confidence, epoch, nSteps, ends, titles, title, said, isTold, failure, skill, saidTexts, failureTexts, skillTexts } = this.answers;
    const codes = Array.from(title.subarray(place ? ends[place - 1] : 0, ends[place]));
    return {
      said: isTold[place] ? saidTexts[said[place]] : null, failure: failureTexts[failure[place]], skill: skillTexts[skill[place]], confidence: confidence[place], epoch: epoch[place],
      nSteps: nSteps[place], steps: codes.map((code) => titles[code]),
    };
  }

  /** @param {string} measure @param {number} variant @returns {{nSolved: number, nLost: number}} cases that differ */
  moved(measure, variant) {
    const told = this.told.pairs[measure]?.[variant];
    const solved = told ? Array.from(numbers(told.is_solved)) : [];
    const nSolved = solved.filter(Boolean).length;
    return { nSolved, nLost: solved.length - nSolved };
  }

  /** @param {string} measure @param {number} variant @returns {Pair[]} those that differ most first */
  pairs(measure, variant) {
    const told = this.told.pairs[measure]?.[variant];
    if (!told) return [];
    const [cases, before, after, nBefore, nAfter, first, second, parted, solved] = [
      told.case, told.before, told.after, told.n_before, told.n_after, told.answer_before, told.answer_after, told.parted, told.is_solved].map(numbers);
    return Array.from(cases, (number, at) => ({
      id: this.cases[number], about: this.about[number], before: before[at], after: after[at], nBefore: nBefore[at], nAfter: nAfter[at],
      isSolved: Boolean(solved[at]), parted: parted[at], answerBefore: this.answer(first[at]), answerAfter: this.answer(second[at]),
    }));
  }
}
