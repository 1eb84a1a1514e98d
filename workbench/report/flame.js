// Draws every [data-flame] element of the page: a differential icicle on a canvas.
// The data are flat arrays (see FlameDiff.payload): callers stand before their callees, nodes of
// one depth stand together. Text from profiles only ever becomes text, never markup.
"use strict";

(() => {
  const ROW_PX = 20;
  const MAX_VIEW_PX = 560;
  const MIN_WIDTH_PX = 0.5;

  const byName = (root, name) => root.querySelector(`[data-flame-${name}]`);

  function parseColour(text) {
    const hex = text.trim().replace("#", "");
    return [0, 2, 4].map((start) => parseInt(hex.slice(start, start + 2), 16));
  }

  function mix(from, to, amount) {
    return from.map((value, i) => Math.round(value + (to[i] - value) * amount));
  }

  function isBright([red, green, blue]) {
    return 0.299 * red + 0.587 * green + 0.114 * blue > 115;
  }

  function number(value) {
    if (value === 0) return "0";
    const magnitude = Math.floor(Math.log10(Math.abs(value)));
    const digits = Math.min(Math.max(2 - magnitude, 0), 9);
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return value.toLocaleString("en-US", options).replace("-", "−");
  }

  const signed = (value) => (value > 0 ? "+" : "") + number(value);

  class FlameGraph {
    constructor(root) {
      this.root = root;
      this.data = JSON.parse(byName(root, "data").textContent);
      this.view = byName(root, "view");
      this.spacer = byName(root, "spacer");
      this.canvas = byName(root, "canvas");
      this.tooltip = byName(root, "tooltip");
      this.status = byName(root, "status");
      this.search = byName(root, "search");
      this.found = byName(root, "found");
      this.resetButton = byName(root, "reset");
      this.focus = 0; // node that fills the width
      this.selected = 0; // node that the keyboard is at
      this.matches = null;
      this.indexRows();
      this.layOut("after");
      this.listen();
      this.draw();
    }

    indexRows() {
      const { parents } = this.data;
      this.depths = new Int32Array(parents.length);
      this.rowStarts = [0];
      for (let node = 1; node < parents.length; node++) {
        this.depths[node] = this.depths[parents[node]] + 1;
        if (this.depths[node] === this.rowStarts.length) this.rowStarts.push(node);
      }
      this.nRows = this.rowStarts.length;
      this.rowStarts.push(parents.length);
      this.total = Math.max(this.data.before[0], this.data.after[0]);
    }

    layOut(side) {
      const { parents } = this.data;
      const widths = this.data[side];
      this.side = side;
      this.starts = new Float64Array(parents.length);
      const cursors = new Float64Array(parents.length);
      for (let node = 1; node < parents.length; node++) {
        const parent = parents[node];
        this.starts[node] = cursors[parent];
        cursors[node] = cursors[parent];
        cursors[parent] += widths[node];
      }
      this.widths = widths;
    }

    readTheme() {
      const style = getComputedStyle(this.root);
      const colour = (name) => parseColour(style.getPropertyValue(`--flame-${name}`));
      this.theme = {
        less: colour("less"), same: colour("same"), more: colour("more"),
        paper: style.getPropertyValue("--surface").trim(),
        ink: style.getPropertyValue("--ink").trim(),
        font: `12px ${style.getPropertyValue("--mono")}`,
      };
    }

    label(node) {
      return node === 0 ? this.data.root : this.data.functions[this.data.nodes[node]][0];
    }

    file(node) {
      return node === 0 ? "" : this.data.functions[this.data.nodes[node]][1];
    }

    delta(node) {
      return this.data.after[node] - this.data.before[node];
    }

    describe(node) {
      const before = this.data.before[node], after = this.data.after[node];
      const delta = after - before;
      const percent = this.total ? (100 * delta) / this.total : 0;
      const kind = before === 0 && after > 0 ? " (new)" : after === 0 && before > 0 ? " (gone)" : "";
      return {
        cost: `${number(before)} → ${number(after)} ${this.data.unit}`,
        delta: `${signed(delta)} ${this.data.unit}, ${signed(percent)} % of the total${kind}`,
      };
    }

    // ---- geometry ---------------------------------------------------------------------------

    xScale() {
      const width = this.widths[this.focus];
      return width > 0 ? this.canvas.clientWidth / width : 0;
    }

    span(node, scale) {
      const start = (this.starts[node] - this.starts[this.focus]) * scale;
      return [Math.max(start, 0), Math.min(start + this.widths[node] * scale, this.canvas.clientWidth)];
    }

    nodeAt(event) {
      const box = this.canvas.getBoundingClientRect();
      const x = event.clientX - box.left;
      const row = Math.floor((event.clientY - box.top + this.view.scrollTop) / ROW_PX);
      if (row < 0 || row >= this.nRows) return -1;
      const scale = this.xScale();
      for (let node = this.rowStarts[row]; node < this.rowStarts[row + 1]; node++) {
        const [left, right] = this.span(node, scale);
        if (right - left >= MIN_WIDTH_PX && x >= left && x < right) return node;
      }
      return -1;
    }

    // ---- drawing ----------------------------------------------------------------------------

    draw() {
      this.readTheme();
      const height = Math.min(this.nRows * ROW_PX, MAX_VIEW_PX);
      this.view.style.height = `${height}px`;
      this.spacer.style.height = `${this.nRows * ROW_PX}px`;
      this.canvas.style.height = `${height}px`;
      const ratio = window.devicePixelRatio || 1;
      const width = this.canvas.clientWidth;
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      const pen = this.canvas.getContext("2d");
      pen.scale(ratio, ratio);
      pen.clearRect(0, 0, width, height);
      pen.font = this.theme.font;
      pen.textBaseline = "middle";
      this.letterPx = pen.measureText("m").width;
      const first = Math.floor(this.view.scrollTop / ROW_PX);
      const last = Math.min(this.nRows - 1, Math.ceil((this.view.scrollTop + height) / ROW_PX));
      const scale = this.xScale();
      for (let row = first; row <= last; row++) {
        for (let node = this.rowStarts[row]; node < this.rowStarts[row + 1]; node++) {
          const [left, right] = this.span(node, scale);
          if (right - left >= MIN_WIDTH_PX) this.drawNode(pen, node, left, right);
        }
      }
    }

    drawNode(pen, node, left, right) {
      const top = this.depths[node] * ROW_PX - this.view.scrollTop;
      const intensity = this.data.limit ? Math.max(-1, Math.min(1, this.delta(node) / this.data.limit)) : 0;
      const end = intensity < 0 ? this.theme.less : this.theme.more;
      const colour = mix(this.theme.same, end, Math.abs(intensity));
      const width = Math.max(right - left - (right - left > 3 ? 1 : 0), MIN_WIDTH_PX);
      const isFaded = this.matches !== null && !this.matches[node];
      pen.globalAlpha = isFaded ? 0.25 : this.depths[node] < this.depths[this.focus] ? 0.6 : 1;
      pen.fillStyle = `rgb(${colour})`;
      pen.fillRect(left, top, width, ROW_PX - 1);
      const nLetters = Math.floor((width - 8) / this.letterPx);
      if (nLetters >= 3) {
        const name = this.label(node);
        pen.fillStyle = isBright(colour) ? "#14171b" : "#ffffff";
        const text = name.length <= nLetters ? name : `${name.slice(0, nLetters - 1)}…`;
        pen.fillText(text, left + 4, top + ROW_PX / 2);
      }
      pen.globalAlpha = 1;
      const isAtKeyboard = node === this.selected && document.activeElement === this.canvas;
      if (isAtKeyboard || (this.matches !== null && this.matches[node])) {
        pen.strokeStyle = this.theme.ink;
        pen.lineWidth = isAtKeyboard ? 2 : 1;
        if (width >= 2) pen.strokeRect(left + 1, top + 1, width - 2, ROW_PX - 3);
      }
    }

    // ---- answers ----------------------------------------------------------------------------

    zoom(node) {
      if (node < 0 || !(this.widths[node] > 0)) return;
      this.focus = node;
      this.resetButton.disabled = node === 0;
      this.select(node);
    }

    select(node) {
      this.selected = node;
      const top = this.depths[node] * ROW_PX;
      if (top < this.view.scrollTop) this.view.scrollTop = top;
      const bottom = top + ROW_PX;
      if (bottom > this.view.scrollTop + this.view.clientHeight) {
        this.view.scrollTop = bottom - this.view.clientHeight;
      }
      const { cost, delta } = this.describe(node);
      const file = this.file(node);
      this.status.textContent = `${this.label(node)}${file ? ` (${file})` : ""}: ${cost}; ${delta}`;
      this.draw();
    }

    reset() {
      this.hideTooltip();
      this.zoom(0);
    }

    step(key) {
      const row = this.depths[this.selected];
      if (key === "ArrowUp") return this.data.parents[this.selected];
      const nextRow = row + (key === "ArrowDown" ? 1 : 0);
      if (nextRow >= this.nRows) return -1;
      const scale = this.xScale();
      const drawn = [];
      for (let node = this.rowStarts[nextRow]; node < this.rowStarts[nextRow + 1]; node++) {
        const [left, right] = this.span(node, scale);
        if (right - left >= MIN_WIDTH_PX) drawn.push(node);
      }
      if (key === "ArrowDown") {
        return drawn
          .filter((node) => this.data.parents[node] === this.selected)
          .reduce((best, node) => (best < 0 || this.widths[node] > this.widths[best] ? node : best), -1);
      }
      drawn.sort((i, j) => this.starts[i] - this.starts[j]);
      return drawn[drawn.indexOf(this.selected) + (key === "ArrowRight" ? 1 : -1)] ?? -1;
    }

    find(text) {
      const wanted = text.trim().toLowerCase();
      if (!wanted) {
        this.matches = null;
        this.found.textContent = "";
        this.draw();
        return;
      }
      const isWanted = this.data.functions.map(([name, file]) =>
        `${file}:${name}`.toLowerCase().includes(wanted));
      const { parents, nodes } = this.data;
      const isCovered = new Uint8Array(parents.length); // a match, or below one
      this.matches = new Uint8Array(parents.length);
      let nMatches = 0, cost = 0;
      for (let node = 1; node < parents.length; node++) {
        const isMatch = isWanted[nodes[node]];
        this.matches[node] = isMatch ? 1 : 0;
        isCovered[node] = isMatch || isCovered[parents[node]] ? 1 : 0;
        if (isMatch) nMatches++;
        if (isMatch && !isCovered[parents[node]]) cost += this.widths[node];
      }
      const percent = this.widths[0] ? (100 * cost) / this.widths[0] : 0;
      const frames = nMatches === 1 ? "1 frame" : `${nMatches} frames`;
      this.found.textContent = `${frames}, ${number(percent)} % of the cost ${this.side}`;
      this.draw();
    }

    showTooltip(node, event) {
      const { cost, delta } = this.describe(node);
      const lines = [[this.label(node), "name"], [this.file(node), "file"], [cost, "cost"], [delta, "delta"]];
      this.tooltip.replaceChildren(...lines.filter(([text]) => text).map(([text, kind]) => {
        const line = document.createElement("div");
        line.className = `flame-tip-${kind}`;
        line.textContent = text;
        return line;
      }));
      this.tooltip.hidden = false;
      const box = this.root.getBoundingClientRect();
      const room = box.width - this.tooltip.offsetWidth - 4;
      this.tooltip.style.left = `${Math.max(4, Math.min(event.clientX - box.left + 12, room))}px`;
      this.tooltip.style.top = `${event.clientY - box.top + 18}px`;
    }

    hideTooltip() {
      this.tooltip.hidden = true;
    }

    // ---- events -----------------------------------------------------------------------------

    listen() {
      this.canvas.addEventListener("mousemove", (event) => {
        const node = this.nodeAt(event);
        this.canvas.style.cursor = node < 0 ? "default" : "pointer";
        if (node < 0) this.hideTooltip();
        else this.showTooltip(node, event);
      });
      this.canvas.addEventListener("mouseleave", () => this.hideTooltip());
      this.canvas.addEventListener("click", (event) => this.zoom(this.nodeAt(event)));
      this.canvas.addEventListener("keydown", (event) => this.press(event));
      for (const name of ["focus", "blur"]) this.canvas.addEventListener(name, () => this.draw());
      this.view.addEventListener("scroll", () => { this.hideTooltip(); this.draw(); });
      this.resetButton.addEventListener("click", () => this.reset());
      this.search.addEventListener("input", () => this.find(this.search.value));
      for (const choice of this.root.querySelectorAll("[data-flame-side]")) {
        choice.addEventListener("change", () => {
          this.layOut(choice.value);
          if (!(this.widths[this.focus] > 0)) this.reset();
          this.find(this.search.value);
        });
      }
      new ResizeObserver(() => this.draw()).observe(this.view);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
      window.addEventListener("beforeprint", () => this.draw());
      window.addEventListener("afterprint", () => this.draw());
    }

    press(event) {
      if (event.key === "Enter" || event.key === " ") this.zoom(this.selected);
      else if (event.key === "Escape" || event.key === "Home") this.reset();
      else if (event.key.startsWith("Arrow")) {
        const node = this.step(event.key);
        if (node >= 0) this.select(node);
      } else return;
      event.preventDefault();
    }
  }

  for (const root of document.querySelectorAll("[data-flame]")) new FlameGraph(root);
})();
