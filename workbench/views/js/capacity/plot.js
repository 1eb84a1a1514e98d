// Lost, recovered and confirmed capacity over time, and what happened at the moment that is pointed at.

import { draw, make } from "../dom.js";
import { isKnown, middleClipped } from "../format.js";
import { bandPath, dayText, dayTicks, lastUntil, stepPath, ticksTo } from "./scale.js";
import { BALANCES } from "./told.js";
import { amountText, intervalText, tickTexts } from "./words.js";

/** @typedef {import("./told.js").Capacity} Capacity */

const HEIGHT = 260;
const LEFT = 78;
const RIGHT = 14;
const TOP = 12;
const BOTTOM = 26;

/** @type {Record<string, {colour: string, dash: string, width: number, told: string}>} */
const LOOKS = {
  lost: { colour: "var(--wb-more)", dash: "none", width: 2, told: "regressions that began, and did not go away" },
  recovered: { colour: "var(--wb-less)", dash: "8 3", width: 2, told: "fixes that are verified and approved" },
  confirmed: { colour: "var(--wb-good)", dash: "2 3", width: 2.6, told: "gains that later profiles show" },
};

/** @type {Record<string, string>} what is said of an event before its amount */
const SIGNS = { "regression began": "lost", "regression went away": "no longer lost", "fix approved": "recovered", "fix confirmed": "confirmed" };

export class PlotPart {
  /**
   * @param {Capacity} capacity
   * @param {string} unit
   * @param {AbortSignal} signal
   */
  constructor(capacity, unit, signal) {
    this.capacity = capacity;
    this.unit = unit;
    this.at = capacity.times.length - 1;
    this.plot = make("div", { class: "wb-c-plot", tabindex: 0, role: "slider", "aria-label": "Events of lost and recovered capacity", "aria-valuemin": 0, "aria-valuemax": Math.max(this.at, 0) });
    this.legend = make("div", { class: "wb-c-scroll" });
    this.event = make("p", { class: "wb-c-event" });
    this.element = make("div", {}, this.plot, this.event, this.legend);
    const watcher = new ResizeObserver(() => this.draw());
    watcher.observe(this.plot);
    signal.addEventListener("abort", () => watcher.disconnect());
    this.plot.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.hover(event), { signal });
    this.plot.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.press(event), { signal });
    this.tell();
  }

  /** @param {string} unit */
  take(unit) {
    this.unit = unit;
    this.draw();
    this.tell();
  }

  /** @returns {number} what the axis has to reach */
  most() {
    const ends = BALANCES.flatMap((name) => {
      const { value, high } = this.capacity.line(name, this.unit);
      return [...Array.from(value), ...Array.from(high)].filter(Number.isFinite);
    });
    return Math.max(...ends, 0);
  }

  draw() {
    const width = Math.round(this.plot.clientWidth);
    if (width < LEFT + RIGHT + 40) return;
    const { times, from, told } = this.capacity;
    const ticks = ticksTo(this.most());
    const end = ticks[ticks.length - 1];
    const span = Math.max(told.until - from, 1);
    this.x = (/** @type {number} */ at) => LEFT + ((at - from) / span) * (width - LEFT - RIGHT);
    const y = (/** @type {number} */ value) => HEIGHT - BOTTOM - (Math.max(value, 0) / end) * (HEIGHT - TOP - BOTTOM);
    const { x } = this;
    const svg = draw("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, "aria-hidden": "true" });
    const texts = tickTexts(ticks, this.unit);
    for (const [number, tick] of ticks.entries()) {
      svg.append(draw("line", { x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick), stroke: "var(--wb-line)" }),
        draw("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" }, texts[number]));
    }
    for (const tick of dayTicks(from, told.until, Math.max(Math.floor((width - LEFT) / 110), 1))) {
      svg.append(draw("text", { x: x(tick), y: HEIGHT - 8, "text-anchor": x(tick) > width - 60 ? "end" : "middle" }, dayText(tick)));
    }
    for (const name of BALANCES) {
      const { low, high } = this.capacity.line(name, this.unit);
      svg.append(draw("path", { d: bandPath(times, low, high, told.until, x, y), fill: LOOKS[name].colour, "fill-opacity": 0.13 }));
    }
    for (const name of BALANCES) {
      const { colour, dash, width: size } = LOOKS[name];
      const d = stepPath(times, this.capacity.line(name, this.unit).value, told.until, x, y);
      svg.append(draw("path", { d, fill: "none", stroke: colour, "stroke-width": size, "stroke-dasharray": dash, "stroke-linejoin": "round" }));
    }
    this.cross = draw("line", { y1: TOP, y2: HEIGHT - BOTTOM, stroke: "var(--wb-edge)", "stroke-dasharray": "2 2", x1: 0, x2: 0 });
    svg.append(this.cross);
    this.plot.replaceChildren(svg);
    this.drawCross();
  }

  drawCross() {
    if (!this.cross || !this.x || this.at < 0) return;
    const at = this.x(this.capacity.times[this.at]);
    this.cross.setAttribute("x1", String(at));
    this.cross.setAttribute("x2", String(at));
  }

  /** Say what happened at the event, and what the balances are after it. */
  tell() {
    const { told, times } = this.capacity;
    const event = told.events[this.at];
    const words = event ? this.eventText() : "Nothing was lost and nothing recovered in this time.";
    this.event.replaceChildren(event ? make("b", {}, dayText(times[this.at])) : "", event ? " " : "", words);
    const rows = BALANCES.map((name) => {
      const { colour, dash, width, told: meaning } = LOOKS[name];
      const amount = this.capacity.balance(name, this.unit, this.at);
      const n = this.capacity.unknown(name, this.unit, this.at);
      const sample = draw("svg", { width: 34, height: 10, viewBox: "0 0 34 10", "aria-hidden": "true" },
        draw("line", { x1: 1, x2: 33, y1: 5, y2: 5, stroke: colour, "stroke-width": width, "stroke-dasharray": dash }));
      return make("tr", {}, make("th", { scope: "row" }, make("span", { class: "wb-c-sample" }, sample, name), make("small", {}, meaning)),
        make("td", { class: "n" }, amountText(amount[0], this.unit, told.currency), n ? make("small", {}, `${n} not known`) : ""), make("td", { class: "n" }, intervalText(amount, this.unit)));
    });
    const head = event ? `By ${dayText(times[this.at])}` : "By now";
    this.legend.replaceChildren(make("table", { class: "wb-c-table" }, make("caption", { class: "wb-hidden-text" }, "Balances after the event that is pointed at"),
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Balance"), make("th", { scope: "col", class: "n" }, head), make("th", { scope: "col", class: "n" }, "95 % interval"))),
      make("tbody", {}, ...rows)));
    this.plot.setAttribute("aria-valuenow", String(Math.max(this.at, 0)));
    this.plot.setAttribute("aria-valuetext", event ? `${dayText(times[this.at])}: ${words}` : words);
  }

  /** @returns {string} */
  eventText() {
    const { events, currency } = this.capacity.told;
    const { kind, service, subject, case: name, worth } = events[this.at];
    const [value] = worth[this.unit];
    const told = isKnown(value) ? `${amountText(value, this.unit, currency)} ${SIGNS[kind]}` : "not known how much";
    return `${kind}: ${middleClipped(subject || name, 60)} of ${middleClipped(service, 40)}, ${told} (event ${this.at + 1} of ${events.length})`;
  }

  /** @param {PointerEvent} event */
  hover(event) {
    const box = this.plot.getBoundingClientRect();
    const { from, told, times } = this.capacity;
    const ratio = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
    this.moveTo(lastUntil(times, from + ratio * (told.until - from)));
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const steps = /** @type {Record<string, number>} */ ({ ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity });
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.moveTo(this.at + steps[event.key]);
  }

  /** @param {number} at which event */
  moveTo(at) {
    const next = Math.min(Math.max(at, 0), this.capacity.times.length - 1);
    if (next === this.at || next < 0) return;
    this.at = next;
    this.drawCross();
    this.tell();
  }
}
