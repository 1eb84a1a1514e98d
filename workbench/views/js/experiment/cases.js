// Cases on which the chosen variant and the baseline differ; a row opens to both traces.

import { chooser, make } from "../dom.js";
import { clipped, counted, middleClipped } from "../format.js";
import { drawTraces } from "./traces.js";
import { breakable, chosenPairs, epochsText, outcomeText, partedText, saidText, sureText } from "./words.js";

/**
 * @typedef {import("./told.js").Experiment} Experiment
 * @typedef {import("./told.js").Pair} Pair
 * @typedef {import("./view.js").State} State
 */

const FIRST_ROWS = 50;

export class CasesPart {
  /**
   * @param {Experiment} experiment
   * @param {{height: number, onCase: (id: string) => void, onSelect: (ids: string[]) => void}} options
   * @param {AbortSignal} signal
   */
  constructor(experiment, options, signal) {
    this.experiment = experiment;
    this.options = options;
    this.text = "";
    this.outcome = "all";
    this.limit = FIRST_ROWS;
    this.state = /** @type {State} */ ({ half: "", chosen: "", measure: "", stratum: "", case: "", selected: [] });
    this.pairs = /** @type {Pair[]} */ ([]);
    this.shown = /** @type {Pair[]} */ ([]);
    this.at = "";
    this.isPlaced = false;
    this.search = make("input", { type: "search", placeholder: "case or who was named", spellcheck: "false" });
    this.search.addEventListener("input", () => this.want(this.search.value, this.outcome), { signal });
    this.show = chooser("Show", [["all", "all"], ["solved", "solved"], ["lost", "lost"]], "all");
    this.show.select.addEventListener("change", () => this.want(this.text, this.show.select.value), { signal });
    this.bar = make("div", { class: "wb-bar" }, make("label", { class: "wb-field" }, make("span", {}, "Find"), this.search), this.show.label);
    this.status = make("p", { class: "wb-status", role: "status" });
    this.table = make("div", { class: "wb-e-scroll", tabindex: 0, role: "region", "aria-label": "Cases that differ", style: `max-height:${options.height}px` });
    this.element = make("div", {}, this.bar, this.table, this.status);
    const watcher = new ResizeObserver(() => {
      this.settleColumns();
      if (!this.isPlaced) this.reveal(); // what was open before there was a place to scroll
      this.isPlaced = this.table.clientHeight > 0;
    });
    watcher.observe(this.table);
    signal.addEventListener("abort", () => watcher.disconnect());
    this.table.addEventListener("click", (/** @type {MouseEvent} */ event) => this.click(event), { signal });
    this.table.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.press(event), { signal });
  }

  get measure() {
    return this.experiment.measures[this.experiment.measureAt(this.state.measure)];
  }

  /** @param {State} state */
  take(state) {
    const isOther = state.chosen !== this.state.chosen || state.measure !== this.state.measure;
    const wasOpen = this.state.case;
    this.state = state;
    if (isOther) {
      this.limit = FIRST_ROWS;
      this.pairs = this.experiment.pairs(state.measure, this.experiment.variantAt(state.chosen));
      this.offer();
      this.draw();
      return;
    }
    if (state.case !== wasOpen && state.case && !this.shown.some(({ id }) => id === state.case) && this.pairs.some(({ id }) => id === state.case)) {
      this.text = this.search.value = "";
      this.outcome = this.show.select.value = "all";
      this.draw(); // what was asked for from elsewhere is not left out by what was looked for
    }
    this.settle();
  }

  offer() {
    const n = this.pairs.filter(({ isSolved }) => isSolved).length;
    const [solved, lost] = [true, false].map((isSolved) => outcomeText(isSolved, this.measure));
    const texts = [`all (${this.pairs.length})`, `${solved} (${n})`, `${lost} (${this.pairs.length - n})`];
    for (const [at, option] of [...this.show.select.options].entries()) option.textContent = texts[at];
    this.bar.hidden = !this.pairs.length;
  }

  /** @param {string} text @param {string} outcome */
  want(text, outcome) {
    this.text = text;
    this.outcome = outcome;
    this.limit = FIRST_ROWS;
    this.draw();
  }

  draw() {
    this.shown = chosenPairs(this.pairs, this);
    const open = this.shown.findIndex(({ id }) => id === this.state.case);
    this.limit = Math.max(this.limit, open + 1);
    if (!this.shown.some(({ id }) => id === this.at)) this.at = this.shown[0]?.id ?? "";
    const rows = this.shown.slice(0, this.limit);
    this.table.replaceChildren(rows.length ? this.drawTable(rows) : make("p", { class: "wb-empty" }, this.emptyWords()));
    this.settle();
  }

  emptyWords() {
    const { chosen } = this.state;
    if (this.experiment.variants.length === 1) return "There is one variant alone: nothing to compare it with.";
    if (chosen === this.experiment.baseline) return `${chosen} is the baseline: choose another variant to see the cases on which they differ.`;
    if (!this.pairs.length) return `${chosen} and ${this.experiment.baseline} do not differ in “${this.measure.label}” on any case.`;
    return "No case is like this. Change what is shown, or the words to find.";
  }

  /** @param {Pair[]} rows */
  drawTable(rows) {
    const { baseline } = this.experiment;
    const heads = [["Case", "wb-e-case", ""], ["Outcome", "wb-e-outcome", ""], [baseline, "wb-e-said", "baseline"], [this.state.chosen, "wb-e-said", ""], ["They part at", "wb-e-step wb-e-spare", ""]];
    const head = make("tr", {}, make("td", { class: "wb-e-pick" }), ...heads.map(([text, kind, more]) =>
      make("th", { scope: "col", class: kind, title: text }, ...breakable(middleClipped(text, 40)).flatMap((part) => [part, make("wbr")]), more ? make("small", {}, more) : "")));
    const table = make("table", { class: "wb-e-table wb-e-cases" }, make("caption", { class: "wb-hidden-text" }, `Cases on which ${this.state.chosen} and ${baseline} differ`),
      make("thead", {}, head), make("tbody", {}, ...rows.map((pair) => this.drawRow(pair))));
    const left = this.shown.length - rows.length;
    if (left <= 0) return table;
    return make("div", {}, table, make("button", { type: "button", class: "wb-e-more" }, `Show ${Math.min(left, FIRST_ROWS)} more (${left.toLocaleString("en-US")} left)`));
  }

  /** @param {Pair} pair */
  drawRow(pair) {
    const tab = pair.id === this.at ? 0 : -1;
    const { measure } = this;
    const side = /** @param {import("./told.js").Answer} answer @param {number} value @param {number} n */ (answer, value, n) => make("td", { class: "wb-e-said" },
      make("span", { class: `wb-clip ${answer.said && !answer.failure ? "wb-e-code" : ""}`, title: answer.failure || answer.said || undefined }, saidText(answer)),
      make("small", {}, [`${n > 1 || !measure.is_rate ? "" : `${measure.label}: `}${epochsText(value, n, measure)}`, sureText(answer)].filter(Boolean).join(" · ")));
    const text = outcomeText(pair.isSolved, measure);
    return make("tr", { "data-id": pair.id },
      make("td", { class: "wb-e-pick" }, make("input", { type: "checkbox", "aria-label": `Select ${clipped(pair.id, 80)}`, tabindex: tab })),
      make("td", { class: "wb-e-case" },
        make("button", { type: "button", class: "wb-e-open", "aria-expanded": "false", title: pair.id, tabindex: tab }, make("span", {}, ...breakable(pair.id).flatMap((part) => [part, make("wbr")]))),
        pair.about ? make("small", { class: "wb-clip", title: pair.about }, pair.about) : "",
        make("small", { class: "wb-e-narrow" }, `${saidText(pair.answerBefore)} → ${saidText(pair.answerAfter)}`)),
      make("td", { class: "wb-e-outcome" }, make("span", { class: pair.isSolved ? "wb-e-verdict wb-good" : "wb-e-verdict wb-bad" },
        make("span", { "aria-hidden": "true" }, pair.isSolved ? "▲ " : "▼ "), text)),
      side(pair.answerBefore, pair.before, pair.nBefore), side(pair.answerAfter, pair.after, pair.nAfter),
      make("td", { class: "wb-e-step wb-e-spare" }, partedText(pair)));
  }

  /** Mark what is open and selected. */
  settle() {
    const { selected } = this.state;
    let isNew = false;
    for (const line of this.table.querySelectorAll("tr[data-id]")) {
      const id = line.getAttribute("data-id");
      const isIn = selected.includes(id);
      line.classList.toggle("wb-e-chosen", isIn);
      line.querySelector("input").checked = isIn;
      const isOpen = id === this.state.case;
      line.querySelector("button").setAttribute("aria-expanded", String(isOpen));
      const next = line.nextElementSibling?.classList.contains("wb-e-detail") ? line.nextElementSibling : null;
      if (next && !isOpen) next.remove();
      if (!next && isOpen) {
        line.after(this.drawDetail(id));
        isNew = true;
      }
    }
    this.settleColumns();
    if (isNew) this.reveal();
    this.count();
  }

  /** @param {string} id */
  drawDetail(id) {
    const pair = /** @type {Pair} */ (this.shown.find((one) => one.id === id));
    const traces = drawTraces(pair, [this.experiment.baseline, this.state.chosen], this.measure, this.experiment.told.n_epochs > 1);
    return make("tr", { class: "wb-e-detail" }, make("td", {}, traces));
  }

  /** Scroll the list, not the page, to the row that is open, where its traces are out of sight. */
  reveal() {
    const detail = this.table.querySelector(".wb-e-detail");
    if (!detail) return;
    const line = detail.previousElementSibling;
    const head = this.table.querySelector("thead").offsetHeight;
    if (detail.offsetTop + detail.offsetHeight > this.table.scrollTop + this.table.clientHeight || line.offsetTop < this.table.scrollTop + head) {
      this.table.scrollTop = line.offsetTop - head;
    }
  }

  /** What a row opens to goes over all columns that there is room for. */
  settleColumns() {
    const n = [...this.table.querySelectorAll(".wb-e-cases > thead > tr > *")].filter((cell) => cell.getClientRects().length).length;
    if (n) this.table.querySelector(".wb-e-detail > td")?.setAttribute("colspan", String(n));
  }

  count() {
    const n = this.shown.length;
    const { selected, case: open } = this.state;
    const of = n < this.pairs.length ? `${n.toLocaleString("en-US")} of ${counted(this.pairs.length, "case")}` : counted(n, "case");
    const elsewhere = open && !this.pairs.some(({ id }) => id === open) ? `both are the same on ${open}` : "";
    this.status.textContent = [this.pairs.length ? of : "", selected.length ? `${selected.length} selected` : "", elsewhere].filter(Boolean).join(", ");
  }

  /** @param {MouseEvent} event */
  click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest(".wb-e-more")) {
      this.limit += FIRST_ROWS;
      this.draw();
      return;
    }
    const id = /** @type {HTMLElement | null} */ (target.closest("tr[data-id]"))?.dataset.id;
    if (id === undefined) return;
    this.moveTo(id, false);
    if (target.closest("td.wb-e-pick")) this.pick(id);
    else if (!String(getSelection())) this.options.onCase(id === this.state.case ? "" : id);
  }

  /** @param {string} id */
  pick(id) {
    const { selected } = this.state;
    this.options.onSelect(selected.includes(id) ? selected.filter((one) => one !== id) : [...selected, id]);
  }

  /** @param {string} id @returns {HTMLElement | undefined} */
  lineOf(id) {
    return [...this.table.querySelectorAll("tr[data-id]")].find((line) => line.dataset.id === id);
  }

  /** @param {string} id @param {boolean} [isFocus] */
  moveTo(id, isFocus = true) {
    for (const part of this.lineOf(this.at)?.querySelectorAll("button, input") ?? []) part.setAttribute("tabindex", "-1");
    this.at = id;
    const line = this.lineOf(id);
    for (const part of line?.querySelectorAll("button, input") ?? []) part.setAttribute("tabindex", "0");
    if (isFocus) line?.querySelector("button")?.focus();
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const id = /** @type {HTMLElement | null} */ (target.closest("tr[data-id]"))?.dataset.id;
    if (id === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const index = this.shown.findIndex((pair) => pair.id === id);
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -index, End: this.shown.length });
    if (event.key in steps) {
      const next = Math.min(Math.max(index + steps[event.key], 0), this.shown.length - 1);
      if (next >= this.limit) {
        this.limit = next + 1;
        this.draw();
      }
      this.moveTo(this.shown[next].id);
    } else if (event.key === "x") {
      this.pick(id);
    } else {
      return;
    }
    event.preventDefault();
  }
}
