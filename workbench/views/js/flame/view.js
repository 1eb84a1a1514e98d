// A flame graph in a page: canvases, what is beside them, and what clicks and keys do.

import { numbers, texts } from "../columns.js";
import { chooser, copyText, freshId, keepKeys, make, offerFile } from "../dom.js";
import { changeShade, changeShades, groupShades } from "./colour.js";
import { drawFlame, flameSvg } from "./draw.js";
import { Pane, ROW_PX } from "./pane.js";
import { calleesOf, callersOf, findNodes, isBelieved, mergeRecursion, originsOf, ownOf, pathOf, rateOf, toFolded } from "./tree.js";
import { clipped, counted, percent, plain, signedWithUnit, withUnit } from "../format.js";
import { followTheme } from "../theme.js";

/**
 * @typedef {import("./tree.js").Tree} Tree
 * @typedef {import("./tree.js").Side} Side
 * @typedef {import("./colour.js").Shade} Shade
 *
 * @typedef {object} Told what Python tells of a flame graph; see `workbench.views.flame_columns`
 * @property {string} title
 * @property {string} unit
 * @property {string} of what values are of; empty where not known
 * @property {number} limit delta that has the full colour
 * @property {boolean} is_estimate
 * @property {[number, number] | null} [wholes] of shares: what each side adds up to, in the unit of `of`
 * @property {[number, number]} [n_profiles] of each side
 * @property {Record<string, import("../columns.js").Column>} columns
 * @property {string[]} packages
 * @property {string[]} kinds
 */

const MOST_SELECTED = 10_000;
const MOST_PICTURE_PX = 16_000; // of a canvas in a file, either way

/** @param {Told} told @returns {Tree} the first: that of the recording */
function treeOf({ columns }) {
  return {
    parent: /** @type {Int32Array} */ (numbers(columns.parent)),
    fn: /** @type {Int32Array} */ (numbers(columns.function)),
    after: /** @type {Float32Array} */ (numbers(columns.after)),
    before: columns.before ? /** @type {Float32Array} */ (numbers(columns.before)) : null,
    significance: columns.significance ? /** @type {Uint16Array} */ (numbers(columns.significance)) : null,
    origin: null,
  };
}

export class FlameView {
  /**
   * @param {HTMLElement} element to draw in
   * @param {Told} told
   * @param {{height?: number, label?: string, onSelect?: (nodes: number[]) => void}} [options]
   */
  constructor(element, told, { height = 420, label = "", onSelect = () => {} } = {}) {
    performance.mark("wb-flame-begin");
    this.element = element;
    this.height = height;
    this.onSelect = onSelect;
    this.ending = new AbortController();
    this.signal = this.ending.signal;
    this.told = told;
    this.names = texts(told.columns.names);
    this.files = texts(told.columns.files);
    this.packageOf = numbers(told.columns.package);
    this.kindOf = numbers(told.columns.kind);
    this.first = treeOf(told);
    this.tree = this.first;
    /** @type {Float64Array | null} by function, once they are wanted */ this.costs = null;
    /** @type {Side} */ this.side = "after";
    this.colour = this.first.before ? "change" : "package";
    this.isUp = false;
    this.isMerged = false;
    /** @type {number} the function between its callers and callees; −1 for none */ this.between = -1;
    /** @type {Shade[]} */ this.shades = [];
    /** @type {Record<string, string>} */ this.colours = {};
    /** @type {number[]} */ this.chosen = [];
    /** @type {Pane[]} */ this.panes = [];
    element.classList.add("wb", "wb-flame");
    keepKeys(element, this.signal);
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", label || `Flame graph of ${told.title}`);
    this.status = make("p", { class: "wb-status", id: freshId("status"), role: "status" });
    this.tip = make("div", { class: "wb-tip", hidden: true });
    this.stage = make("div", { class: "wb-flame-panes" });
    this.key = make("div", { class: "wb-flame-key" });
    element.replaceChildren(this.bar(), this.stage, this.status, this.key, this.tip);
    followTheme(element, () => this.recolour(), this.signal);
    this.arrange();
    const watcher = new ResizeObserver(() => this.resize());
    watcher.observe(this.stage);
    this.signal.addEventListener("abort", () => watcher.disconnect());
  }

  end() {
    this.ending.abort();
    this.element.replaceChildren();
  }

  // ---- what stands around the canvases -------------------------------------------------------------

  bar() {
    const { signal } = this;
    this.search = make("input", { type: "search", placeholder: "function or file", spellcheck: "false" });
    this.found = make("output", {});
    const search = make("label", { class: "wb-field" }, make("span", {}, "Find"), this.search);
    const parts = [search, this.found];
    this.search.addEventListener("input", () => this.find(), { signal });
    this.search.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter") this.selectFound();
    }, { signal });
    /** @param {{label: Node, select: HTMLSelectElement}} chosen @param {(value: string) => void} act */
    const offer = (chosen, act) => {
      chosen.select.addEventListener("change", () => act(chosen.select.value), { signal });
      parts.push(chosen.label);
    };
    if (this.first.before) {
      offer(chooser("Width", [["after", "after"], ["before", "before"], ["both", "both"]], this.side), (value) => {
        this.side = /** @type {Side} */ (value);
        this.arrange();
      });
    }
    /** @type {[string, string][]} */
    const colours = [["package", "package"]];
    if (this.first.significance) colours.unshift(["change", "significant change"], ["any", "any change"]);
    else if (this.first.before) colours.unshift(["change", "change"]);
    if (this.told.kinds.some(Boolean)) colours.push(["kind", "kind of code"]);
    if (colours.length > 1) {
      offer(chooser("Colour", colours, this.colour), (value) => { this.colour = value; this.recolour(); });
    }
    offer(chooser("Roots", [["down", "at the top"], ["up", "at the bottom"]], "down"), (value) => {
      this.isUp = value === "up";
      this.arrange();
    });
    const merge = make("input", { type: "checkbox" });
    merge.addEventListener("change", () => {
      this.isMerged = merge.checked;
      this.tree = merge.checked ? mergeRecursion(this.first, this.names.length) : this.first;
      this.arrange();
    }, { signal });
    parts.push(make("label", { class: "wb-field" }, merge, make("span", {}, "Merge recursion")));
    this.sandwich = this.button("Callers and callees", () => this.toggleSandwich(), "s");
    this.copier = this.button("Copy stack", () => this.copyStack(), "c");
    this.zoomer = this.button("Whole graph", () => this.reset(), "Escape");
    const saver = make("select", { "aria-label": "Save as" },
      ...[["", "Save as…"], ["svg", "SVG"], ["png", "PNG"], ["folded", "folded stacks"]].map(
        ([value, text]) => make("option", { value }, text)));
    saver.addEventListener("change", () => { this.save(saver.value); saver.value = ""; }, { signal });
    parts.push(this.sandwich, this.copier, this.zoomer, saver);
    return make("div", { class: "wb-bar" }, ...parts);
  }

  /** @param {string} text @param {() => void} act @param {string} key */
  button(text, act, key) {
    const button = make("button", { type: "button", title: `Key: ${key}`, "aria-keyshortcuts": key }, text);
    button.addEventListener("click", act, { signal: this.signal });
    return button;
  }

  /** Lay the panes out anew: another side, tree, direction or function. */
  arrange() {
    const width = this.names.length;
    if (this.between >= 0) {
      const name = this.names[this.between];
      this.panes = [
        new Pane(this, callersOf(this.first, this.between, width), { isUp: true, label: `Callers of ${name}`, share: 0.5 }),
        new Pane(this, calleesOf(this.first, this.between, width), { isUp: false, label: `Callees of ${name}`, share: 0.5 }),
      ];
      const told = ["Callers", "Callees"].map((what) => make("p", { class: "wb-pane-title" }, `${what} of ${name}`));
      this.stage.replaceChildren(told[0], this.panes[0].box, told[1], this.panes[1].box);
    } else {
      const label = `${this.names.length.toLocaleString("en-US")} functions, ${(this.tree.parent.length - 1).toLocaleString("en-US")} call paths`;
      this.panes = [new Pane(this, this.tree, { isUp: this.isUp, label, share: 1 })];
      this.stage.replaceChildren(this.panes[0].box);
    }
    this.current = this.panes[0];
    this.isEmpty = !(this.panes[0].layout.width[0] > 0);
    this.recolour();
    this.find();
    this.mark();
    this.resize();
    this.settleButtons();
    this.tell(this.isEmpty ? `Nothing was measured${this.first.before ? ` ${this.side}` : ""}.` : "");
  }

  resize() {
    for (const pane of this.panes) {
      pane.settleSize();
      pane.drawNow();
    }
  }

  drawn() {
    if (this.isShown) return;
    this.isShown = true;
    performance.measure("wb-flame-first-frame", "wb-flame-begin");
  }

  settleButtons() {
    const isWhole = this.panes.every((pane) => pane.end - pane.start >= pane.layout.width[0] * (1 - 1e-9));
    this.zoomer.disabled = isWhole && this.between < 0;
    this.copier.disabled = !(this.current && this.current.at > 0);
    this.sandwich.disabled = this.between < 0 && !(this.current && this.current.at > 0);
    this.sandwich.textContent = this.between < 0 ? "Callers and callees" : "Whole graph again";
    this.zoomer.hidden = this.between >= 0 && isWhole;
  }

  // ---- colours and words ------------------------------------------------------------------------

  recolour() {
    const theme = this.element.dataset.theme === "dark" ? "dark" : "light";
    this.colours = {};
    if (this.colour === "change" || this.colour === "any") {
      this.shades = changeShades(theme);
      this.group = null;
    } else {
      const groups = this.colour === "kind" ? this.kindOf : this.packageOf;
      const names = this.colour === "kind" ? this.told.kinds : this.told.packages;
      this.costs ??= this.functionCosts();
      const { shades, shadeOf, named } = groupShades(groups, this.costs, names, theme);
      this.shades = shades;
      this.group = { of: groups, shadeOf, named };
    }
    this.drawKey();
    for (const pane of this.panes) pane.draw();
  }

  functionCosts() {
    const costs = new Float64Array(this.names.length);
    const own = ownOf(this.first, this.first.after);
    for (let node = 1; node < own.length; node++) costs[this.first.fn[node]] += own[node];
    return costs;
  }

  palette() {
    if (!this.colours.ink) {
      const style = getComputedStyle(this.element);
      for (const name of ["paper", "ink", "dust", "mono"]) this.colours[name] = style.getPropertyValue(`--wb-${name}`).trim();
    }
    return this.colours;
  }

  /** @param {Tree} tree @param {number} node @returns {number} */
  shadeOf(tree, node) {
    if (this.group) return node || this.between >= 0 ? this.group.shadeOf[this.group.of[tree.fn[node]]] : 0;
    const delta = tree.before ? tree.after[node] - tree.before[node] : 0;
    const isWhole = node === 0 && this.between < 0;
    const isShown = this.colour === "any" || !this.first.significance || isWhole || isBelieved(tree, node);
    return changeShade(isShown ? delta : 0, this.told.limit);
  }

  /** @param {Tree} tree @param {number} node @returns {number} 1 grew, −1 shrank, 0 no change that is believed */
  markOf(tree, node) {
    if (!tree.before || !isBelieved(tree, node)) return 0;
    return Math.sign(tree.after[node] - tree.before[node]);
  }

  /** @param {Tree} tree @param {number} node */
  nameOf(tree, node) {
    if (node === 0 && this.between < 0) return this.told.title;
    return this.names[tree.fn[node]];
  }

  /** @param {Tree} tree @param {number} node @returns {{name: string, file: string, lines: string[]}} */
  describe(tree, node) {
    const { unit } = this.told;
    const whole = this.first.after[0];
    const file = node === 0 && this.between < 0 ? "" : this.files[tree.fn[node]];
    const after = tree.after[node];
    const name = this.nameOf(tree, node);
    if (!tree.before) {
      const share = whole && unit !== "share" ? `, ${percent(after / whole)} of all` : "";
      return { name, file, lines: [withUnit(after, unit) + share] };
    }
    const before = tree.before[node];
    const delta = after - before;
    const kind = before === 0 ? "new" : after === 0 ? "gone" : `${percent(delta / before, true)}`;
    const lines = [`${withUnit(before, unit)} → ${withUnit(after, unit)}`, `${signedWithUnit(delta, unit)} (${kind})`];
    if (this.first.significance && (node || this.between >= 0)) lines.push(this.tellRate(tree, node));
    return { name, file, lines };
  }

  /** @param {Tree} tree @param {number} node @returns {string} */
  tellRate(tree, node) {
    const rate = rateOf(tree, node);
    if (Number.isNaN(rate)) return tree.origin ? "several call paths together: not tested" : "too small to be tested";
    const told = `false discovery rate ${rate < 0.001 ? "below 0.001" : plain(rate, 2)}`;
    return isBelieved(tree, node) ? `significant: ${told}` : `not significant: ${told}`;
  }

  drawKey() {
    this.key.replaceChildren();
    if (this.group) {
      for (const [name, shade] of this.group.named) {
        this.key.append(make("span", { class: "wb-key-item" },
          make("i", { style: `background:${shade.fill}` }), clipped(name, 32)));
      }
    } else {
      const { limit, unit } = this.told;
      const ramp = this.shades.map((shade) => shade.fill).join(", ");
      this.key.append(
        make("span", { class: "wb-key-item" }, signedWithUnit(-limit, unit),
          make("i", { class: "wb-ramp", style: `background:linear-gradient(90deg, ${ramp})` }), signedWithUnit(limit, unit)));
      if (this.first.significance) {
        const isDerived = this.panes.some((pane) => pane.tree.origin);
        const grey = this.colour === "any" ? "" : `; grey: not${isDerived ? ", or not tested as several paths are one here" : ", or the same"}`;
        this.key.append(make("span", { class: "wb-key-item" }, `▲ ▼ significant${grey}`));
      }
    }
    const whole = this.tellWholes();
    if (whole) this.key.append(make("span", { class: "wb-key-item" }, whole));
    if (this.told.of && this.told.of !== this.told.unit) {
      this.key.append(make("span", { class: "wb-key-item" }, this.told.unit === "share" ? `widths are shares of each side’s ${this.told.of}` : this.told.of));
    }
    if (this.told.is_estimate) this.key.append(make("span", { class: "wb-key-item" }, "told from a graph of calls: an estimate"));
    this.key.append(make("span", { class: "wb-key-item wb-help" },
      "click: zoom · shift-click, Space: select more · drag, ctrl-wheel, + −: pan, zoom · arrows, Enter, Escape · / find · s callers · c copy"));
  }

  /** @returns {string} what each side adds up to, which shares do not tell */
  tellWholes() {
    const { wholes, n_profiles: n, of } = this.told;
    if (!wholes) return "";
    const [kind, unit = ""] = of.split("/");
    const noun = unit === "count" ? ` ${kind}` : "";
    const mean = n && Math.max(...n) > 1 ? ` (means of ${n[0]} and ${counted(n[1], "profile")})` : "";
    return `in all: ${withUnit(wholes[0], unit)} → ${withUnit(wholes[1], unit)}${noun}, ${percent(wholes[1] / wholes[0] - 1, true)}${mean}`;
  }

  /** @param {string} text */
  tell(text) {
    this.status.textContent = text;
  }

  /** @param {Pane} pane @param {number} node */
  tellNode(pane, node) {
    const { name, file, lines } = this.describe(pane.tree, node);
    this.tell(`${name}${file ? ` (${file})` : ""}: ${lines.join("; ")}`);
  }

  /** @param {Pane} pane @param {number} node @param {{clientX: number, clientY: number}} event */
  showTip(pane, node, event) {
    if (node < 0) return this.hideTip();
    const { name, file, lines } = this.describe(pane.tree, node);
    this.tip.replaceChildren(make("b", {}, clipped(name, 300)), ...[file, ...lines].filter(Boolean).map((line) => make("div", {}, clipped(line, 300))));
    this.tip.hidden = false;
    const box = this.element.getBoundingClientRect();
    const room = box.width - this.tip.offsetWidth - 4;
    this.tip.style.left = `${Math.max(4, Math.min(event.clientX - box.left + 12, room))}px`;
    const below = event.clientY + 18;
    const isHigh = below + this.tip.offsetHeight > this.status.getBoundingClientRect().top; // what is said below stays legible
    this.tip.style.top = `${(isHigh ? event.clientY - 8 - this.tip.offsetHeight : below) - box.top}px`;
  }

  hideTip() {
    this.tip.hidden = true;
  }

  // ---- what can be done ----------------------------------------------------------------------------

  reset() {
    if (this.between >= 0) this.toggleSandwich();
    for (const pane of this.panes) pane.reset();
  }

  /** @param {Pane} pane @param {number} node */
  moveTo(pane, node) {
    pane.at = node;
    this.current = pane;
    pane.reveal(node);
    const isSeen = pane.layout.start[node] < pane.end && pane.layout.start[node] + pane.layout.width[node] > pane.start;
    if (!isSeen) pane.show(pane.layout.start[node], pane.layout.start[node] + (pane.end - pane.start));
    this.tellNode(pane, node);
    this.settleButtons();
    pane.draw();
  }

  /** @param {Pane} pane @param {number} node @param {boolean} isMore whether to what is selected already */
  select(pane, node, isMore) {
    const nodes = originsOf(pane.tree, node).slice(0, MOST_SELECTED);
    const isIn = isMore && nodes.every((one) => this.chosen.includes(one));
    const kept = isMore ? this.chosen.filter((one) => !nodes.includes(one)) : [];
    this.choose(isIn ? kept : [...kept, ...nodes]);
    this.moveTo(pane, node);
  }

  /** @param {number[]} nodes of the first tree */
  choose(nodes) {
    this.chosen = nodes;
    this.mark();
    this.onSelect(nodes);
  }

  /** Show what is selected in each pane. */
  mark() {
    for (const pane of this.panes) {
      const { origin } = pane.tree;
      pane.selected = new Set(this.chosen.map((node) => (origin ? origin[node] : node)).filter((node) => node >= 0));
      pane.draw();
    }
  }

  find() {
    const wanted = this.search.value.trim().toLowerCase();
    if (!wanted) {
      for (const pane of this.panes) pane.isMatch = null;
      this.found.textContent = "";
    } else {
      const isWanted = this.names.map((name, fn) => name.toLowerCase().includes(wanted) || this.files[fn].toLowerCase().includes(wanted));
      const told = this.panes.map((pane) => {
        const { isMatch, n, cost } = findNodes(pane.tree, (fn) => isWanted[fn], pane.layout.width);
        pane.isMatch = isMatch;
        const share = pane.layout.width[0] ? cost / pane.layout.width[0] : 0;
        return n ? `${n === 1 ? "1 path" : `${n.toLocaleString("en-US")} paths`}, ${percent(share)}` : "none";
      });
      this.found.textContent = told.length > 1 ? `callers: ${told[0]}; callees: ${told[1]}` : told[0];
    }
    for (const pane of this.panes) pane.draw();
  }

  selectFound() {
    const pane = this.panes[0];
    if (!pane.isMatch) return;
    const nodes = [];
    for (let node = 1; node < pane.isMatch.length && nodes.length < MOST_SELECTED; node++) {
      if (pane.isMatch[node]) nodes.push(...originsOf(pane.tree, node));
    }
    this.choose(nodes.slice(0, MOST_SELECTED));
  }

  toggleSandwich() {
    const { current } = this;
    if (this.between >= 0) this.between = -1;
    else if (current && current.at > 0) this.between = current.tree.fn[current.at];
    else return;
    this.arrange();
    this.panes[0].canvas.focus();
    if (this.between >= 0) this.tellNode(this.panes[0], 0);
    this.settleButtons();
  }

  async copyStack() {
    const { current } = this;
    if (!current || !(current.at > 0)) return;
    const names = pathOf(current.tree, current.at).map((node) => this.nameOf(current.tree, node));
    if (this.between >= 0) names.unshift(this.names[this.between]);
    const isCopied = await copyText((current.isUp && this.between >= 0 ? names.reverse() : names).join(";"));
    this.tell(isCopied ? `Copied a stack of ${names.length} functions.` : "The browser does not let a page copy.");
  }

  /** @param {string} format */
  save(format) {
    const pane = this.panes.length > 1 ? this.current ?? this.panes[0] : this.panes[0];
    const stem = this.told.title.replaceAll(/[^\w.-]+/g, "_") || "flame";
    if (format === "folded") {
      const text = toFolded(pane.tree, (fn) => this.names[fn]);
      return offerFile(`${stem}.folded`, new Blob([text], { type: "text/plain" }));
    }
    const width = Math.max(pane.canvas.clientWidth, 600);
    const scene = { ...pane.scene(width, pane.rows * ROW_PX, 0), at: -1 };
    if (format === "svg") {
      return offerFile(`${stem}.svg`, new Blob([flameSvg(scene)], { type: "image/svg+xml" }));
    }
    if (format !== "png") return undefined;
    const height = Math.min(scene.height, MOST_PICTURE_PX / 2);
    if (height < scene.height) this.tell(`The picture holds the first ${Math.floor(height / ROW_PX)} of ${pane.rows} rows; SVG holds all.`);
    const canvas = make("canvas", { width: 2 * width, height: 2 * height });
    const pen = canvas.getContext("2d", { alpha: false });
    pen.scale(2, 2);
    drawFlame(pen, scene);
    canvas.toBlob((/** @type {Blob} */ blob) => offerFile(`${stem}.png`, blob), "image/png");
    return undefined;
  }
}
