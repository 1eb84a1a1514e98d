// All series in one plot: a picture of them below, and above it what is pointed at, chosen and brushed.

import { make } from "../dom.js";
import { clipped, counted, tickTexts, withUnit } from "../format.js";
import { extent, plottedValue, rangeOf, ratioOf } from "./data.js";
import { Density } from "./density.js";
import { nearestRow, nextRow, strokeRow } from "./line.js";
import { linearTicks, logTicks, timeTicks } from "./scale.js";
import { changeLines, valueLines } from "./words.js";

const FEW = 40; // series that are drawn as lines, each by itself
const MOST_MARKS = 300;
const MOST_LINES = 50;
const MOST_SHADED = 4; // of which it is shaded where they may have changed
const SLICE_MS = 18;
const PATIENCE_MS = 120; // after which what there is of a picture is shown
const REACH_PX = 14;
const EDGE_PX = 5;
const AXIS_PX = 24;
const MOST_EDGED = 8; // lines that stand out by a light edge

export class Plot {
  /** @param {import("./view.js").SeriesView} view */
  constructor(view) {
    this.view = view;
    const { series } = view;
    this.base = make("canvas", { class: "wb-series-base", "aria-hidden": "true" });
    this.canvas = make("canvas", {
      class: "wb-series-top", tabindex: 0, role: "application", "aria-roledescription": "plot of series",
      "aria-label": `${counted(series.nSeries, "series", "series")} over ${counted(series.nWindows, "window")}`,
      "aria-describedby": view.status.id,
    });
    this.box = make("div", { class: "wb-series-plot" }, this.base, this.canvas);
    this.picture = make("canvas", {}); // of all series
    this.lines = make("canvas", {}); // of those that are chosen
    this.linesAre = ""; // what that was drawn from
    this.range = { low: 0, high: 1, isCut: false, isEmpty: false };
    this.most = 0;
    /** @type {Density | null} */ this.job = null;
    /** @type {{x: number, y: number} | null} */ this.pointer = null;
    this.isBehind = true;
    this.begun = 0;
    this.span = 0; // windows of the picture
    this.isEdge = false; // whether an edge of the brush is being drawn
    this.listen();
  }

  get height() {
    return this.view.height;
  }

  get floor() {
    return this.height - AXIS_PX;
  }

  /** @param {number} value plotted */
  y(value) {
    const { low, high } = this.range;
    return 6 + ((high - value) / (high - low)) * (this.floor - 6);
  }

  /** @param {number} y @returns {number} plotted value */
  valueAt(y) {
    const { low, high } = this.range;
    return high - ((y - 6) / (this.floor - 6)) * (high - low);
  }

  // ---- the picture below --------------------------------------------------------------------------

  /** What is shown, or of which time, is another. */
  stale() {
    this.isBehind = true;
  }

  /** @param {() => void} again to be called when there is more to be drawn */
  drawBase(again) {
    const { view } = this;
    if (this.isBehind) this.begin();
    else if (this.job) this.go(this.job);
    if (this.job) again();
    if (this.job && performance.now() - this.begun < PATIENCE_MS) return false;
    const pen = view.pen(this.base, this.height);
    if (!pen) return false;
    this.drawGrid(pen);
    pen.save();
    pen.beginPath();
    pen.rect(view.left, 0, view.width - view.left - view.right, this.floor + 1);
    pen.clip();
    this.drawSeries(pen);
    this.drawMarks(pen);
    pen.restore();
    return !this.job;
  }

  /** @param {Density} job to be taken one step further, which is what a frame has time for */
  go(job) {
    const isIn = job.isIn;
    if (!isIn) job.add(SLICE_MS);
    if (!isIn && performance.now() - this.begun < PATIENCE_MS) return;
    this.begun = performance.now();
    this.develop(job);
    if (isIn) this.job = null;
  }

  begin() {
    const { view } = this;
    const { rows, series } = view;
    this.isBehind = false;
    this.begun = performance.now();
    this.range = rangeOf(series, view.scale, rows, view.start, view.end);
    this.job = null;
    view.tellNothing(this.range.isEmpty);
    if (rows.length <= FEW) return;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.job = new Density({
      plotted: series.on(view.scale), rows, start: view.start, end: view.end,
      low: this.range.low, high: this.range.high,
      width: Math.max(Math.round((view.width - view.left - view.right) * ratio), 1),
      height: Math.max(Math.round((this.floor - 6) * ratio), 1),
    });
  }

  /** @param {Density} job */
  develop(job) {
    const { picture } = this;
    picture.width = job.columns;
    picture.height = job.height;
    const image = new ImageData(job.columns, job.height);
    this.most = job.paint(this.view.shades, new Uint32Array(image.data.buffer));
    picture.getContext("2d").putImageData(image, 0, 0);
    this.span = job.span;
  }

  /** @param {CanvasRenderingContext2D} pen */
  drawSeries(pen) {
    const { view } = this;
    const { rows, series } = view;
    if (rows.length > FEW) {
      const left = view.x(view.start);
      pen.imageSmoothingEnabled = true;
      pen.drawImage(this.picture, left, 6, view.x(view.start + this.span) - left, this.floor - 6);
      return;
    }
    pen.strokeStyle = view.palette.accent;
    pen.globalAlpha = rows.length > 8 ? 0.55 : 0.85;
    pen.lineWidth = 1.2;
    for (const row of rows) strokeRow(pen, series.on(view.scale), row, this.frame());
    pen.globalAlpha = 1;
  }

  frame() {
    const { view } = this;
    return {
      x: /** @param {number} at */ (at) => view.x(at), y: /** @param {number} at */ (at) => this.y(at),
      start: view.start, end: view.end, width: view.width - view.left - view.right,
    };
  }

  /** @param {CanvasRenderingContext2D} pen */
  drawMarks(pen) {
    const { view } = this;
    const { series, palette } = view;
    const plotted = series.on(view.scale);
    const marks = series.changes.filter(({ row, index }) => view.isShown[row] && index >= view.start && index < view.end);
    marks.sort((one, other) => Math.abs(ratioOf(other)) - Math.abs(ratioOf(one)));
    for (const change of marks.slice(0, MOST_MARKS).reverse()) {
      const { row, index, low, high, after, isWorse } = change;
      const y = Math.min(Math.max(this.y(plottedValue(plotted, row, after, view.scale)), 8), this.floor - 4);
      const x = view.x(index);
      pen.fillStyle = isWorse ? palette.bad : palette.good;
      pen.globalAlpha = 0.45;
      if (high > low) pen.fillRect(view.x(low), y - 1, Math.max(view.x(high + 1) - view.x(low), 2), 2);
      pen.globalAlpha = 1;
      drawMark(pen, x, y, 4.5, change, palette);
    }
  }

  /** @param {CanvasRenderingContext2D} pen */
  drawGrid(pen) {
    const { view } = this;
    const { palette, series } = view;
    const right = view.width - view.right;
    pen.font = `11px ${palette.sans}`;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (const { at, text } of this.valueTicks()) {
      const y = Math.round(this.y(at)) + 0.5;
      if (y < 4 || y > this.floor + 1) continue;
      pen.fillStyle = palette.line;
      pen.fillRect(view.left, y - 0.5, right - view.left, 1);
      pen.fillStyle = palette.muted;
      pen.fillText(clipped(text, 11), view.left - 6, y);
    }
    pen.textAlign = "center";
    for (const { position, text } of windowTicks(series, view.start, view.end, Math.max(Math.floor((right - view.left) / 105), 2))) {
      const x = view.x(position);
      pen.fillStyle = palette.edge;
      pen.fillRect(Math.round(x), this.floor, 1, 4);
      pen.fillStyle = palette.muted;
      const half = pen.measureText(text).width / 2;
      pen.fillText(text, Math.min(Math.max(x, half + 2), view.width - half - 2), this.floor + 14);
    }
    pen.fillStyle = palette.edge;
    pen.fillRect(view.left, this.floor, right - view.left, 1);
  }

  /** @returns {{at: number, text: string}[]} */
  valueTicks() {
    const { view } = this;
    const { low, high } = this.range;
    const most = Math.max(Math.floor(this.floor / 44), 2);
    const unit = view.commonUnit;
    if (view.scale === "log") return logTicks(low, high, most).map((at) => ({ at, text: withUnit(Number(Math.exp(at).toPrecision(6)), unit) }));
    const ticks = linearTicks(low, high, most);
    const isRelative = view.scale === "relative";
    const texts = tickTexts(ticks, isRelative ? "share" : unit);
    return ticks.map((at, i) => ({ at, text: isRelative && at >= 0 ? (at ? `+${texts[i]}` : "median") : texts[i] }));
  }

  // ---- what is above it -----------------------------------------------------------------------------

  drawTop() {
    const { view } = this;
    const pen = view.pen(this.canvas, this.height);
    if (!pen) return;
    if (this.pointer) this.point(this.pointer);
    pen.save();
    pen.beginPath();
    pen.rect(view.left, 0, view.width - view.left - view.right, this.floor + 1);
    pen.clip();
    if (view.chosen.length || view.at >= 0) this.veil(pen);
    if (view.chosen.length) pen.drawImage(this.settledLines(), 0, 0, view.width, this.height);
    this.drawBrush(pen);
    this.drawEvent(pen);
    if (view.at >= 0 && !view.chosen.includes(view.at)) {
      this.drawIntervals(pen, view.at);
      this.drawRow(pen, view.at, view.palette.ink, true);
    }
    this.drawCursor(pen);
    pen.restore();
    this.drawNumbers(pen);
  }

  /** @returns {HTMLCanvasElement} the chosen series, drawn anew only when they or their places are others */
  settledLines() {
    const { view } = this;
    const { low, high } = this.range;
    const wanted = [view.start, view.end, view.scale, low, high, view.width, this.height, window.devicePixelRatio, view.palette.ink, ...view.chosen.slice(0, MOST_LINES)].join();
    if (wanted === this.linesAre) return this.lines;
    const pen = view.pen(this.lines, this.height);
    if (!pen) return this.lines;
    this.linesAre = wanted;
    for (const row of view.chosen.slice(0, MOST_SHADED)) this.drawIntervals(pen, row);
    const isEdged = view.chosen.length <= MOST_EDGED;
    view.chosen.slice(0, MOST_LINES).forEach((row, i) => this.drawRow(pen, row, view.colourOf(i), isEdged));
    return this.lines;
  }

  /** @param {CanvasRenderingContext2D} pen */
  veil(pen) {
    pen.globalAlpha = 0.35;
    pen.fillStyle = this.view.palette.paper;
    pen.fillRect(0, 0, this.view.width, this.floor);
    pen.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} pen */
  drawBrush(pen) {
    const { view } = this;
    if (!view.brush) return;
    const [left, right] = view.brush.map((at) => view.x(at));
    pen.fillStyle = view.palette.accent;
    pen.globalAlpha = 0.16;
    pen.fillRect(left, 0, right - left, this.floor);
    pen.globalAlpha = 1;
    pen.fillRect(left - 0.75, 0, 1.5, this.floor);
    pen.fillRect(right - 0.75, 0, 1.5, this.floor);
  }

  /** @param {CanvasRenderingContext2D} pen */
  drawEvent(pen) {
    const { view } = this;
    const event = view.series.events[view.lane.at];
    if (!event) return;
    pen.fillStyle = view.palette.ink;
    pen.fillRect(Math.round(view.x(event.position)), 0, 1, this.floor);
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} row @param {string} colour @param {boolean} isEdged */
  drawRow(pen, row, colour, isEdged) {
    const { view } = this;
    const { series, palette } = view;
    const plotted = series.on(view.scale);
    pen.lineJoin = "bevel";
    pen.strokeStyle = palette.paper;
    pen.lineWidth = 4;
    if (isEdged) strokeRow(pen, plotted, row, this.frame());
    pen.strokeStyle = colour;
    pen.lineWidth = isEdged ? 1.7 : 1;
    strokeRow(pen, plotted, row, this.frame());
    const changes = [...(series.changesOf.get(row) ?? [])].sort((one, other) => one.index - other.index);
    changes.forEach((change, i) => this.drawLevels(pen, row, change, changes[i - 1]?.index ?? 0, changes[i + 1]?.index ?? series.nWindows));
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} row */
  drawIntervals(pen, row) {
    const { view } = this;
    for (const { low, high, index, isWorse } of view.series.changesOf.get(row) ?? []) {
      pen.fillStyle = isWorse ? view.palette.bad : view.palette.good;
      pen.globalAlpha = 0.14;
      pen.fillRect(view.x(low), 0, Math.max(view.x(high + 1) - view.x(low), 2), this.floor);
      pen.globalAlpha = 1;
      pen.fillRect(view.x(index) - 0.5, 0, 1, this.floor);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} pen @param {number} row @param {import("./data.js").Change} change
   * @param {number} from @param {number} until
   */
  drawLevels(pen, row, change, from, until) {
    const { view } = this;
    const plotted = view.series.on(view.scale);
    const at = /** @param {number} level */ (level) => this.y(plottedValue(plotted, row, level, view.scale));
    pen.strokeStyle = view.palette.ink;
    pen.lineWidth = 1.5;
    pen.setLineDash([5, 3]);
    pen.beginPath();
    pen.moveTo(view.x(from), at(change.before));
    pen.lineTo(view.x(change.index), at(change.before));
    pen.moveTo(view.x(change.index), at(change.after));
    pen.lineTo(view.x(until), at(change.after));
    pen.stroke();
    pen.setLineDash([]);
    drawMark(pen, view.x(change.index), Math.min(Math.max(at(change.after), 8), this.floor - 4), 6, change, view.palette);
  }

  /** @param {CanvasRenderingContext2D} pen */
  drawCursor(pen) {
    const { view } = this;
    if (view.cursor < 0) return;
    const x = view.x(view.cursor + 0.5);
    pen.fillStyle = view.palette.muted;
    pen.fillRect(Math.round(x), 0, 1, this.floor);
    if (view.at < 0) return;
    const plotted = view.series.on(view.scale);
    const value = plottedValue(plotted, view.at, view.series.value(view.at, view.cursor), view.scale);
    if (!Number.isFinite(value)) return;
    pen.fillStyle = view.palette.ink;
    pen.beginPath();
    pen.arc(x, this.y(value), 3.5, 0, 7);
    pen.fill();
  }

  /** @param {CanvasRenderingContext2D} pen at the right edge, as in the list below the plot */
  drawNumbers(pen) {
    const { view } = this;
    const plotted = view.series.on(view.scale);
    pen.font = `bold 11px ${view.palette.sans}`;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    const places = view.chosen.slice(0, MOST_LINES).map((row, i) => {
      const value = lastShown(view, plotted, row);
      return { y: Math.min(Math.max(this.y(value), 8), this.floor - 4), i };
    }).filter(({ y }) => Number.isFinite(y)).sort((one, other) => one.y - other.y);
    let above = -Infinity;
    for (const { y, i } of places) {
      above = Math.max(y, above + 11);
      if (above > this.floor) return;
      pen.fillStyle = view.colourOf(i);
      pen.fillText(String(i + 1), view.width - view.right + 4, above);
    }
  }

  // ---- what is pointed at ------------------------------------------------------------------------

  /** @param {{x: number, y: number}} place */
  point({ x, y }) {
    const { view } = this;
    this.pointer = null;
    const isInside = x >= view.left && x <= view.width - view.right && y <= this.floor;
    const reach = Math.abs(this.valueAt(0) - this.valueAt(REACH_PX));
    const row = isInside ? nearestRow(view.series.on(view.scale), view.rows, view.positionAt(x), this.valueAt(y), reach) : -1;
    view.at = row;
    view.cursor = isInside ? view.windowAt(x) : -1;
    if (row < 0) return view.hideTip();
    const box = this.canvas.getBoundingClientRect();
    return view.showTip(view.series.names[row], this.linesOf(row), { clientX: box.left + x, clientY: box.top + y });
  }

  /** @param {number} row */
  linesOf(row) {
    const { view } = this;
    return [...valueLines(view.series, row, Math.max(view.cursor, 0)), ...changeLines(view.series, row)];
  }

  // ---- what clicks and keys do ---------------------------------------------------------------------

  listen() {
    const { canvas, view } = this;
    /** @type {{x: number, fixed: number, isDrag: boolean} | null} */
    let grip = null;
    const on = /** @param {string} name @param {(event: any) => void} act */ (name, act) =>
      canvas.addEventListener(name, act, { signal: view.signal });
    on("pointerdown", (event) => {
      if (event.button) return;
      const x = event.offsetX;
      const edge = this.edgeAt(x);
      grip = { x, fixed: edge < 0 ? view.windowAt(x) : edge, isDrag: edge >= 0 };
      this.isEdge = edge >= 0;
      canvas.setPointerCapture(event.pointerId);
    });
    on("pointermove", (event) => {
      const x = event.offsetX;
      if (grip && (grip.isDrag || Math.abs(x - grip.x) > 4)) {
        grip.isDrag = true;
        view.hideTip();
        view.at = view.cursor = -1;
        if (this.isEdge) view.setBrush(grip.fixed, Math.round(view.positionAt(x)), false);
        else view.setBrush(Math.min(grip.fixed, view.windowAt(x)), Math.max(grip.fixed, view.windowAt(x)) + 1, false);
        return;
      }
      canvas.style.cursor = this.edgeAt(x) >= 0 ? "ew-resize" : "crosshair";
      this.pointer = { x, y: event.offsetY };
      view.top();
    });
    on("pointerup", (event) => {
      const isClick = grip !== null && !grip.isDrag;
      if (grip?.isDrag) view.settleBrush();
      grip = null;
      if (!isClick) return;
      this.point({ x: event.offsetX, y: event.offsetY });
      if (view.at >= 0) view.choose(view.at, event.shiftKey || event.ctrlKey || event.metaKey);
      else if (view.brush) view.clearBrush();
      else view.chooseAll([]);
    });
    on("pointercancel", () => { grip = null; });
    on("pointerleave", () => {
      this.pointer = null;
      view.at = view.cursor = -1;
      view.hideTip();
      view.top();
    });
    on("blur", () => { view.at = view.cursor = -1; view.top(); });
    on("keydown", (event) => { if (!this.press(event)) view.press(event); });
    canvas.addEventListener("wheel", (/** @type {WheelEvent} */ event) => view.turn(event), { signal: view.signal, passive: false });
  }

  /** @param {number} x @returns {number} of a brush whose edge is here the other one, −1 where there is none */
  edgeAt(x) {
    const { brush } = this.view;
    if (!brush) return -1;
    const [left, right] = brush.map((at) => Math.abs(this.view.x(at) - x));
    if (Math.min(left, right) > EDGE_PX) return -1;
    return left < right ? brush[1] : brush[0];
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key means something here */
  press(event) {
    const { view } = this;
    if (event.altKey || event.ctrlKey || event.metaKey) return false;
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (step) {
      if (view.cursor < 0) view.cursor = view.start;
      view.at = nextRow(view.series.on(view.scale), view.rows, view.cursor, view.at, /** @type {1 | -1} */ (step));
    } else if ((event.key === "Enter" || event.key === " ") && view.at >= 0) view.choose(view.at, event.key === " " || event.shiftKey);
    else return false;
    view.tellRow(view.at);
    view.top();
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}

/** @param {import("./view.js").SeriesView} view @param {import("./data.js").Plotted} plotted @param {number} row */
function lastShown(view, plotted, row) {
  for (let window = view.end - 1; window >= view.start; window--) {
    const { low, high } = extent(plotted, [row], window, window + 1);
    if (high >= low) return high;
  }
  return NaN;
}

/**
 * Draw a triangle that points where the series went: full where that is worse, hollow where it is better.
 * @param {CanvasRenderingContext2D} pen @param {number} x @param {number} y @param {number} size
 * @param {import("./data.js").Change} change @param {Record<string, string>} palette
 */
export function drawMark(pen, x, y, size, change, palette) {
  const tip = change.after >= change.before ? -size : size;
  pen.beginPath();
  pen.moveTo(x - size, y - tip * 0.7);
  pen.lineTo(x + size, y - tip * 0.7);
  pen.lineTo(x, y + tip);
  pen.closePath();
  pen.lineWidth = change.isWorse ? 1 : 1.5;
  pen.fillStyle = change.isWorse ? palette.bad : palette.paper;
  pen.strokeStyle = change.isWorse ? palette.paper : palette.good;
  pen.fill();
  pen.stroke();
}

/**
 * @param {import("./data.js").Series} series @param {number} start @param {number} end @param {number} most
 * @returns {{position: number, text: string}[]}
 */
export function windowTicks(series, start, end, most) {
  const { timesMs } = series;
  if (timesMs && timesMs.length > 1) {
    const usual = (timesMs[timesMs.length - 1] - timesMs[0]) / (timesMs.length - 1);
    const until = end < timesMs.length ? timesMs[end] : timesMs[timesMs.length - 1] + usual;
    return timeTicks(timesMs[start], until, most).map(({ ms, text }) => ({ position: series.positionOf(ms), text }));
  }
  return linearTicks(start, end - 1, most).filter(Number.isInteger).map((window) => ({
    position: window + 0.5, text: clipped(timesMs ? series.windowName(window) : series.windowNames[window] ?? String(window), 16),
  }));
}
