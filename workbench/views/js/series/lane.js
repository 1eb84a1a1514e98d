// The lane above the plot: what happened, and how many series changed when.

import { make } from "../dom.js";
import { counted } from "../format.js";
import { eventText } from "./words.js";

const EVENTS_PX = 18;
const FOUND_PX = 22;
const NEAR_PX = 6;

export class Lane {
  /** @param {import("./view.js").SeriesView} view */
  constructor(view) {
    this.view = view;
    this.at = -1; // the event that the keyboard or the pointer is at
    const { events } = view.series;
    const told = events.length ? `What happened: ${counted(events.length, "change or deploy", "changes and deploys")}. Left and right arrows go from one to the next.` : "";
    this.canvas = make("canvas", {
      class: "wb-series-lane", tabindex: events.length ? 0 : undefined, role: events.length ? "application" : "img",
      "aria-roledescription": events.length ? "time line" : undefined, "aria-label": told || "When series changed",
      "aria-describedby": view.status.id,
    });
    this.canvas.hidden = !this.height;
    this.listen();
  }

  get height() {
    const { events, changes } = this.view.series;
    return (events.length ? EVENTS_PX : 0) + (changes.length ? FOUND_PX : 0);
  }

  listen() {
    const { canvas, view } = this;
    const on = /** @param {string} name @param {(event: any) => void} act */ (name, act) =>
      canvas.addEventListener(name, act, { signal: view.signal });
    on("pointermove", (event) => this.goTo(this.under(event), event));
    on("pointerleave", () => { view.hideTip(); this.at = -1; view.top(); });
    on("blur", () => { view.hideTip(); this.at = -1; view.top(); });
    on("keydown", (event) => {
      const { events } = view.series;
      const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      const inView = events.flatMap(({ position }, i) => (position >= view.start && position <= view.end ? [i] : []));
      const next = inView[this.at < 0 ? (step > 0 ? 0 : inView.length - 1) : inView.indexOf(this.at) + step];
      if (next !== undefined) {
        const box = canvas.getBoundingClientRect();
        this.goTo(next, { clientX: box.left + view.x(events[next].position), clientY: box.top });
        view.tell(eventText(view.series, events[next]));
      }
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** @param {{clientX: number, clientY: number}} event @returns {number} the event that is nearest, −1 for none */
  under(event) {
    const place = event.clientX - this.canvas.getBoundingClientRect().left;
    let best = -1;
    let distance = NEAR_PX;
    this.view.series.events.forEach(({ position }, i) => {
      const off = Math.abs(this.view.x(position) - place);
      if (off < distance) { distance = off; best = i; }
    });
    return best;
  }

  /** @param {number} at @param {{clientX: number, clientY: number}} event */
  goTo(at, event) {
    const { view } = this;
    const { events } = view.series;
    this.at = at;
    view.top();
    if (at < 0) return this.tellFound(event);
    const near = events.filter(({ position }) => Math.abs(view.x(position) - view.x(events[at].position)) < 2);
    const more = near.length > 6 ? [`and ${near.length - 6} more`] : [];
    return view.showTip("", [...near.slice(0, 6).map((one) => eventText(view.series, one)), ...more], event);
  }

  /** @param {{clientX: number, clientY: number}} event */
  tellFound(event) {
    const { view } = this;
    const window = view.windowAt(event.clientX - this.canvas.getBoundingClientRect().left);
    const here = view.series.changes.filter(({ index, row }) => index === window && view.isShown[row]);
    if (!here.length) return view.hideTip();
    const worse = here.filter((one) => one.isWorse).length;
    const lines = [worse ? `${counted(worse, "series", "series")} got worse` : "", here.length > worse ? `${counted(here.length - worse, "series", "series")} got better` : ""];
    return view.showTip(view.series.windowName(window), lines, event);
  }

  draw() {
    const { view, height } = this;
    if (!height) return;
    const pen = view.pen(this.canvas, height);
    if (!pen) return;
    const { palette } = view;
    pen.font = `11px ${palette.sans}`;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    let top = 0;
    if (view.series.events.length) {
      pen.fillStyle = palette.muted;
      pen.fillText("events", view.left - 8, EVENTS_PX / 2);
      this.drawEvents(pen);
      top = EVENTS_PX;
    }
    if (!view.series.changes.length) return;
    pen.fillStyle = palette.muted;
    pen.textAlign = "right";
    pen.fillText("found", view.left - 8, top + FOUND_PX / 2);
    this.drawFound(pen, top);
  }

  /** @param {CanvasRenderingContext2D} pen */
  drawEvents(pen) {
    const { view } = this;
    const { palette } = view;
    view.series.events.forEach(({ position, kind }, i) => {
      if (position < view.start || position > view.end) return;
      const x = view.x(position);
      const isAt = i === this.at;
      pen.fillStyle = isAt ? palette.ink : palette.muted;
      const size = isAt ? 6 : 4.5;
      pen.beginPath();
      if (kind === "deploy") {
        pen.moveTo(x - size, 8);
        pen.lineTo(x, 8 - size - 1);
        pen.lineTo(x + size, 8);
        pen.lineTo(x, 8 + size + 1);
      } else pen.arc(x, 8, size - 1, 0, 7);
      pen.fill();
    });
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} top */
  drawFound(pen, top) {
    const { view } = this;
    const { palette } = view;
    const bins = this.bins();
    const most = Math.max(...bins.flatMap(({ worse, better }) => [worse, better]), 1);
    const middle = top + FOUND_PX / 2;
    const tall = /** @param {number} n */ (n) => (n ? 2 + (FOUND_PX / 2 - 3) * (Math.log1p(n) / Math.log1p(most)) : 0);
    pen.fillStyle = palette.line;
    pen.fillRect(view.left, middle, view.width - view.left - view.right, 1);
    for (const { x, worse, better } of bins) {
      pen.fillStyle = palette.bad;
      pen.fillRect(x - 1.5, middle - tall(worse), 3, tall(worse));
      pen.fillStyle = palette.good;
      pen.fillRect(x - 1.5, middle + 1, 3, tall(better));
    }
  }

  /** @returns {{x: number, worse: number, better: number}[]} change points of shown series, those of 4 pixels together */
  bins() {
    const { view } = this;
    /** @type {Map<number, {x: number, worse: number, better: number}>} */
    const bins = new Map();
    for (const { row, index, isWorse } of view.series.changes) {
      if (!view.isShown[row] || index < view.start || index >= view.end) continue;
      const x = Math.round(view.x(index) / 4) * 4;
      const bin = bins.get(x) ?? { x, worse: 0, better: 0 };
      if (isWorse) bin.worse += 1;
      else bin.better += 1;
      bins.set(x, bin);
    }
    return [...bins.values()];
  }
}
