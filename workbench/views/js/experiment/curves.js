// Risk over coverage: which part of the answers is wrong, of those that it was surest of.

import { draw, make } from "../dom.js";
import { isKnown, middleClipped, percent } from "../format.js";
import { axisEnd, curvePath, riskAt, ticksTo } from "./scale.js";
import { areaText, rateText } from "./words.js";

/**
 * @typedef {import("./told.js").Experiment} Experiment
 * @typedef {import("./view.js").State} State
 */

const HEIGHT = 256;
const LEFT = 46;
const RIGHT = 12;
const TOP = 26;
const BOTTOM = 38;
const DASHES = ["2 3", "9 3 2 3", "1 4", "12 4", "5 2 1 2 1 2", "3 6"];
const TENTHS = Array.from({ length: 10 }, (_, at) => (at + 1) / 10);

export class CurvesPart {
  /**
   * @param {Experiment} experiment
   * @param {{onVariant: (name: string) => void}} options
   * @param {AbortSignal} signal
   */
  constructor(experiment, options, signal) {
    this.experiment = experiment;
    this.options = options;
    this.signal = signal;
    this.chosen = experiment.baseline;
    this.coverage = 1;
    this.isWhole = false;
    this.plot = make("div", { class: "wb-e-plot", tabindex: 0, role: "slider", "aria-label": "Coverage of risk-coverage curves", "aria-valuemin": 0, "aria-valuemax": 100 });
    const whole = make("input", { type: "checkbox" });
    whole.addEventListener("change", () => { this.isWhole = whole.checked; this.draw(); }, { signal });
    this.whole = make("label", { class: "wb-field" }, whole, make("span", {}, "Axis to 100 %"));
    this.note = make("p", { class: "wb-muted" });
    this.legend = make("div", { class: "wb-e-legend" });
    this.tenths = make("details", {}, make("summary", {}, "Risk at every tenth"));
    const hasAny = experiment.curves.some(({ nAnswers }) => nAnswers);
    this.element = hasAny ? make("div", {}, this.plot, make("div", { class: "wb-bar wb-e-under" }, this.whole), this.note, this.legend, this.tenths)
      : make("p", { class: "wb-empty" }, "No answer tells both how sure it is and whether it is right.");
    if (!hasAny) return;
    this.tenths.append(this.drawTenths());
    const watcher = new ResizeObserver(() => this.draw());
    watcher.observe(this.plot);
    signal.addEventListener("abort", () => watcher.disconnect());
    this.plot.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.hover(event), { signal });
    this.plot.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.press(event), { signal });
  }

  /** @param {State} state */
  take({ chosen }) {
    if (chosen === this.chosen && this.legend.firstChild) return;
    this.chosen = chosen;
    this.draw();
    this.drawLegend();
  }

  /** @param {number} number of a variant @returns {{stroke: string, width: number, dash: string}} */
  look(number) {
    if (this.experiment.variants[number].name === this.chosen) return { stroke: "var(--wb-accent)", width: 2.6, dash: "none" };
    if (number === 0) return { stroke: "var(--wb-more)", width: 2.2, dash: "7 3" };
    return { stroke: "var(--wb-muted)", width: 1.3, dash: DASHES[(number - 1) % DASHES.length] };
  }

  draw() {
    const width = Math.round(this.plot.clientWidth);
    if (width < LEFT + RIGHT + 40) return;
    const { curves, variants } = this.experiment;
    const chosen = this.experiment.variantAt(this.chosen);
    this.end = this.isWhole ? 1 : axisEnd([curves[0], curves[chosen]]);
    const end = this.end;
    this.x = (/** @type {number} */ value) => LEFT + value * (width - LEFT - RIGHT);
    this.y = (/** @type {number} */ value) => HEIGHT - BOTTOM - (value / end) * (HEIGHT - TOP - BOTTOM);
    const { x, y } = this;
    const svg = draw("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, "aria-hidden": "true" });
    for (const tick of ticksTo(end)) {
      svg.append(draw("line", { x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick), stroke: "var(--wb-line)" }),
        draw("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" }, percent(tick)));
    }
    for (const tick of [0, 0.25, 0.5, 0.75, 1]) svg.append(draw("text", { x: x(tick), y: HEIGHT - BOTTOM + 16, "text-anchor": tick === 1 ? "end" : "middle" }, percent(tick)));
    svg.append(draw("text", { x: (LEFT + width - RIGHT) / 2, y: HEIGHT - 5, "text-anchor": "middle" }, "coverage: answers, the surest first"),
      draw("text", { x: LEFT, y: 13 }, "risk: part of these that is wrong"));
    const clip = draw("svg", { x: LEFT, y: TOP, width: width - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM + 2, viewBox: `${LEFT} ${TOP} ${width - LEFT - RIGHT} ${HEIGHT - TOP - BOTTOM + 2}` });
    const order = variants.map((_, at) => at).sort((i, j) => Number(i === chosen) - Number(j === chosen) || Number(i === 0) - Number(j === 0));
    for (const at of order) {
      const { stroke, width: size, dash } = this.look(at);
      clip.append(draw("path", { d: curvePath(curves[at], x, y), fill: "none", stroke, "stroke-width": size, "stroke-dasharray": dash, "stroke-linejoin": "round" }));
    }
    this.cross = draw("g", {});
    svg.append(clip, this.cross);
    this.plot.replaceChildren(svg);
    const cut = curves.some(({ risk }) => Array.from(risk).some((value) => value > end));
    this.note.textContent = cut ? `The axis of risk ends at ${percent(end)}: what lies above is cut off.` : "";
    this.note.hidden = !cut;
    this.whole.hidden = end === 1 && !this.isWhole;
    this.drawCross();
  }

  drawCross() {
    if (!this.cross || !this.x || !this.y) return;
    const { curves, variants } = this.experiment;
    const at = this.x(this.coverage);
    this.cross.replaceChildren(draw("line", { x1: at, x2: at, y1: TOP, y2: HEIGHT - BOTTOM, stroke: "var(--wb-edge)", "stroke-dasharray": "2 2" }));
    const told = curves.map((curve) => riskAt(curve, this.coverage));
    for (const [number, risk] of told.entries()) {
      if (!isKnown(risk) || risk > (this.end ?? 1)) continue;
      const { stroke, width } = this.look(number);
      this.cross.append(draw("circle", { cx: at, cy: this.y(risk), r: width + 1, fill: stroke }));
    }
    for (const [number, cell] of [...this.legend.querySelectorAll("td.wb-e-risk")].entries()) cell.textContent = rateText(told[number]);
    const heading = this.legend.querySelector(".wb-e-at");
    if (heading) heading.textContent = `Risk at ${percent(Math.round(100 * this.coverage) / 100)}`;
    const now = Math.round(100 * this.coverage);
    this.plot.setAttribute("aria-valuenow", String(now));
    this.plot.setAttribute("aria-valuetext", `${now} %: ${variants.map(({ name }, number) => `${name} ${rateText(told[number])} wrong`).join(", ")}`);
  }

  drawLegend() {
    const { curves, variants } = this.experiment;
    const rows = variants.map(({ name }, number) => {
      const { stroke, width, dash } = this.look(number);
      const line = draw("svg", { width: 34, height: 10, viewBox: "0 0 34 10", "aria-hidden": "true" },
        draw("line", { x1: 1, x2: 33, y1: 5, y2: 5, stroke, "stroke-width": width, "stroke-dasharray": dash }));
      const button = make("button", { type: "button", class: "wb-e-name", "aria-pressed": String(name === this.chosen), title: name, "data-key": `curve ${name}` }, middleClipped(name, 34));
      button.addEventListener("click", () => this.options.onVariant(name));
      return make("tr", {}, make("th", { scope: "row" }, make("span", { class: "wb-e-sample" }, line, button)), make("td", { class: "n" }, areaText(curves[number].area)),
        make("td", { class: "n wb-e-risk" }), make("td", { class: "n wb-e-spare" }, curves[number].nAnswers.toLocaleString("en-US")));
    });
    this.legend.replaceChildren(make("table", { class: "wb-e-table" }, make("caption", { class: "wb-hidden-text" }, "Area under each curve, and the risk at the coverage that is pointed at"),
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Variant"), make("th", { scope: "col", class: "n", title: "mean risk over all coverages" }, "AURC", make("small", {}, "less is better")),
        make("th", { scope: "col", class: "n wb-e-at" }, "Risk"), make("th", { scope: "col", class: "n wb-e-spare" }, "Answers"))),
      make("tbody", {}, ...rows)));
    this.drawCross();
  }

  drawTenths() {
    const { curves, variants } = this.experiment;
    const rows = TENTHS.map((coverage) => make("tr", {}, make("th", { scope: "row", class: "n" }, percent(coverage)), ...curves.map((curve) => make("td", { class: "n" }, rateText(riskAt(curve, coverage))))));
    return make("div", { class: "wb-e-scroll", tabindex: 0, role: "region", "aria-label": "Risk at every tenth of coverage" }, make("table", { class: "wb-e-table" },
      make("caption", { class: "wb-hidden-text" }, "Risk of each variant at every tenth of coverage"),
      make("thead", {}, make("tr", {}, make("th", { scope: "col", class: "n" }, "Coverage"), ...variants.map(({ name }) => make("th", { scope: "col", class: "n", title: name }, middleClipped(name, 20))))),
      make("tbody", {}, ...rows)));
  }

  /** @param {PointerEvent} event */
  hover(event) {
    const box = this.plot.getBoundingClientRect();
    this.moveTo((event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT));
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const steps = /** @type {Record<string, number>} */ ({ ArrowRight: 0.01, ArrowUp: 0.01, ArrowLeft: -0.01, ArrowDown: -0.01, PageUp: 0.1, PageDown: -0.1, Home: -1, End: 1 });
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.moveTo(Math.round(100 * (this.coverage + steps[event.key])) / 100);
  }

  /** @param {number} coverage */
  moveTo(coverage) {
    this.coverage = Math.min(Math.max(coverage, 0.01), 1);
    this.drawCross();
  }
}
