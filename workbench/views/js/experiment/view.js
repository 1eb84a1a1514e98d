// An experiment: each half of the bank by itself, what was held out first.

import { chooser, keepKeys, make } from "../dom.js";
import { followTheme } from "../theme.js";
import { HalfView } from "./half.js";
import { Experiment } from "./told.js";

/**
 * @typedef {{half: string, chosen: string, measure: string, stratum: string, case: string, selected: string[]}} State
 * @typedef {{halves: import("./told.js").Told[]}} Told
 */

const HALVES = /** @type {Record<string, string>} */ ({ test: "test: held out", train: "train: skills were made with it" });

export class ExperimentView {
  /**
   * @param {HTMLElement} element
   * @param {Told} told
   * @param {State} state
   * @param {{height?: number, onChange?: (changes: Partial<State>) => void}} [options]
   */
  constructor(element, told, state, { height = 420, onChange = () => {} } = {}) {
    performance.mark("wb-experiment-begin");
    this.element = element;
    this.halves = told.halves;
    this.state = state;
    this.options = { height, onChange: (/** @type {Partial<State>} */ changes) => this.note(changes) };
    this.onChange = onChange;
    this.ending = new AbortController();
    const { signal } = this.ending;
    element.classList.add("wb", "wb-experiment");
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "Experiment");
    const half = chooser("Half of the bank", this.halves.map(({ name }) => /** @type {[string, string]} */ ([name, HALVES[name] ?? name])), state.half);
    half.select.addEventListener("change", () => this.lookAt(half.select.value), { signal });
    this.select = half.select;
    const bar = make("div", { class: "wb-bar" }, half.label);
    bar.hidden = this.halves.length === 1;
    this.half = new HalfView(this.halfOf(state.half), state, this.options);
    element.replaceChildren(bar, this.half.element);
    followTheme(element, () => {}, signal);
    keepKeys(element, signal);
    requestAnimationFrame(() => requestAnimationFrame(() => performance.measure("wb-experiment-first-frame", "wb-experiment-begin"))); // when one was painted
  }

  end() {
    this.ending.abort();
    this.half.end();
    this.element.replaceChildren();
  }

  /** @param {string} name @returns {Experiment} */
  halfOf(name) {
    return new Experiment(this.halves.find((half) => half.name === name) ?? this.halves[0]);
  }

  /** Tell what was changed within a half. @param {Partial<State>} changes */
  note(changes) {
    this.state = { ...this.state, ...changes };
    this.onChange(changes);
  }

  /** Look at another half, and keep what it has too. @param {string} name */
  lookAt(name) {
    const next = { ...this.state, ...fittingState(this.halfOf(name), this.state), half: name };
    this.take(next);
    this.onChange(next);
  }

  /** @param {State} state */
  take(state) {
    const isOther = state.half !== this.state.half;
    this.state = state;
    this.select.value = state.half;
    if (!isOther) {
      this.half.take(state);
      return;
    }
    this.half.end();
    this.half = new HalfView(this.halfOf(state.half), state, this.options);
    this.element.append(this.half.element);
  }
}

/**
 * What of a state a half has too, and else what is looked at first.
 * @param {Experiment} experiment
 * @param {Omit<State, "half">} state
 * @returns {Omit<State, "half">}
 */
export function fittingState(experiment, { chosen, measure, stratum, case: open, selected }) {
  const variants = experiment.variants.map(({ name }) => name);
  const measures = experiment.measures.map(({ name }) => name);
  const next = {
    chosen: variants.includes(chosen) ? chosen : variants[Math.min(1, variants.length - 1)],
    measure: measures.includes(measure) ? measure : measures[0],
    stratum: experiment.strata.includes(stratum) ? stratum : experiment.strata[0] ?? "",
    case: experiment.cases.includes(open) ? open : "",
  };
  const ids = new Set(experiment.pairs(next.measure, experiment.variantAt(next.chosen)).map(({ id }) => id));
  return { ...next, selected: selected.filter((id) => ids.has(id)) };
}
