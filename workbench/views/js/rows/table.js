// Rows as a table: a part of them at a time, ordered by headings, chosen by clicks and keys.

import { make } from "../dom.js";
import { middleClipped } from "../format.js";
import { fallsFirst, selectedAfter } from "./order.js";

/** @typedef {import("./order.js").AnyRow} AnyRow */
/** @typedef {{key: string, isFalling: boolean}} Order */
/**
 * @template {AnyRow} Row
 * @typedef {object} Shape
 * @property {import("./order.js").Column<Row>[]} columns
 * @property {string} stem of the classes of cells
 * @property {Record<string, string>} spare class of columns that are left out where it is narrow, by key
 * @property {Record<string, string>} hints what a heading means, by key
 * @property {Record<string, string>} spoken headings that are said otherwise than they are written, by key
 * @property {string} caption
 * @property {string} label
 * @property {string} nothing what is said where there are no rows
 * @property {string} unlike where none is as is wanted
 * @property {boolean} isMany whether several can be chosen
 */

const MOST_ROWS = 100;
const LONGEST_NAME = 56;

/** @template {AnyRow} Row */
export class RowTable {
  /**
   * @param {Shape<Row>} shape
   * @param {{rows: Row[], wanted: Order, selected: string[]}} state
   * @param {{height: number, onSelect: (ids: string[]) => void, onSort: () => void}} options
   * @param {AbortSignal} signal
   */
  constructor(shape, state, { height, onSelect, onSort }, signal) {
    this.shape = shape;
    this.rows = state.rows;
    /** @type {Order} */ this.order = state.wanted;
    this.selected = state.selected;
    this.onSelect = onSelect;
    this.onSort = onSort;
    this.signal = signal;
    this.limit = MOST_ROWS;
    /** @type {Row[]} */ this.found = [];
    this.at = ""; // the row that Tab leads to
    this.heads = shape.columns.map(([key, text, kind]) => this.head(key, text, kind));
    this.body = make("tbody", {});
    this.table = make("table", { class: "wb-table" }, make("caption", { class: "wb-hidden-text" }, shape.caption),
      make("thead", {}, make("tr", {}, ...this.heads)), this.body);
    this.empty = make("p", { class: "wb-empty" });
    this.place = make("div", { class: "wb-scroll", tabindex: 0, role: "region", "aria-label": shape.label, style: `max-height:${height}px` }, this.table, this.empty);
    this.more = make("button", { type: "button", class: "wb-r-more" });
    this.more.addEventListener("click", () => this.showMore(), { signal });
    this.element = make("div", {}, this.place, this.more);
    this.body.addEventListener("click", (/** @type {MouseEvent} */ event) => this.click(event), { signal });
    this.body.addEventListener("mousedown", (/** @type {MouseEvent} */ event) => { if (event.shiftKey) event.preventDefault(); }, { signal }); // else it marks text
    this.body.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.press(event), { signal });
  }

  // ---- what a table of one kind tells --------------------------------------------------------------

  /** @returns {Row[]} those that are wanted, in order */
  find() { return this.rows; }

  /** @param {Row} row @returns {Record<string, (Node | string)[]>} what stands in each column */
  cells(row) { return { rank: [String(row.rank)] }; }

  // ---- what is drawn -------------------------------------------------------------------------------

  /** @param {string} key @param {string} kind */
  look(key, kind) {
    return [kind, `${this.shape.stem}-${key}`, this.shape.spare[key]].filter(Boolean).join(" ");
  }

  /** @param {string} key @param {string} text @param {string} kind */
  head(key, text, kind) {
    const button = make("button", { type: "button", class: "wb-r-sort", title: this.shape.hints[key], "aria-label": this.shape.spoken[key] }, text);
    button.addEventListener("click", () => {
      this.order.isFalling = this.order.key === key ? !this.order.isFalling : fallsFirst(this.shape.columns, key);
      this.order.key = key;
      this.onSort();
    }, { signal: this.signal });
    return make("th", { scope: "col", class: this.look(key, kind), "data-key": key }, button);
  }

  /** Draw from the first row on, as is wanted now. */
  draw() {
    this.found = this.find();
    const place = this.found.findIndex(({ id }) => id === this.selected[this.selected.length - 1]);
    this.limit = Math.max(MOST_ROWS, place + 1);
    if (!this.found.some(({ id }, index) => id === this.at && index < this.limit)) this.at = this.found[Math.max(place, 0)]?.id ?? "";
    this.body.replaceChildren(...this.found.slice(0, this.limit).map((row) => this.drawRow(row)));
    this.table.hidden = !this.found.length;
    this.empty.hidden = Boolean(this.found.length);
    this.empty.textContent = this.rows.length ? this.shape.unlike : this.shape.nothing;
    for (const head of this.heads) {
      const isIt = head.dataset.key === this.order.key;
      if (isIt) head.setAttribute("aria-sort", this.order.isFalling ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    this.settleMore();
  }

  settleMore() {
    const left = this.found.length - this.limit;
    this.more.hidden = left <= 0;
    this.more.textContent = `Show ${Math.min(MOST_ROWS, left)} more (${left.toLocaleString("en-US")} left)`;
  }

  showMore() {
    this.body.append(...this.found.slice(this.limit, this.limit + MOST_ROWS).map((row) => this.drawRow(row)));
    this.limit += MOST_ROWS;
    this.settleMore();
  }

  /** @param {Row} row */
  drawRow(row) {
    const cells = this.cells(row);
    return make("tr", { "data-id": row.id, class: this.selected.includes(row.id) ? "wb-chosen" : undefined },
      ...this.shape.columns.map(([key, , kind]) => make("td", { class: this.look(key, kind) }, ...cells[key])));
  }

  /** The button of a row that chooses it. @param {Row} row @param {string} name */
  nameButton(row, name) {
    const isChosen = this.selected.includes(row.id);
    return make("button", { type: "button", class: "wb-link", "aria-pressed": String(isChosen), title: name, tabindex: row.id === this.at ? 0 : -1 }, middleClipped(name, LONGEST_NAME));
  }

  /** @returns {HTMLElement[]} the rows that are drawn */
  lines() {
    return [...this.body.querySelectorAll("tr[data-id]")];
  }

  /** @param {string[]} selected */
  take(selected) {
    this.selected = selected;
    const place = this.found.findIndex(({ id }) => id === selected[selected.length - 1]);
    while (place >= this.limit) this.showMore();
    for (const line of this.lines()) {
      const isChosen = selected.includes(line.dataset.id ?? "");
      line.classList.toggle("wb-chosen", isChosen);
      line.querySelector("button")?.setAttribute("aria-pressed", String(isChosen));
    }
  }

  // ---- what clicks and keys do ---------------------------------------------------------------------

  /** @param {string} id */
  lineOf(id) {
    return /** @type {HTMLElement | null} */ (this.body.querySelector(`tr[data-id="${CSS.escape(id)}"]`));
  }

  /** @param {string} id @param {"alone" | "toggle" | "range"} how */
  choose(id, how) {
    this.lineOf(this.at)?.querySelector("button")?.setAttribute("tabindex", "-1");
    this.at = id;
    const selected = selectedAfter(this.found.map((row) => row.id), this.selected, id, this.shape.isMany ? how : "alone");
    if (selected.join("\n") !== this.selected.join("\n")) {
      this.take(selected);
      this.onSelect(selected);
    }
    const line = this.lineOf(id);
    line?.querySelector("button")?.setAttribute("tabindex", "0");
    line?.querySelector("button")?.focus({ preventScroll: true });
    line?.scrollIntoView({ block: "nearest" });
  }

  /** @param {MouseEvent} event */
  click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const id = /** @type {HTMLElement | null} */ (target.closest("tr[data-id]"))?.dataset.id;
    const isMarking = !target.closest("button") && String(getSelection());
    if (id !== undefined && !isMarking) this.choose(id, event.shiftKey ? "range" : event.ctrlKey || event.metaKey ? "toggle" : "alone");
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const id = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest("tr[data-id]"))?.dataset.id;
    if (id === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const index = this.found.findIndex((row) => row.id === id);
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -index, End: this.found.length });
    if (event.key in steps) {
      const next = Math.min(Math.max(index + steps[event.key], 0), this.found.length - 1);
      while (next >= this.limit) this.showMore();
      this.choose(this.found[next].id, event.shiftKey ? "range" : "alone");
    } else if (event.key === "x" && this.shape.isMany) {
      this.choose(id, "toggle");
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
