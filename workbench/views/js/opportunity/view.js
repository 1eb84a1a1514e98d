// Opportunities: ranked, with what each would save; one that is chosen, and a patch of it.

import { chooser, keepKeys, make } from "../dom.js";
import { counted, middleClipped } from "../format.js";
import { offerOrder } from "../rows/parts.js";
import { Answer } from "../task.js";
import { followTheme } from "../theme.js";
import { PanePart } from "./pane.js";
import { COLUMNS, mostSaving, patternWords, tallied } from "./rows.js";
import { TablePart } from "./table.js";

/**
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./rows.js").Told} Told
 * @typedef {import("./rows.js").Solve} Solve
 * @typedef {import("./rows.js").Wanted} Wanted
 *
 * @typedef {object} Options
 * @property {string[]} [selected] the last of them is shown
 * @property {Record<string, Solve>} [solves]
 * @property {number} [height] of the table in pixels, at most
 * @property {boolean} [isSaved] whether nobody is there to be asked
 * @property {HTMLElement | string} [progress] a bar that shows what is being done
 * @property {(ids: string[]) => void} [onSelect]
 * @property {(id: string) => void} [onSolve]
 */

const ORDERS = /** @type {Record<string, string>} */ ({ rank: "rank", hours: "hours of review", share: "share of CPU", saving: "saving" });

export class OpportunityView {
  /** @param {HTMLElement} element @param {Told} told @param {Options} [options] */
  constructor(element, told, { selected = [], solves = {}, height = 420, isSaved = false, progress = "", onSelect = () => {}, onSolve = () => {} } = {}) {
    this.element = element;
    this.told = told;
    this.selected = selected;
    this.ending = new AbortController();
    const { signal } = this.ending;
    /** @type {Wanted} */ this.wanted = { text: "", state: "", pattern: "", service: "", key: "rank", isFalling: false };
    element.classList.add("wb", "wb-plain", "wb-rows", "wb-opportunities");
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "Opportunities");
    this.answer = new Answer((problem) => this.pane.complain(problem), signal);
    this.bar = make("div", { class: "wb-bar" });
    this.status = make("p", { class: "wb-status", role: "status" });
    this.table = new TablePart({ rows: told.rows, wanted: this.wanted, selected, solves },
      { height, onSelect: (ids) => { this.take(ids); onSelect(ids); }, onSort: () => this.draw() }, signal);
    this.pane = new PanePart({ canAsk: !isSaved, onSolve: (id) => { this.answer.await(); onSolve(id); } }, signal);
    this.pane.solves = solves;
    element.replaceChildren(this.bar, this.table.element, this.status, progress, this.pane.element);
    followTheme(element, () => {}, signal);
    keepKeys(element, signal);
    this.search = make("input", { type: "search", placeholder: "function, file, pattern, owner", spellcheck: "false" });
    this.search.addEventListener("input", () => this.want("text", this.search.value), { signal });
    this.drawBar();
    this.draw();
  }

  end() {
    this.ending.abort();
    this.element.replaceChildren();
  }

  // ---- what is set from outside --------------------------------------------------------------------

  /** Show others; what is looked for stays as it is. @param {Told} told @param {string[]} selected */
  setTold(told, selected) {
    this.told = told;
    this.selected = this.table.selected = selected;
    this.table.rows = told.rows;
    this.drawBar();
    this.draw();
  }

  /** @param {string[]} selected */
  take(selected) {
    this.selected = selected;
    this.table.take(selected);
    this.drawStatus();
    this.drawPane();
  }

  /** @param {Record<string, Solve>} solves @param {boolean} isBusy */
  takeSolves(solves, isBusy) {
    this.answer.came();
    this.table.takeSolves(solves);
    this.pane.take(solves, isBusy);
  }

  /** @param {string} problem */
  heard(problem) {
    this.answer.came();
    if (problem) this.pane.complain(problem);
  }

  // ---- what it is made of --------------------------------------------------------------------------

  drawBar() {
    const { rows, states } = this.told;
    const parts = [make("label", { class: "wb-field" }, make("span", {}, "Find"), this.search)];
    const known = Object.keys(states);
    const place = /** @param {[string, number]} one */ ([state]) => (known.includes(state) ? known.indexOf(state) : known.length);
    const offers = /** @type {["state" | "pattern" | "service", string, [string, number][], (value: string) => string][]} */ ([
      ["state", "State", tallied(rows, (row) => row.state).sort((i, j) => place(i) - place(j)), String],
      ["pattern", "Pattern", tallied(rows, (row) => row.pattern), patternWords],
      ["service", "Service", tallied(rows, (row) => row.service), String],
    ]);
    for (const [name, label, found, words] of offers) {
      if (!found.some(([value]) => value === this.wanted[name])) this.wanted[name] = "";
      if (found.length < 2) continue;
      const options = found.map(([value, n]) => /** @type {[string, string]} */ ([value, `${middleClipped(words(value), 40) || "–"} (${n})`]));
      parts.push(this.offer(label, [["", `all (${rows.length})`], ...options], this.wanted[name], (value) => this.want(name, value)));
    }
    parts.push(offerOrder(COLUMNS, ORDERS, this.wanted, () => this.draw(), this.ending.signal));
    this.bar.replaceChildren(...parts);
    this.bar.hidden = !rows.length;
  }

  /** @param {string} label @param {[string, string][]} options @param {string} value @param {(value: string) => void} act */
  offer(label, options, value, act) {
    const chosen = chooser(label, options, value);
    chosen.select.addEventListener("change", () => act(chosen.select.value), { signal: this.ending.signal });
    return chosen.label;
  }

  /** @param {"text" | "state" | "pattern" | "service"} name @param {string} value */
  want(name, value) {
    this.wanted[name] = value;
    this.draw();
  }

  draw() {
    this.table.draw();
    const order = /** @type {HTMLSelectElement | null} */ (this.bar.querySelector(".wb-r-order select"));
    if (order) order.value = this.wanted.key;
    this.drawStatus();
    this.drawPane();
  }

  drawStatus() {
    const [n, n_all, n_chosen] = [this.table.found.length, this.told.rows.length, this.selected.length];
    if (!n_all) return void (this.status.textContent = "");
    const all = counted(n_all, "opportunity", "opportunities");
    const shown = n === n_all ? all : `${n.toLocaleString("en-US")} of ${all}`;
    this.status.textContent = `${shown}${n_chosen > 1 ? `, ${n_chosen.toLocaleString("en-US")} chosen` : ""}. Arrows choose, Shift adds, x takes one more or leaves it out.`;
  }

  drawPane() {
    const { rows } = this.told;
    const id = this.selected[this.selected.length - 1];
    this.pane.show(this.told, rows.find((row) => row.id === id) ?? null, this.selected.length, mostSaving(rows));
  }
}
