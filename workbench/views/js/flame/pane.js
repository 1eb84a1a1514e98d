// One canvas of a flame graph: a tree, which part of it is seen, and what clicks and keys do.

import { make } from "../dom.js";
import { drawFlame } from "./draw.js";
import { deepestRow, layOut, nodeAt, visit } from "./tree.js";

/**
 * @typedef {import("./tree.js").Tree} Tree
 * @typedef {import("./tree.js").Layout} Layout
 *
 * @typedef {object} Owner the view that a canvas is part of
 * @property {number} height in pixels, of all canvases together
 * @property {import("./tree.js").Side} side
 * @property {AbortSignal} signal
 * @property {HTMLElement} status
 * @property {HTMLElement} search
 * @property {Pane | undefined} current
 * @property {import("./colour.js").Shade[]} shades
 * @property {(tree: Tree, node: number) => number} shadeOf
 * @property {(tree: Tree, node: number) => string} nameOf
 * @property {(tree: Tree, node: number) => number} markOf
 * @property {() => Record<string, string>} palette
 * @property {() => void} drawn
 * @property {() => void} settleButtons
 * @property {() => void} hideTip
 * @property {(pane: Pane, node: number, event: {clientX: number, clientY: number}) => void} showTip
 * @property {(pane: Pane, node: number, isMore: boolean) => void} select
 * @property {(pane: Pane, node: number) => void} moveTo
 * @property {() => void} reset
 * @property {() => void} copyStack
 * @property {() => void} toggleSandwich
 */

export const ROW_PX = 18;
const LEAST_PX = 0.5;
const ROOM_PX = 3; // what is narrower asks for no row of its own: it is scrolled to, or zoomed into
const GLIDE_MS = 140;
const SETTLE_MS = 120; // after the last move

/** One canvas: a tree, which part of it is seen, and where the keyboard is. */
export class Pane {
  /**
   * @param {Owner} view
   * @param {Tree} tree
   * @param {{isUp: boolean, label: string, share: number}} options `share` of the height
   */
  constructor(view, tree, { isUp, label, share }) {
    this.view = view;
    this.tree = tree;
    this.isUp = isUp;
    this.share = share;
    this.layout = layOut(tree, view.side);
    this.start = 0;
    this.end = this.layout.width[0] || 1;
    this.at = 0; // the node that the keyboard is at
    this.glides = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */ this.settling = undefined;
    this.roomFor = 0; // rows that the box has grown to
    /** @type {Uint8Array | null} */ this.isMatch = null;
    /** @type {Set<number>} */ this.selected = new Set();
    this.canvas = make("canvas", {
      tabindex: 0, role: "application", "aria-roledescription": "flame graph", "aria-label": label,
      "aria-describedby": view.status.id,
    });
    this.spacer = make("div", { class: "wb-flame-spacer" });
    this.box = make("div", { class: "wb-flame-view" }, this.canvas, this.spacer);
    this.isWaiting = false;
    this.listen();
  }

  get rows() {
    return this.layout.nRows;
  }

  get scale() {
    return this.canvas.clientWidth / (this.end - this.start || 1);
  }

  /** @param {number} row counted from the root @returns {number} its upper edge within the whole */
  top(row) {
    return (this.isUp ? this.rows - 1 - row : row) * ROW_PX;
  }

  /** As high as what is wide enough to be read; it grows with what is zoomed into, so that little jumps. */
  settleSize() {
    const whole = this.rows * ROW_PX;
    const below = Math.max(this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight, 0);
    this.roomFor = Math.max(this.roomFor, deepestRow(this.layout, this.start, this.end, ROOM_PX / this.scale) + 1);
    const height = Math.min(this.roomFor * ROW_PX, Math.max(Math.round(this.view.height * this.share), 3 * ROW_PX));
    this.box.style.height = `${height}px`;
    this.canvas.style.height = `${height}px`;
    this.spacer.style.height = `${whole - height}px`;
    if (this.isUp) this.box.scrollTop = this.box.scrollHeight - this.box.clientHeight - below; // roots at the bottom stay there
  }

  settleSoon() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => { if (this.canvas.isConnected) this.settleSize(); }, SETTLE_MS);
  }

  draw() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      if (this.canvas.isConnected) this.drawNow();
    });
  }

  drawNow() {
    const { canvas } = this;
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (!width || !height) return;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawFlame(pen, this.scene(width, height, this.box.scrollTop));
    this.view.drawn();
  }

  /**
   * What is to be drawn, for the screen and for files alike.
   * @param {number} width @param {number} height @param {number} scrollTop
   */
  scene(width, height, scrollTop) {
    const { view, layout, tree } = this;
    const scale = width / (this.end - this.start || 1);
    const firstY = Math.floor(scrollTop / ROW_PX);
    const lastY = Math.ceil((scrollTop + height) / ROW_PX) - 1;
    const isFocused = document.activeElement === this.canvas;
    return {
      width, height, layout, rowPx: ROW_PX,
      firstRow: this.isUp ? Math.max(this.rows - 1 - lastY, 0) : firstY,
      lastRow: this.isUp ? this.rows - 1 - firstY : lastY,
      start: this.start, end: this.end, least: LEAST_PX / scale, scale,
      /** @param {number} row */
      top: (row) => this.top(row) - scrollTop,
      /** @param {number} node */
      shade: (node) => view.shadeOf(tree, node),
      shades: view.shades,
      /** @param {number} node */
      name: (node) => view.nameOf(tree, node),
      /** @param {number} node */
      mark: (node) => view.markOf(tree, node),
      isMatch: this.isMatch,
      selected: this.selected,
      at: isFocused ? this.at : -1,
      palette: view.palette(),
    };
  }

  // ---- where -----------------------------------------------------------------------------------

  /** @param {{clientX: number, clientY: number}} event */
  nodeUnder(event) {
    const box = this.canvas.getBoundingClientRect();
    const y = Math.floor((event.clientY - box.top + this.box.scrollTop) / ROW_PX);
    const row = this.isUp ? this.rows - 1 - y : y;
    const place = this.start + (event.clientX - box.left) / this.scale;
    if (row < 0 || row >= this.rows) return -1;
    const node = nodeAt(this.layout, row, place);
    return node >= 0 && this.layout.width[node] * this.scale >= LEAST_PX ? node : -1;
  }

  /** @param {number} node */
  reveal(node) {
    const top = this.top(this.layout.depth[node]);
    const { box } = this;
    if (top < box.scrollTop) box.scrollTop = top;
    if (top + ROW_PX > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW_PX - box.clientHeight;
  }

  /** @param {number} start @param {number} end @param {number} [turn] of the glide that asks; any other ends it */
  show(start, end, turn = ++this.glides) {
    this.glides = turn;
    const whole = this.layout.width[0] || 1;
    const size = Math.min(Math.max(end - start, whole * 1e-9), whole);
    this.start = Math.max(0, Math.min(start, whole - size));
    this.end = this.start + size;
    this.view.settleButtons();
    this.draw();
    this.settleSoon();
  }

  /** @param {number} node to fill the width */
  zoom(node) {
    const size = this.layout.width[node];
    if (!(size > 0)) return;
    const from = [this.start, this.end];
    const to = [this.layout.start[node], this.layout.start[node] + size];
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return void this.show(to[0], to[1]);
    const began = performance.now();
    const turn = ++this.glides;
    const glide = () => {
      if (turn !== this.glides || this.view.signal.aborted) return; // somebody went elsewhere meanwhile
      const part = Math.min((performance.now() - began) / GLIDE_MS, 1);
      const eased = 1 - (1 - part) ** 3;
      this.show(from[0] + (to[0] - from[0]) * eased, from[1] + (to[1] - from[1]) * eased, turn);
      if (part < 1) requestAnimationFrame(glide);
    };
    glide();
  }

  reset() {
    this.show(0, this.layout.width[0] || 1);
    this.roomFor = 0;
    this.settleSize();
    if (this.isUp) this.box.scrollTop = this.box.scrollHeight;
  }

  /** @param {number} factor below 1 comes nearer @param {number} place that stays where it is */
  scaleBy(factor, place) {
    this.show(place - (place - this.start) * factor, place + (this.end - place) * factor);
  }

  /** @param {string} key @returns {number} the node next to that of the keyboard, −1 for none */
  next(key) {
    const { layout, tree, at } = this;
    if (key === (this.isUp ? "ArrowDown" : "ArrowUp")) return at > 0 ? tree.parent[at] : -1;
    if (key === "ArrowUp" || key === "ArrowDown") {
      let best = -1;
      for (let child = layout.first[at]; child < layout.first[at] + layout.count[at]; child++) {
        if (best < 0 || layout.width[child] > layout.width[best]) best = child;
      }
      return best >= 0 && layout.width[best] > 0 ? best : -1;
    }
    const row = layout.depth[at];
    /** @type {number[]} */
    const seen = [];
    const least = LEAST_PX / this.scale;
    visit(layout, { start: this.start, end: this.end, least, firstRow: row, lastRow: row }, (node) => seen.push(node));
    return seen[seen.indexOf(at) + (key === "ArrowRight" ? 1 : -1)] ?? -1;
  }

  // ---- what clicks and keys do -------------------------------------------------------------------

  listen() {
    const { canvas, view } = this;
    /** @type {{x: number, y: number, start: number, scrollTop: number, isDrag: boolean} | null} */
    let grip = null;
    const on = /** @param {string} name @param {(event: any) => void} act */ (name, act) =>
      canvas.addEventListener(name, act, { signal: view.signal });
    on("pointerdown", (event) => {
      if (event.button) return;
      grip = { x: event.clientX, y: event.clientY, start: this.start, scrollTop: this.box.scrollTop, isDrag: false };
      canvas.setPointerCapture(event.pointerId);
    });
    on("pointermove", (event) => {
      if (grip && (grip.isDrag || Math.hypot(event.clientX - grip.x, event.clientY - grip.y) > 4)) {
        grip.isDrag = true;
        view.hideTip();
        const size = this.end - this.start;
        const start = grip.start - (event.clientX - grip.x) / this.scale;
        this.box.scrollTop = grip.scrollTop - (event.clientY - grip.y);
        this.show(start, start + size);
        return;
      }
      const node = this.nodeUnder(event);
      canvas.style.cursor = node < 0 ? "default" : "pointer";
      view.showTip(this, node, event);
    });
    on("pointerup", (event) => {
      const isClick = grip !== null && !grip.isDrag;
      grip = null;
      if (!isClick) return;
      const node = this.nodeUnder(event);
      if (node < 0) return;
      view.select(this, node, event.shiftKey || event.metaKey || event.ctrlKey);
      if (!event.shiftKey && !event.metaKey && !event.ctrlKey) this.zoom(node);
    });
    on("pointercancel", () => { grip = null; });
    on("pointerleave", () => view.hideTip());
    on("focus", () => { view.current = this; this.draw(); });
    on("blur", () => this.draw());
    on("keydown", (event) => this.press(event));
    canvas.addEventListener("wheel", (/** @type {WheelEvent} */ event) => {
      const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (event.ctrlKey || event.metaKey) {
        const place = this.start + (event.clientX - canvas.getBoundingClientRect().left) / this.scale;
        this.scaleBy(Math.exp(event.deltaY / 300), place);
      } else if (isSideways && this.end - this.start < this.layout.width[0]) {
        const by = (event.deltaX || event.deltaY) / this.scale;
        this.show(this.start + by, this.end + by);
      } else return;
      event.preventDefault();
    }, { signal: view.signal, passive: false });
    this.box.addEventListener("scroll", () => { view.hideTip(); this.draw(); }, { signal: view.signal });
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const { view } = this;
    const middle = (this.start + this.end) / 2;
    const size = this.end - this.start;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter") this.zoom(this.at);
    else if (event.key === " ") view.select(this, this.at, true);
    else if (event.key === "Escape" || event.key === "0" || event.key === "Home") view.reset();
    else if (event.key === "+" || event.key === "=") this.scaleBy(0.5, middle);
    else if (event.key === "-") this.scaleBy(2, middle);
    else if (event.shiftKey && event.key === "ArrowLeft") this.show(this.start - size / 5, this.end - size / 5);
    else if (event.shiftKey && event.key === "ArrowRight") this.show(this.start + size / 5, this.end + size / 5);
    else if (event.key.startsWith("Arrow")) {
      const node = this.next(event.key);
      if (node >= 0) view.moveTo(this, node);
    } else if (event.key === "c") view.copyStack();
    else if (event.key === "s") view.toggleSandwich();
    else if (event.key === "/") view.search.focus();
    else return;
    event.preventDefault();
  }
}
