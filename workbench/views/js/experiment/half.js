// One half of an experiment: variants in a table; strata, risk and cases of the one that is chosen.

import { chooser, freshId, make } from "../dom.js";
import { counted } from "../format.js";
import { CasesPart } from "./cases.js";
import { CurvesPart } from "./curves.js";
import { drawKey, drawStrata, strataNote } from "./strata.js";
import { chosenFacts, drawVariants } from "./variants.js";
import { measureText } from "./words.js";

/**
 * @typedef {import("./told.js").Experiment} Experiment
 * @typedef {import("./view.js").State} State
 */

export class HalfView {
  /**
   * @param {Experiment} experiment
   * @param {State} state
   * @param {{height: number, onChange: (changes: Partial<State>) => void}} options
   */
  constructor(experiment, state, { height, onChange }) {
    this.element = make("div", { class: "wb-e-half" });
    this.experiment = experiment;
    this.state = state;
    this.onChange = onChange;
    this.ending = new AbortController();
    const { signal } = this.ending;
    const onVariant = /** @param {string} name */ (name) => this.change({ chosen: name });
    this.cases = new CasesPart(this.experiment, { height, onCase: (id) => this.change({ case: id }), onSelect: (ids) => this.change({ selected: ids }) }, signal);
    this.curves = new CurvesPart(this.experiment, { onVariant }, signal);
    this.variants = make("div", { class: "wb-e-scroll", tabindex: 0, role: "region", "aria-label": "Variants" });
    this.facts = make("p", { class: "wb-muted wb-e-facts" });
    this.strata = make("div", { class: "wb-e-scroll", tabindex: 0, role: "region", "aria-label": "Strata", style: `max-height:${height}px` });
    this.strataKey = make("div", {});
    this.strataNote = make("p", { class: "wb-muted" });
    this.order = "difference";
    this.element.append(this.bar(), this.variants, this.facts,
      make("div", { class: "wb-e-columns" },
        this.section("Strata", this.strataBar(), this.strataKey, this.strata, this.strataNote),
        this.section("Risk and coverage", this.curves.element)),
      this.section("Cases that differ", this.cases.element));
    this.draw();
  }

  end() {
    this.ending.abort();
    this.element.remove();
  }

  /** @param {string} title @param {...Node} parts */
  section(title, ...parts) {
    const id = freshId("part"); // no heading: a view does not know under which it stands
    return make("div", { class: "wb-e-section", role: "group", "aria-labelledby": id }, make("p", { class: "wb-e-title", id }, title), ...parts);
  }

  bar() {
    const { told, measures } = this.experiment;
    const chosen = chooser("Measure", measures.map((one) => /** @type {[string, string]} */ ([one.name, measureText(one)])), this.state.measure);
    chosen.select.addEventListener("change", () => this.change({ measure: chosen.select.value }), { signal: this.ending.signal });
    this.measure = chosen.select;
    const facts = [counted(this.experiment.variants.length, "variant"), `${counted(this.experiment.cases.length, "case")}${told.name ? ` of the ${told.name} half` : ""}`, told.n_epochs > 1 ? `up to ${told.n_epochs} epochs, averaged` : ""];
    return make("div", { class: "wb-bar" }, chosen.label, make("span", { class: "wb-muted" }, facts.filter(Boolean).join(", ")),
      told.has_verdicts || this.experiment.variants.length === 1 ? "" : make("span", { class: "wb-muted" }, "No comparisons were given: differences have no verdict."));
  }

  strataBar() {
    const { strata } = this.experiment;
    if (!strata.length) return make("div", {});
    const { signal } = this.ending;
    const by = chooser("By", strata.map((name) => /** @type {[string, string]} */ ([name, name])), this.state.stratum);
    by.select.addEventListener("change", () => this.change({ stratum: by.select.value }), { signal });
    this.stratum = by.select;
    const order = chooser("Order", [["difference", "largest loss first"], ["cases", "most cases first"], ["name", "name"]], this.order);
    order.select.addEventListener("change", () => { this.order = order.select.value; this.drawStrata(); }, { signal });
    return make("div", { class: "wb-bar" }, by.label, order.label);
  }

  /** What a click changes. @param {Partial<State>} changes */
  change(changes) {
    const names = /** @type {(keyof State)[]} */ (Object.keys(changes));
    if (names.every((name) => changes[name] === this.state[name])) return;
    const next = { ...this.state, ...changes };
    if (("chosen" in changes || "measure" in changes) && next.selected.length) {
      const ids = new Set(this.experiment.pairs(next.measure, this.experiment.variantAt(next.chosen)).map(({ id }) => id));
      next.selected = next.selected.filter((id) => ids.has(id));
      changes = { ...changes, selected: next.selected };
    }
    this.take(next);
    this.onChange(changes);
  }

  /** @param {State} state */
  take(state) {
    const before = this.state;
    this.state = state;
    if (before.chosen !== state.chosen || before.measure !== state.measure) this.draw();
    else if (before.stratum !== state.stratum) this.drawStrata();
    if (this.measure) this.measure.value = state.measure;
    if (this.stratum) this.stratum.value = state.stratum;
    this.cases.take(state);
  }

  draw() {
    this.keepingFocus(() => {
      this.variants.replaceChildren(drawVariants(this.experiment, this.state, {
        onVariant: (name) => this.change({ chosen: name }), onMeasure: (name) => this.change({ measure: name }),
      }));
      this.facts.replaceChildren(make("b", {}, this.state.chosen), ` ${chosenFacts(this.experiment, this.state)}`);
      this.drawStrata();
      this.cases.take(this.state);
      this.curves.take(this.state);
    });
  }

  drawStrata() {
    this.strataKey.hidden = !this.experiment.strata.length;
    this.strataKey.replaceChildren(drawKey(this.experiment, this.state));
    this.strata.replaceChildren(drawStrata(this.experiment, this.state, this.order));
    this.strataNote.textContent = strataNote(this.experiment, this.state);
  }

  /** Draw, and put the focus where it was: the rows of variants move it with what is chosen. @param {() => void} act */
  keepingFocus(act) {
    const key = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.key ?? "";
    const isIn = this.element.contains(document.activeElement);
    act();
    if (!isIn || !key) return;
    const wanted = key.startsWith("variant ") ? `variant ${this.state.chosen}` : key;
    const found = /** @type {HTMLElement | null} */ (this.element.querySelector(`[data-key="${CSS.escape(wanted)}"]`));
    found?.focus({ preventScroll: true });
  }
}
