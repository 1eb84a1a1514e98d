// Small multiples: a cell for each series, of which those in view are drawn.

import { make } from "../dom.js";
import { counted, middleClipped, withUnit } from "../format.js";
import { extent, plottedValue, rangeOf } from "./data.js";
import { strokeRow } from "./line.js";
import { drawMark } from "./plot.js";
import { changeLines, changeText, valueLines, verdict } from "./words.js";

const CELL_PX = 100;
const LEAST_CELL_PX = 210;
const PAD_PX = 8;
const HEAD_PX = 36;
const MOST_EVENTS = 200; // that a cell has ticks of

export class Grid {
  /** @param {import("./view.js").SeriesView} view */
  constructor(view) {
    this.view = view;
    this.place = 0; // of the cell that the keyboard is at
    this.canvas = make("canvas", {
      tabindex: 0, role: "application", "aria-roledescription": "grid of series",
      "aria-label": `${counted(view.series.nSeries, "series", "series")}, a cell each`, "aria-describedby": view.status.id,
    });
    this.spacer = make("div", {});
    this.box = make("div", { class: "wb-series-grid" }, this.canvas, this.spacer);
    this.range = { low: 0, high: 1 };
    this.listen();
  }

  /** Without the bar that scrolls it. */
  get width() {
    return this.box.clientWidth || this.view.width;
  }

  get across() {
    return Math.max(1, Math.floor(this.width / LEAST_CELL_PX));
  }

  get cellWidth() {
    return this.width / this.across;
  }

  get height() {
    return this.view.height + this.view.lane.height;
  }

  settleSize() {
    const whole = Math.ceil(this.view.rows.length / this.across) * CELL_PX;
    this.box.style.height = `${this.height}px`;
    this.spacer.style.height = `${Math.max(whole - this.height, 0)}px`;
  }

  stale() {
    const { view } = this;
    if (view.mode === "grid") view.tellNothing(false);
    this.place = Math.min(this.place, Math.max(view.rows.length - 1, 0));
    if (view.scale === "relative") this.range = rangeOf(view.series, view.scale, view.rows, view.start, view.end);
    this.settleSize();
  }

  draw() {
    const { view } = this;
    const pen = view.pen(this.canvas, this.height, this.width);
    if (!pen) return;
    const top = this.box.scrollTop;
    const first = Math.floor(top / CELL_PX) * this.across;
    const last = Math.min(Math.ceil((top + this.height) / CELL_PX) * this.across, view.rows.length);
    for (let place = first; place < last; place++) {
      const x = (place % this.across) * this.cellWidth;
      const y = Math.floor(place / this.across) * CELL_PX - top;
      this.drawCell(pen, place, x, y);
    }
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} place @param {number} x @param {number} y */
  drawCell(pen, place, x, y) {
    const { view } = this;
    const { palette } = view;
    const row = view.rows[place];
    const chosen = view.chosen.indexOf(row);
    const isAt = place === this.place && document.activeElement === this.canvas;
    if (row === view.at) {
      pen.fillStyle = palette.sunken;
      pen.fillRect(x + 2, y + 2, this.cellWidth - 4, CELL_PX - 4);
    }
    pen.strokeStyle = chosen >= 0 ? view.colourOf(chosen) : isAt ? palette.accent : palette.line;
    pen.lineWidth = chosen >= 0 ? 2.5 : isAt ? 2 : 1;
    pen.setLineDash(isAt && chosen >= 0 ? [6, 3] : []);
    pen.strokeRect(x + 2.5, y + 2.5, this.cellWidth - 5, CELL_PX - 5);
    pen.setLineDash([]);
    this.drawWords(pen, row, chosen, x + PAD_PX, y, this.cellWidth - 2 * PAD_PX);
    pen.save();
    pen.beginPath();
    pen.rect(x + PAD_PX, y + HEAD_PX, this.cellWidth - 2 * PAD_PX, CELL_PX - HEAD_PX - 6);
    pen.clip();
    this.drawLine(pen, row, this.frame(row, x, y));
    pen.restore();
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} row @param {number} chosen @param {number} x @param {number} y @param {number} width */
  drawWords(pen, row, chosen, x, y, width) {
    const { view } = this;
    const { palette, series } = view;
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    pen.font = `11px ${palette.mono}`;
    pen.fillStyle = palette.ink;
    const name = (chosen >= 0 ? `${chosen + 1} ` : "") + series.names[row];
    pen.fillText(middleClipped(name, Math.floor(width / 6.65)), x, y + 13);
    pen.font = `11px ${palette.sans}`;
    pen.fillStyle = palette.muted;
    pen.fillText(withUnit(series.last(row), series.unit(row)), x, y + 27);
    const ratio = series.ratio[row];
    if (Number.isNaN(ratio)) return;
    const [change] = series.changesOf.get(row) ?? [];
    pen.textAlign = "right";
    if (change) pen.fillStyle = change.isWorse ? palette.bad : palette.good;
    pen.fillText((change ? `${verdict(change)} ` : "") + changeText(ratio), x + width, y + 27);
  }

  /** @param {number} row @param {number} left @param {number} top @returns {import("./line.js").Frame & {bottom: number}} */
  frame(row, left, top) {
    const { view } = this;
    const { start, end } = view;
    const width = this.cellWidth - 2 * PAD_PX;
    const range = view.scale === "relative" ? this.range : extent(view.series.on(view.scale), [row], start, end);
    const room = (range.high - range.low) * 0.08 || Math.abs(range.high) * 0.1 || 1;
    const [low, high] = [range.low - room, range.high + room];
    const tall = CELL_PX - HEAD_PX - 8;
    return {
      x: (at) => left + PAD_PX + ((at - start) / (end - start)) * width,
      y: (at) => top + HEAD_PX + ((high - at) / (high - low)) * tall,
      start, end, width, bottom: top + CELL_PX - 7,
    };
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} row @param {import("./line.js").Frame & {bottom: number}} frame */
  drawLine(pen, row, frame) {
    const { view } = this;
    const { palette, series } = view;
    const plotted = series.on(view.scale);
    const top = -CELL_PX;
    const tall = this.height + 2 * CELL_PX;
    if (view.brush) {
      pen.fillStyle = palette.accent;
      pen.globalAlpha = 0.18;
      pen.fillRect(frame.x(view.brush[0]), top, frame.x(view.brush[1]) - frame.x(view.brush[0]), tall);
      pen.globalAlpha = 1;
    }
    pen.fillStyle = palette.muted;
    for (const { position } of series.events.slice(0, MOST_EVENTS)) pen.fillRect(Math.round(frame.x(position)), frame.bottom - 4, 1, 4);
    const changes = series.changesOf.get(row) ?? [];
    for (const { low, high, isWorse } of changes) {
      pen.fillStyle = isWorse ? palette.bad : palette.good;
      pen.globalAlpha = 0.16;
      pen.fillRect(frame.x(low), top, Math.max(frame.x(high + 1) - frame.x(low), 2), tall);
      pen.globalAlpha = 1;
    }
    pen.strokeStyle = palette.accent;
    pen.lineWidth = 1.2;
    strokeRow(pen, plotted, row, frame);
    for (const change of changes) {
      drawMark(pen, frame.x(change.index), frame.y(plottedValue(plotted, row, change.after, view.scale)), 4, change, palette);
    }
  }

  // ---- what is pointed at, and what clicks and keys do -------------------------------------------------

  /** @param {{offsetX: number, offsetY: number}} event @returns {number} place of the cell, −1 for none */
  placeUnder({ offsetX, offsetY }) {
    const column = Math.floor(offsetX / this.cellWidth);
    const place = Math.floor((offsetY + this.box.scrollTop) / CELL_PX) * this.across + column;
    return column < this.across && place < this.view.rows.length ? place : -1;
  }

  /** @param {{offsetX: number}} event @returns {number} */
  windowUnder({ offsetX }) {
    const { view } = this;
    const within = (offsetX % this.cellWidth) - PAD_PX;
    const part = within / (this.cellWidth - 2 * PAD_PX);
    return Math.min(Math.max(Math.floor(view.start + part * (view.end - view.start)), view.start), view.end - 1);
  }

  listen() {
    const { canvas, view } = this;
    /** @type {{x: number, window: number, place: number, isDrag: boolean} | null} */
    let grip = null;
    const on = /** @param {string} name @param {(event: any) => void} act */ (name, act) =>
      canvas.addEventListener(name, act, { signal: view.signal });
    on("pointerdown", (event) => {
      const place = this.placeUnder(event);
      if (event.button || place < 0) return;
      grip = { x: event.offsetX, window: this.windowUnder(event), place, isDrag: false };
      canvas.setPointerCapture(event.pointerId);
    });
    on("pointermove", (event) => {
      if (grip && (grip.isDrag || Math.abs(event.offsetX - grip.x) > 4)) {
        grip.isDrag = true;
        view.hideTip();
        if (Math.floor(event.offsetX / this.cellWidth) !== grip.place % this.across) return;
        const here = this.windowUnder(event);
        view.setBrush(Math.min(grip.window, here), Math.max(grip.window, here) + 1, false);
        return;
      }
      this.point(event);
    });
    on("pointerup", (event) => {
      const isClick = grip !== null && !grip.isDrag;
      if (grip?.isDrag) view.settleBrush();
      if (isClick && grip) {
        this.place = grip.place;
        view.choose(view.rows[grip.place], event.shiftKey || event.ctrlKey || event.metaKey);
      }
      grip = null;
    });
    on("pointercancel", () => { grip = null; });
    on("pointerleave", () => { view.at = view.cursor = -1; view.hideTip(); view.top(); });
    on("focus", () => view.top());
    on("blur", () => { view.at = view.cursor = -1; view.top(); });
    on("keydown", (event) => { if (!this.press(event)) view.press(event); });
    this.box.addEventListener("scroll", () => { view.hideTip(); view.top(); }, { signal: view.signal });
  }

  /** @param {PointerEvent} event */
  point(event) {
    const { view } = this;
    const place = this.placeUnder(event);
    view.at = place < 0 ? -1 : view.rows[place];
    view.top();
    if (place < 0) return view.hideTip();
    const lines = [...valueLines(view.series, view.at, this.windowUnder(event)), ...changeLines(view.series, view.at)];
    return view.showTip(view.series.names[view.at], lines, event);
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key means something here */
  press(event) {
    const { view } = this;
    if (event.altKey || event.ctrlKey || event.metaKey || (event.shiftKey && event.key.startsWith("Arrow"))) return false;
    const page = Math.max(Math.floor(this.height / CELL_PX), 1) * this.across;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.across, ArrowDown: this.across, PageUp: -page, PageDown: page }[event.key];
    if (step) {
      this.place = Math.min(Math.max(this.place + step, 0), Math.max(view.rows.length - 1, 0));
      this.reveal();
    } else if ((event.key === "Enter" || event.key === " ") && view.rows.length) view.choose(view.rows[this.place], event.key === " " || event.shiftKey);
    else return false;
    if (view.rows.length) view.at = view.rows[this.place];
    view.tellRow(view.at);
    view.top();
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  reveal() {
    const top = Math.floor(this.place / this.across) * CELL_PX;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    if (top + CELL_PX > this.box.scrollTop + this.height) this.box.scrollTop = top + CELL_PX - this.height;
  }
}
