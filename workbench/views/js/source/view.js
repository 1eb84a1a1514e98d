// Lines of code, what each cost, and who wrote it.

import { numbers } from "../columns.js";
import { keepKeys, make } from "../dom.js";
import { percent, withUnit } from "../format.js";
import { followTheme } from "../theme.js";

/**
 * @typedef {object} Told
 * @property {string} title
 * @property {string} path
 * @property {number} first_line
 * @property {string[]} lines
 * @property {import("../columns.js").Column} costs (n_lines,) in `unit`; NaN where a line was not seen
 * @property {string} unit
 * @property {string[]} owners (n_lines,) who wrote it, of those that are told; empty for others
 * @property {string[]} titles (n_lines,) what they say of it
 */

export class SourceView {
  /**
   * @param {HTMLElement} element
   * @param {Told} told
   * @param {{selected?: number[], onSelect?: (lines: number[]) => void}} [options]
   */
  constructor(element, told, { selected = [], onSelect = () => {} } = {}) {
    this.element = element;
    this.told = told;
    this.selected = selected;
    this.onSelect = onSelect;
    this.ending = new AbortController();
    element.classList.add("wb", "wb-plain", "wb-source");
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", `Source of ${told.title}`);
    followTheme(element, () => {}, this.ending.signal);
    keepKeys(element, this.ending.signal);
    this.draw();
  }

  end() {
    this.ending.abort();
    this.element.replaceChildren();
  }

  draw() {
    const { told } = this;
    if (!told.lines.length) {
      this.element.replaceChildren(make("p", { class: "wb-empty" }, told.title || "There is no code to show."));
      return;
    }
    const costs = numbers(told.costs);
    let most = 0;
    for (const cost of costs) if (cost > most) most = cost;
    const hasOwners = told.owners.some(Boolean);
    const body = make("tbody", {}, ...told.lines.map((text, at) => this.drawLine(text, at, costs[at], most, hasOwners)));
    const head = make("tr", {}, make("th", { scope: "col", class: "n" }, "Line"), make("th", { scope: "col", class: "n" }, "Cost"),
      make("td", {}), ...(hasOwners ? [make("th", { scope: "col" }, "Changed by")] : []), make("th", { scope: "col" }, "Code"));
    const name = make("p", {}, make("b", {}, told.title), ` ${told.path}`);
    const box = make("div", { class: "wb-scroll", tabindex: 0, role: "region", "aria-label": `Source of ${told.title}` },
      make("table", { class: "wb-table wb-code" }, make("thead", {}, head), body));
    body.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const line = /** @type {Element} */ (event.target).closest("tr")?.getAttribute("data-line");
      if (line) this.choose(Number(line), event.shiftKey);
    }, { signal: this.ending.signal });
    this.element.replaceChildren(name, box);
    if (!hasOwners && told.first_line) return;
    this.element.append(make("p", { class: "wb-muted" }, "▌ marks lines that a candidate wrote."));
  }

  /** @param {string} text @param {number} at @param {number} cost @param {number} most @param {boolean} hasOwners */
  drawLine(text, at, cost, most, hasOwners) {
    const { told } = this;
    const number = told.first_line + at;
    const share = most > 0 && cost > 0 ? cost / most : 0;
    const owner = told.owners[at];
    const cells = [
      make("td", { class: "n" }, make("button", { type: "button", class: "wb-link", "aria-label": `Line ${number}`, "aria-pressed": String(this.selected.includes(number)) }, String(number))),
      make("td", { class: "n" }, cost > 0 ? withUnit(cost, told.unit) : ""),
      make("td", {}, make("span", { class: "wb-track wb-short", title: cost > 0 ? `${percent(share)} of the costliest line` : undefined }, make("b", { style: `width:${100 * share}%`, hidden: !(cost > 0) }))),
      ...(hasOwners ? [make("td", { class: "wb-owner" }, owner ? make("span", { title: told.titles[at] }, `▌${owner}`) : "")] : []),
      make("td", {}, make("code", {}, text || " ")),
    ];
    const kind = [owner ? "wb-written" : "", this.selected.includes(number) ? "wb-chosen" : ""].filter(Boolean).join(" ");
    return make("tr", { class: kind || undefined, "data-line": number }, ...cells);
  }

  /** @param {number} line @param {boolean} isMore */
  choose(line, isMore) {
    const others = this.selected.filter((one) => one !== line);
    const isIn = others.length < this.selected.length;
    this.take(isMore ? (isIn ? others : [...others, line]) : isIn && !others.length ? [] : [line]);
    this.onSelect(this.selected);
  }

  /** @param {number[]} selected */
  take(selected) {
    this.selected = selected;
    for (const row of this.element.querySelectorAll("tr[data-line]")) {
      const isChosen = selected.includes(Number(row.getAttribute("data-line")));
      row.classList.toggle("wb-chosen", isChosen);
      row.querySelector("button")?.setAttribute("aria-pressed", String(isChosen));
    }
  }
}
