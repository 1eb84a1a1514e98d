// What waits for a person: what it costs a week, and what it is worth.

import { make } from "../dom.js";
import { counted, middleClipped, percent } from "../format.js";
import { UNITS, aWeek, amountText, intervalText } from "./words.js";

/**
 * @typedef {import("./told.js").Capacity} Capacity
 * @typedef {import("./told.js").Item} Item
 * @typedef {import("./words.js").Amount} Amount
 */

const MOST_ROWS = 50;
const LONGEST_NAME = 56;

export class QueuePart {
  /**
   * @param {Capacity} capacity
   * @param {{unit: string, selected: number[]}} state
   * @param {{height: number, onSelect: (ranks: number[]) => void}} options
   * @param {AbortSignal} signal
   */
  constructor(capacity, { unit, selected }, { height, onSelect }, signal) {
    this.capacity = capacity;
    this.unit = unit;
    this.selected = selected;
    this.onSelect = onSelect;
    this.signal = signal;
    this.limit = Math.max(MOST_ROWS, ...selected);
    this.place = make("div", { class: "wb-c-scroll", tabindex: 0, role: "region", "aria-label": "Open queue", style: `max-height: ${height}px` });
    this.more = make("button", { type: "button", class: "wb-c-more" });
    this.more.addEventListener("click", () => { this.limit += MOST_ROWS; this.draw(); }, { signal });
    this.element = make("div", {}, this.place, this.more);
    this.draw();
  }

  /** @param {string} unit @param {number[]} selected */
  take(unit, selected) {
    const isOther = unit !== this.unit;
    this.unit = unit;
    this.selected = selected;
    if (isOther || Math.max(...selected, 0) > this.limit) {
      this.limit = Math.max(this.limit, ...selected);
      this.draw();
      return;
    }
    this.mark();
  }

  draw() {
    const { items } = this.capacity.told;
    this.more.hidden = items.length <= this.limit;
    this.more.textContent = `Show ${Math.min(MOST_ROWS, items.length - this.limit)} more of ${counted(items.length, "item")}`;
    if (!items.length) {
      this.place.replaceChildren(make("p", { class: "wb-empty" }, "Nothing waits for a person."));
      return;
    }
    const isFlow = Boolean(UNITS[this.unit].week);
    const head = [["Waits", ""], ["Service", "wb-c-spare"], ["Since", "wb-c-spare"], [isFlow ? "Costs a week" : "Costs now", "n"], ["Chance", "n wb-c-spare"], [isFlow ? "Worth a year" : "Worth", "n"]];
    const body = make("tbody", {}, ...items.slice(0, this.limit).map((item) => this.drawRow(item)));
    body.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.press(event), { signal: this.signal });
    this.place.replaceChildren(make("table", { class: "wb-c-table wb-c-queue" },
      make("caption", { class: "wb-hidden-text" }, "What waits for a person, the most worth first; small: 95 % interval"),
      make("thead", {}, make("tr", {}, ...head.map(([text, kind]) => make("th", { scope: "col", class: kind || undefined }, text)))), body, this.drawFoot()));
    this.mark();
  }

  /** @param {Item} item */
  drawRow(item) {
    const name = make("button", { type: "button", class: "wb-c-name", "data-rank": item.rank, title: `${item.name}: ${item.subject}` }, middleClipped(item.subject || item.name, LONGEST_NAME));
    const state = item.kind === "fix" ? "verified fix, not approved yet" : `${item.kind}: ${item.state}`;
    const row = make("tr", { "data-rank": item.rank },
      make("th", { scope: "row" }, name, make("small", {}, state), make("small", { class: "wb-c-narrow" }, middleClipped(item.service, 40))),
      make("td", { class: "wb-c-spare", title: item.service }, middleClipped(item.service, 32)), make("td", { class: "wb-c-day wb-c-spare" }, item.since || "–"),
      this.cell(aWeek(item.costs[this.unit], this.unit), item.currency), make("td", { class: "n wb-c-spare" }, percent(item.chance)), this.cell(item.expected[this.unit], item.currency));
    row.addEventListener("click", () => this.choose(item.rank), { signal: this.signal });
    return row;
  }

  drawFoot() {
    const { costs, expected, unknown, currency } = this.capacity.told;
    const n = unknown[this.unit];
    return make("tfoot", {}, make("tr", {}, make("th", { scope: "row" }, "All", make("small", {}, `costs without opportunities${n ? `; ${counted(n, "item")} not known` : ""}`)),
      make("td", { class: "wb-c-spare" }), make("td", { class: "wb-c-spare" }), this.cell(aWeek(costs[this.unit], this.unit), currency), make("td", { class: "wb-c-spare" }), this.cell(expected[this.unit], currency)));
  }

  /** @param {Amount} amount @param {string} currency */
  cell(amount, currency) {
    return make("td", { class: "n" }, amountText(amount[0], this.unit, currency), make("small", {}, intervalText(amount, this.unit)));
  }

  mark() {
    for (const row of this.place.querySelectorAll("tbody tr")) {
      const isChosen = this.selected.includes(Number(row.getAttribute("data-rank")));
      row.classList.toggle("wb-c-chosen", isChosen);
      row.querySelector("button")?.setAttribute("aria-pressed", String(isChosen));
    }
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const shown = Math.min(this.capacity.told.items.length, this.limit);
    const from = Number(/** @type {Element} */ (event.target).getAttribute("data-rank"));
    if (!step || !from) return;
    this.choose(Math.min(Math.max(from + step, 1), shown));
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} rank */
  choose(rank) {
    /** @type {HTMLElement | null} */ (this.place.querySelector(`button[data-rank="${rank}"]`))?.focus();
    if (this.selected.length === 1 && this.selected[0] === rank) return;
    this.selected = [rank];
    this.mark();
    this.onSelect(this.selected);
  }
}
