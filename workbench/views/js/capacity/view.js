// Capacity: what was lost and given back over time, and what waits, in one unit of several.

import { chooser, freshId, keepKeys, make } from "../dom.js";
import { counted } from "../format.js";
import { followTheme } from "../theme.js";
import { PlotPart } from "./plot.js";
import { QueuePart } from "./queue.js";
import { dayText } from "./scale.js";
import { Capacity } from "./told.js";
import { UNITS, amountText } from "./words.js";

/** @typedef {{unit: string, selected: number[]}} State */

const MOST_EVENTS = 200;

export class CapacityView {
  /**
   * @param {HTMLElement} element
   * @param {import("./told.js").Told} told
   * @param {State} state
   * @param {{height?: number, onUnit?: (unit: string) => void, onSelect?: (ranks: number[]) => void}} [options]
   */
  constructor(element, told, { unit, selected }, { height = 420, onUnit = () => {}, onSelect = () => {} } = {}) {
    this.element = element;
    this.capacity = new Capacity(told);
    this.unit = unit;
    this.ending = new AbortController();
    const { signal } = this.ending;
    element.classList.add("wb", "wb-capacity");
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "Capacity");
    if (this.capacity.isEmpty) {
      element.replaceChildren(make("p", { class: "wb-empty" }, "Nothing was lost, nothing recovered, and nothing waits for a person."));
    } else {
      const units = chooser("Unit", Object.entries(UNITS).map(([name, { title }]) => [name, told.units.includes(name) ? title : `${title} (not known)`]), unit);
      this.select = units.select;
      units.select.addEventListener("change", () => { this.take({ unit: units.select.value, selected: this.queue?.selected ?? [] }); onUnit(units.select.value); }, { signal });
      this.plot = new PlotPart(this.capacity, unit, signal);
      this.queue = new QueuePart(this.capacity, { unit, selected }, { height, onSelect }, signal);
      this.log = make("div", {});
      const events = make("details", {}, make("summary", {}, counted(told.events.length, "event")), this.log);
      events.hidden = !told.events.length;
      const period = `Of solves from ${dayText(told.since)} to ${dayText(told.until)}; cumulative, bands are 95 % intervals`;
      element.replaceChildren(make("div", { class: "wb-bar" }, units.label),
        this.section("Lost and recovered", make("p", { class: "wb-facts" }, period), this.plot.element, events),
        this.section("Open queue", this.queue.element), ...this.assumptions());
      this.drawLog();
    }
    followTheme(element, () => {}, signal);
    keepKeys(element, signal);
  }

  end() {
    this.ending.abort();
    this.element.replaceChildren();
  }

  /** @param {string} title @param {...Node} parts */
  section(title, ...parts) {
    const id = freshId("section");
    return make("div", { role: "group", "aria-labelledby": id }, make("p", { class: "wb-c-title", id }, title), ...parts);
  }

  assumptions() {
    const lines = this.capacity.told.assumptions;
    if (!lines.length) return [];
    return [this.section("Assumptions", make("ul", { class: "wb-c-assumptions" }, ...lines.map((line) => make("li", {}, line))))];
  }

  drawLog() {
    const { events, currency } = this.capacity.told;
    const rows = events.map((event, at) => make("tr", {}, make("td", { class: "wb-c-day" }, dayText(this.capacity.times[at])), make("td", {}, event.kind),
      make("td", {}, event.subject || event.case, make("small", {}, event.service)), make("td", { class: "n" }, amountText(event.worth[this.unit][0], this.unit, currency))));
    const head = [["Day", ""], ["What", ""], ["Of", ""], ["Amount", "n"]].map(([text, kind]) => make("th", { scope: "col", class: kind || undefined }, text));
    const told = rows.length > MOST_EVENTS ? make("p", { class: "wb-facts" }, `The latest ${MOST_EVENTS}.`) : "";
    this.log?.replaceChildren(told, make("div", { class: "wb-c-scroll wb-c-log", tabindex: 0, role: "region", "aria-label": "Events" },
      make("table", { class: "wb-c-table" }, make("caption", { class: "wb-hidden-text" }, "What happened to capacity, the latest first"),
        make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows.reverse().slice(0, MOST_EVENTS)))));
  }

  /** @param {State} state */
  take({ unit, selected }) {
    if (this.select) this.select.value = unit;
    if (unit !== this.unit) {
      this.unit = unit;
      this.plot?.take(unit);
      this.drawLog();
    }
    this.queue?.take(unit, selected);
  }
}
