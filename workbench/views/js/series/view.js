// Thousands of series in a page: one plot of all or a cell for each, and what clicks and keys do.

import { chooser, freshId, make } from "../dom.js";
import { clipped, counted, withUnit } from "../format.js";
import { Series, ratioOf } from "./data.js";
import { shadesBetween } from "./density.js";
import { Grid } from "./grid.js";
import { Lane } from "./lane.js";
import { rowsOf } from "./order.js";
import { Plot } from "./plot.js";
import { changeLines, changeText, levelsOf, valueLines, verdict } from "./words.js";
import { followTheme } from "../theme.js";

/**
 * @typedef {import("./data.js").Scale} Scale
 * @typedef {"overlay" | "grid"} Mode
 *
 * @typedef {object} Options
 * @property {number} [height] of the plot, in pixels
 * @property {string} [label]
 * @property {(rows: number[]) => void} [onSelect]
 * @property {(window: [number, number] | null) => void} [onBrush] first window and end, which is not in it
 */

const SHADES = {
  light: ["#b4cdec", "#5f93d3", "#2358a8", "#0b2148"],
  dark: ["#29486e", "#4b82c6", "#86b7ff", "#f1f6ff"],
};
const COLOURS = {
  light: ["#b5400c", "#0b6e5c", "#7a3ba8", "#8a5a00", "#b3166b", "#3d4650"],
  dark: ["#ff9966", "#58cdb4", "#d3a6ff", "#e9c46a", "#ff94bd", "#c3cbd4"],
};
const MOST_LISTED = 8;
const MOST_FOUND = 1000;
const LEFT_PX = 70;
const RIGHT_PX = 30;
const FEWEST_WINDOWS = 2;

export class SeriesView {
  /**
   * @param {HTMLElement} element to draw in
   * @param {import("./data.js").Told} told
   * @param {Options} [options]
   */
  constructor(element, told, { height = 360, label = "", onSelect = () => {}, onBrush = () => {} } = {}) {
    performance.mark("wb-series-begin");
    this.element = element;
    this.height = height;
    this.onSelect = onSelect;
    this.onBrush = onBrush;
    this.ending = new AbortController();
    this.signal = this.ending.signal;
    this.series = new Series(told);
    this.start = 0;
    this.end = this.series.nWindows;
    this.width = 600;
    this.left = LEFT_PX;
    this.right = RIGHT_PX;
    this.at = -1; // the row that is pointed at
    this.cursor = -1; // the window that is
    /** @type {[number, number] | null} */ this.brush = null;
    /** @type {number[]} */ this.chosen = [];
    /** @type {Mode} */ this.mode = "overlay";
    /** @type {Scale} */ this.scale = this.firstScale();
    /** @type {import("./order.js").Wanted} */ this.wanted = { text: "", isChanged: false, by: "change" };
    /** @type {Record<string, string>} */ this.palette = {};
    /** @type {string[]} */ this.colours = COLOURS.light;
    this.shades = shadesBetween(SHADES.light, 256);
    /** @type {Int32Array} */ this.rows = new Int32Array(0);
    this.isShown = new Uint8Array(0);
    this.measured = "wb-series-first-frame";
    this.anchor = -1; // where a brush by keys began
    element.classList.add("wb", "wb-series");
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", label || `Explorer of ${told.title}`);
    this.status = make("p", { class: "wb-status", id: freshId("status"), role: "status" });
    this.tip = make("div", { class: "wb-tip", hidden: true });
    this.lane = new Lane(this);
    this.plot = new Plot(this);
    this.grid = new Grid(this);
    this.nothing = make("p", { class: "wb-empty", hidden: true }, "No series is like that.");
    this.stage = make("div", { class: "wb-series-stage" }, this.lane.canvas, this.plot.box, this.grid.box, this.nothing);
    this.list = make("div", { class: "wb-series-list" });
    this.key = make("div", { class: "wb-series-key" });
    if (!this.series.nSeries || !this.series.nWindows) {
      element.replaceChildren(make("p", { class: "wb-empty" }, "There are no series to show."));
      followTheme(element, () => {}, this.signal);
      return;
    }
    this.build();
  }

  build() {
    this.element.replaceChildren(this.bar(), this.stage, this.status, this.list, this.key, this.tip);
    followTheme(this.element, () => this.recolour(), this.signal);
    this.sift();
    this.settleMode();
    const watcher = new ResizeObserver(() => this.resize());
    watcher.observe(this.stage);
    this.signal.addEventListener("abort", () => watcher.disconnect());
  }

  leave() {
    this.ending.abort();
    this.element.replaceChildren();
  }

  /** @returns {Scale} series of several units, or of sizes far apart, are compared by their change */
  firstScale() {
    const { median, units } = this.series;
    const sizes = [...median].map(Math.abs).filter((size) => size > 0).sort((one, other) => one - other);
    const isFar = sizes.length > 4 && sizes[Math.floor(sizes.length * 0.9)] > 20 * sizes[Math.floor(sizes.length * 0.1)];
    return units.length > 1 || isFar ? "relative" : "absolute";
  }

  get commonUnit() {
    return this.series.units.length === 1 ? this.series.units[0] : "";
  }

  // ---- what stands around -----------------------------------------------------------------------

  bar() {
    const { signal, series } = this;
    this.search = make("input", { type: "search", placeholder: "part of a name", spellcheck: "false" });
    this.found = make("output", {});
    this.search.addEventListener("input", () => { this.wanted.text = this.search.value; this.sift(); }, { signal });
    this.search.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      event.stopPropagation();
      if (event.key === "Enter") this.chooseAll([...this.rows.slice(0, MOST_FOUND)]);
    }, { signal });
    this.modes = chooser("Show", [["overlay", "all in one plot"], ["grid", "a plot for each"]], this.mode);
    this.modes.select.addEventListener("change", () => this.setMode(/** @type {Mode} */ (this.modes?.select.value)), { signal });
    const scales = chooser("Scale", [["absolute", "values"], ["log", "values, logarithmic"], ["relative", "relative to median"]], this.scale);
    scales.select.addEventListener("change", () => { this.scale = /** @type {Scale} */ (scales.select.value); this.stale(); }, { signal });
    this.orders = chooser("Sort", [["change", "largest change"], ["worse", "worst change"], ["name", "name"], ["size", "size"], ["given", "as given"]], "change");
    this.orders.select.addEventListener("change", () => { this.wanted.by = /** @type {any} */ (this.orders?.select.value); this.sift(); }, { signal });
    const changed = make("input", { type: "checkbox" });
    changed.addEventListener("change", () => { this.wanted.isChanged = changed.checked; this.sift(); }, { signal });
    const only = make("label", { class: "wb-field" }, changed, make("span", {}, "with change points"));
    only.hidden = !series.changes.length;
    this.zoomer = this.button("Zoom to brush", () => this.zoom(), "z");
    this.wholer = this.button("Whole time", () => this.show(0, series.nWindows), "0");
    this.clearer = this.button("Clear", () => { this.clearBrush(); this.chooseAll([]); }, "Escape");
    return make("div", { class: "wb-bar" }, this.modes.label, scales.label, this.orders.label,
      make("label", { class: "wb-field" }, make("span", {}, "Find"), this.search), only, this.found, this.zoomer, this.wholer, this.clearer);
  }

  /** @param {string} text @param {() => void} act @param {string} key */
  button(text, act, key) {
    const button = make("button", { type: "button", title: `Key: ${key}`, "aria-keyshortcuts": key }, text);
    button.addEventListener("click", act, { signal: this.signal });
    return button;
  }

  settleButtons() {
    this.zoomer.disabled = !this.brush || this.brush[1] - this.brush[0] < FEWEST_WINDOWS;
    this.wholer.disabled = this.start === 0 && this.end === this.series.nWindows;
    this.clearer.disabled = !this.brush && !this.chosen.length;
  }

  drawKey() {
    const { series, palette, plot } = this;
    const item = /** @param {...(Node | string)} parts */ (...parts) => make("span", { class: "wb-key-item" }, ...parts);
    const parts = [];
    if (this.mode === "overlay" && plot.most > 1 && this.rows.length > 40) {
      const stops = SHADES[this.element.dataset.theme === "dark" ? "dark" : "light"].join(", ");
      parts.push(item("1", make("i", { class: "wb-ramp", style: `background:linear-gradient(90deg, ${stops})` }), `${counted(plot.most, "series", "series")} a pixel`));
    }
    if (this.mode === "overlay" && plot.range.isCut) parts.push(item("values beyond the scale lie at its edge"));
    const n = this.scale === "relative" ? this.rows.filter((row) => series.median[row] === 0).length : 0;
    if (n) parts.push(item(`${counted(n, "series", "series")} whose median is 0: against the mean size, not the median`));
    if (series.changes.length) {
      parts.push(item(make("b", { style: `color:${palette.bad}` }, "▲▼"), "worse"), item(make("b", { style: `color:${palette.good}` }, "△▽"), "better"), item("shaded: where it may begin"));
      if (this.mode === "overlay") parts.push(item("found: worse above, better below the line"));
    }
    if (series.events.length && this.mode === "overlay") parts.push(item("events: ◆ deploy, ● other change"));
    if (series.timesMs) parts.push(item("times in UTC"));
    parts.push(make("span", { class: "wb-key-item wb-help" },
      "drag: brush · click: select, shift-click: more · arrows: go, shift-arrows: brush · Enter: select, z: zoom, 0: whole time, m: plots, Escape: clear"));
    this.key.replaceChildren(...parts);
  }

  drawList() {
    const { chosen, series } = this;
    if (!chosen.length) return this.list.replaceChildren();
    const head = ["number", "remove", "series", "levels", "change", "from"].map((text, i) => make("th", { scope: "col" }, make("span", { class: i < 2 ? "wb-unseen" : "" }, text)));
    const body = chosen.slice(0, MOST_LISTED).map((row, i) => this.listed(row, i));
    const more = chosen.length > MOST_LISTED ? [make("p", { class: "wb-series-more" }, `and ${(chosen.length - MOST_LISTED).toLocaleString("en-US")} more`)] : [];
    return this.list.replaceChildren(
      make("table", { "aria-label": `${counted(chosen.length, "series", "series")} selected of ${series.title}` }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body)), ...more);
  }

  /** @param {number} row @param {number} i @returns {HTMLElement} */
  listed(row, i) {
    const { series } = this;
    const name = series.names[row];
    const [change] = series.changesOf.get(row) ?? [];
    const remove = make("button", { type: "button", "aria-label": `Take ${clipped(name, 80)} out of the selection` }, "×");
    remove.addEventListener("click", () => this.chooseAll(this.chosen.filter((one) => one !== row)), { signal: this.signal });
    const cell = /** @param {...(Node | string)} parts */ (...parts) => make("td", {}, ...parts);
    const ratio = change ? ratioOf(change) : series.ratio[row];
    return make("tr", {},
      cell(make("b", { style: `color:${this.colourOf(i)}` }, String(i + 1))), cell(remove),
      make("td", { class: "wb-series-name", title: name }, name),
      cell(change ? levelsOf(change, series.unit(row)) : `median ${withUnit(series.median[row], series.unit(row))}`),
      cell(change ? `${verdict(change)} ${changeText(ratio)}` : Number.isNaN(ratio) ? "–" : `${changeText(ratio)}, begin to end`),
      cell(change ? series.windowName(change.index) : "–"));
  }

  /** @param {string} text */
  tell(text) {
    this.status.textContent = text;
  }

  /** @param {number} row */
  tellRow(row) {
    if (row < 0) return this.tell(this.cursor >= 0 ? this.series.windowName(this.cursor) : "");
    const lines = this.cursor >= 0 ? valueLines(this.series, row, this.cursor) : [`last value ${withUnit(this.series.last(row), this.series.unit(row))}`];
    return this.tell([`${this.series.names[row]}: ${lines.join("; ")}`, ...changeLines(this.series, row)].join("; "));
  }

  /** @param {string} name @param {string[]} lines @param {{clientX: number, clientY: number}} event */
  showTip(name, lines, event) {
    const { tip } = this;
    const told = lines.filter(Boolean).map((line) => make("div", {}, clipped(line, 300)));
    tip.replaceChildren(...(name ? [make("b", {}, clipped(name, 200))] : []), ...told);
    tip.hidden = false;
    const box = this.element.getBoundingClientRect();
    const room = box.width - tip.offsetWidth - 4;
    tip.style.left = `${Math.max(4, Math.min(event.clientX - box.left + 14, room))}px`;
    tip.style.top = `${event.clientY - box.top + 20}px`;
  }

  hideTip() {
    this.tip.hidden = true;
  }

  // ---- drawing -------------------------------------------------------------------------------------

  /**
   * @param {HTMLCanvasElement} canvas @param {number} height @param {number} [width]
   * @returns {CanvasRenderingContext2D | null} on a clean canvas of that size
   */
  pen(canvas, height, width = this.width) {
    const ratio = window.devicePixelRatio || 1;
    const [wide, tall] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (!wide || !tall) return null;
    if (canvas.width !== wide || canvas.height !== tall) {
      canvas.width = wide;
      canvas.height = tall;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const pen = canvas.getContext("2d");
    if (!pen) return null;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    return pen;
  }

  /** Draw what is pointed at, chosen and brushed with the next frame. */
  top() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      if (this.stage.isConnected && !this.signal.aborted) this.drawNow();
    });
  }

  drawNow() {
    if (this.mode === "grid") {
      this.grid.draw();
      return this.drawn();
    }
    if (this.isStale) {
      this.isStale = false;
      if (this.plot.drawBase(() => { this.isStale = true; this.top(); })) this.drawn();
      this.drawKey();
    }
    this.lane.draw();
    return this.plot.drawTop();
  }

  drawn() {
    if (!this.measured) return;
    performance.measure(this.measured, "wb-series-begin");
    this.measured = "";
  }

  /** @param {string} name of what takes from now until all is drawn */
  measure(name) {
    performance.mark("wb-series-begin");
    this.measured = name;
  }

  /** What is shown, or how, is another. */
  stale() {
    this.plot.stale();
    this.grid.stale();
    this.isStale = true;
    this.settleButtons();
    this.top();
  }

  resize() {
    const width = this.stage.clientWidth;
    if (!width || width === this.width) return;
    this.width = width;
    if (this.palette.ink) this.stale();
    else this.recolour(); // now that it has a place in the page
  }

  recolour() {
    const theme = this.element.dataset.theme === "dark" ? "dark" : "light";
    const style = getComputedStyle(this.element);
    for (const name of ["paper", "sunken", "ink", "muted", "line", "edge", "accent", "good", "bad", "mono"]) {
      this.palette[name] = style.getPropertyValue(`--wb-${name}`).trim();
    }
    this.palette.sans = style.fontFamily;
    this.colours = COLOURS[theme];
    this.shades = shadesBetween(SHADES[theme], 256);
    this.drawKey();
    this.drawList();
    this.stale();
  }

  /** @param {number} i place among the chosen */
  colourOf(i) {
    return this.colours[i % this.colours.length];
  }

  // ---- places ------------------------------------------------------------------------------------

  /** @param {number} position in windows */
  x(position) {
    return this.left + ((position - this.start) / (this.end - this.start)) * (this.width - this.left - this.right);
  }

  /** @param {number} x @returns {number} in windows */
  positionAt(x) {
    const part = (x - this.left) / (this.width - this.left - this.right);
    return Math.min(Math.max(this.start + part * (this.end - this.start), this.start), this.end);
  }

  /** @param {number} x */
  windowAt(x) {
    return Math.min(Math.floor(this.positionAt(x)), this.end - 1);
  }

  // ---- what can be done ----------------------------------------------------------------------------

  sift() {
    const { series, wanted } = this;
    this.rows = rowsOf(series, wanted);
    this.isShown = new Uint8Array(series.nSeries);
    for (const row of this.rows) this.isShown[row] = 1;
    const all = counted(series.nSeries, "series", "series");
    this.found.textContent = this.rows.length === series.nSeries ? all : `${this.rows.length.toLocaleString("en-US")} of ${all}`;
    this.at = -1;
    this.grid.box.scrollTo(0, 0);
    this.stale();
  }

  /** @param {boolean} isEmpty whether no value is in the picture */
  tellNothing(isEmpty) {
    this.nothing.hidden = this.rows.length > 0 && !isEmpty;
    this.nothing.textContent = this.rows.length ? "There is no value to show." : "No series is like that.";
  }

  /** @param {Mode} mode */
  setMode(mode) {
    this.measure("wb-series-mode");
    this.mode = mode;
    this.at = this.cursor = -1;
    this.hideTip();
    this.settleMode();
  }

  settleMode() {
    const isGrid = this.mode === "grid";
    if (this.modes) this.modes.select.value = this.mode;
    if (this.orders) this.orders.label.hidden = !isGrid;
    this.plot.box.hidden = isGrid;
    this.lane.canvas.hidden = isGrid || !this.lane.height;
    this.grid.box.hidden = !isGrid;
    this.drawKey();
    this.grid.stale();
    this.isStale = true;
    this.settleButtons();
    this.top();
  }

  /** @param {number} start @param {number} end not included */
  show(start, end) {
    const n = this.series.nWindows;
    const size = Math.min(Math.max(Math.round(end - start), Math.min(FEWEST_WINDOWS, n)), n);
    const first = Math.max(0, Math.min(Math.round(start), n - size));
    if (first === this.start && first + size === this.end) return;
    this.measure("wb-series-zoom");
    this.start = first;
    this.end = first + size;
    this.at = this.cursor = -1;
    this.hideTip();
    this.stale();
    this.tell(`Showing ${this.series.spanName(this.start, this.end)}.`);
  }

  zoom() {
    if (!this.zoomer.disabled && this.brush) this.show(...this.brush);
  }

  /** @param {number} factor below 1 comes nearer @param {number} place that stays where it is */
  scaleBy(factor, place) {
    const size = Math.max((this.end - this.start) * factor, FEWEST_WINDOWS);
    const part = (place - this.start) / (this.end - this.start);
    this.show(place - part * size, place + (1 - part) * size);
  }

  /** @param {WheelEvent} event */
  turn(event) {
    const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    const size = this.end - this.start;
    if (event.ctrlKey || event.metaKey) this.scaleBy(event.deltaY < 0 ? 0.8 : 1.25, this.positionAt(event.offsetX));
    else if (isSideways && size < this.series.nWindows) {
      const by = Math.sign(event.deltaX || event.deltaY) * Math.max(Math.round(size / 20), 1);
      this.show(this.start + by, this.end + by);
    } else return;
    event.preventDefault();
  }

  /** @param {number} first @param {number} end not included @param {boolean} isByKeys by a pointer it is settled when that is let go */
  setBrush(first, end, isByKeys) {
    const n = this.series.nWindows;
    const from = Math.max(0, Math.min(first, end, n - 1));
    this.brush = [from, Math.min(Math.max(first, end, from + 1), n)];
    this.settleButtons();
    this.top();
    if (isByKeys) this.settleBrush();
    else this.anchor = -1;
  }

  settleBrush() {
    if (!this.brush) return;
    this.onBrush(this.brush);
    const how = this.chosen.length ? `, ${counted(this.chosen.length, "series", "series")} selected` : "";
    this.tell(`Brushed: ${this.series.spanName(...this.brush)}${how}.`);
  }

  clearBrush() {
    if (!this.brush) return;
    this.brush = null;
    this.onBrush(null);
    this.tell("Nothing is brushed.");
    this.settleButtons();
    this.top();
  }

  /** @param {number} row @param {boolean} isMore whether to what is selected already */
  choose(row, isMore) {
    const isIn = this.chosen.includes(row);
    const kept = isMore ? this.chosen.filter((one) => one !== row) : [];
    const isOut = isIn && (isMore || this.chosen.length === 1);
    this.chooseAll(isOut ? kept : [...kept, row]);
    if (!isOut) this.tellRow(row);
  }

  /** @param {number[]} rows */
  chooseAll(rows) {
    if (!rows.length && !this.chosen.length) return;
    this.chosen = rows;
    this.marked();
    this.onSelect(rows);
    this.tell(rows.length ? `${counted(rows.length, "series", "series")} selected.` : "Nothing is selected.");
  }

  /** @param {number[]} rows @param {[number, number] | null} brush what is selected and brushed from now on, by another hand */
  follow(rows, brush) {
    this.chosen = [...rows];
    this.brush = brush;
    if (!this.series.nSeries || !this.series.nWindows) return;
    const told = [rows.length ? `${counted(rows.length, "series", "series")} selected` : "", brush ? `brushed: ${this.series.spanName(...brush)}` : ""];
    this.tell(told.filter(Boolean).join("; "));
    this.marked();
  }

  /** Show what is selected and brushed. */
  marked() {
    this.drawList();
    this.settleButtons();
    this.top();
  }

  /** @param {KeyboardEvent} event what both ways to show series have in common */
  press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) this.go(step, event.shiftKey);
    else if (event.key === "Home" || event.key === "End") this.go(event.key === "Home" ? -this.end : this.end, event.shiftKey);
    else if (event.key === "Enter" || event.key === "z") this.zoom();
    else if (event.key === "0") this.show(0, this.series.nWindows);
    else if (event.key === "+" || event.key === "=") this.scaleBy(0.5, this.middle);
    else if (event.key === "-") this.scaleBy(2, this.middle);
    else if (event.key === "/") this.search.focus();
    else if (event.key === "m") this.switchMode();
    else if (event.key === "Escape") this.back();
    else return;
    event.preventDefault();
    event.stopPropagation(); // a notebook has keys of its own
  }

  get middle() {
    return this.cursor >= 0 ? this.cursor + 0.5 : (this.start + this.end) / 2;
  }

  switchMode() {
    this.setMode(this.mode === "grid" ? "overlay" : "grid");
    (this.mode === "grid" ? this.grid : this.plot).canvas.focus();
  }

  back() {
    if (this.brush) this.clearBrush();
    else if (this.chosen.length) this.chooseAll([]);
    else this.show(0, this.series.nWindows);
  }

  /** @param {number} step windows @param {boolean} isBrush whether the brush is to reach there */
  go(step, isBrush) {
    const from = this.cursor < 0 ? (this.brush ? this.brush[1] - 1 : step > 0 ? this.start - 1 : this.end) : this.cursor;
    this.cursor = Math.min(Math.max(from + step, this.start), this.end - 1);
    if (isBrush) {
      if (!this.brush || this.anchor < 0) this.anchor = Math.min(Math.max(from, this.start), this.end - 1);
      this.setBrush(Math.min(this.anchor, this.cursor), Math.max(this.anchor, this.cursor) + 1, true);
    } else this.tellRow(this.at);
    this.top();
  }
}
