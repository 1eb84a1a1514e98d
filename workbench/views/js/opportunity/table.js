// The ranked opportunities as a table: a part of the rows at a time, chosen by clicks and keys.

import { make } from "../dom.js";
import { middleClipped, percent, plain } from "../format.js";
import { drawSaving, drawState, isUnderWay } from "./parts.js";
import { COLUMNS, chosenRows, fallsAtFirst, hoursText, mostSaving, own, partText, patternWords, placeText, selectedAfter, wattsInterval } from "./rows.js";

/**
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./rows.js").Solve} Solve
 * @typedef {import("./rows.js").Wanted} Wanted
 */

const MOST_ROWS = 100;
const LONGEST_NAME = 56;
/** @type {Record<string, string>} columns that are left out where it is narrow, and where it is less so */
const SPARE = {
  state: "wb-o-medium", pattern: "wb-o-medium", place: "wb-o-wide", share: "wb-o-wide", watts: "wb-o-medium",
  chance: "wb-o-medium", hours: "wb-o-wide", owner: "wb-o-wide",
};
/** @type {Record<string, string>} */
const HINTS = {
  share: "Share of the service's CPU that passes through these lines", saving: "What mending it should save of the service's CPU, with its interval",
  watts: "The same in watts, with its interval", chance: "Probability that a patch of it is verified", hours: "Hours of a reviewer",
};

export class TablePart {
  /**
   * @param {{rows: Row[], wanted: Wanted, selected: string[], solves: Record<string, Solve>}} state
   * @param {{height: number, onSelect: (ids: string[]) => void, onSort: () => void}} options
   * @param {AbortSignal} signal
   */
  constructor(state, { height, onSelect, onSort }, signal) {
    this.rows = state.rows;
    this.wanted = state.wanted;
    this.selected = state.selected;
    this.solves = state.solves;
    this.onSelect = onSelect;
    this.onSort = onSort;
    this.signal = signal;
    this.limit = MOST_ROWS;
    /** @type {Row[]} */ this.found = [];
    this.at = ""; // the row that Tab leads to
    this.heads = COLUMNS.map(([key, text, kind]) => this.head(key, text, kind));
    this.body = make("tbody", {});
    this.table = make("table", { class: "wb-table" },
      make("caption", { class: "wb-hidden-text" }, "Opportunities, with what mending each should save; small: its interval"),
      make("thead", {}, make("tr", {}, ...this.heads)), this.body);
    this.empty = make("p", { class: "wb-empty" });
    this.place = make("div", { class: "wb-scroll", tabindex: 0, role: "region", "aria-label": "Ranked opportunities", style: `max-height:${height}px` }, this.table, this.empty);
    this.more = make("button", { type: "button", class: "wb-o-more" });
    this.more.addEventListener("click", () => this.showMore(), { signal });
    this.element = make("div", {}, this.place, this.more);
    this.body.addEventListener("click", (/** @type {MouseEvent} */ event) => this.click(event), { signal });
    this.body.addEventListener("mousedown", (/** @type {MouseEvent} */ event) => { if (event.shiftKey) event.preventDefault(); }, { signal }); // else it marks text
    this.body.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.press(event), { signal });
  }

  /** @param {string} key @param {string} text @param {string} kind */
  head(key, text, kind) {
    const button = make("button", { type: "button", class: "wb-o-sort", title: HINTS[key] }, text);
    if (key === "rank") button.setAttribute("aria-label", "Rank");
    button.addEventListener("click", () => {
      this.wanted.isFalling = this.wanted.key === key ? !this.wanted.isFalling : fallsAtFirst(key);
      this.wanted.key = key;
      this.onSort();
    }, { signal: this.signal });
    return make("th", { scope: "col", class: [kind, `wb-o-${key}`, SPARE[key]].filter(Boolean).join(" "), "data-key": key }, button);
  }

  /** Draw from the first row on, as is wanted now. */
  draw() {
    this.found = chosenRows(this.rows, this.wanted);
    this.most = mostSaving(this.rows);
    const place = this.found.findIndex(({ id }) => id === this.selected[this.selected.length - 1]);
    this.limit = Math.max(MOST_ROWS, place + 1);
    if (!this.found.some(({ id }, index) => id === this.at && index < this.limit)) this.at = this.found[Math.max(place, 0)]?.id ?? "";
    this.body.replaceChildren(...this.found.slice(0, this.limit).map((row) => this.drawRow(row)));
    this.table.hidden = !this.found.length;
    this.empty.hidden = Boolean(this.found.length);
    this.empty.textContent = this.rows.length ? "No opportunity is like this. Change what is shown, or the words to find." : "No opportunity was found.";
    for (const head of this.heads) {
      const isIt = head.dataset.key === this.wanted.key;
      if (isIt) head.setAttribute("aria-sort", this.wanted.isFalling ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    this.settleMore();
  }

  settleMore() {
    const left = this.found.length - this.limit;
    this.more.hidden = left <= 0;
    this.more.textContent = `Show ${Math.min(MOST_ROWS, left)} more (${left.toLocaleString("en-US")} left)`;
  }

  showMore() {
    this.body.append(...this.found.slice(this.limit, this.limit + MOST_ROWS).map((row) => this.drawRow(row)));
    this.limit += MOST_ROWS;
    this.settleMore();
  }

  /** @param {Row} row */
  drawRow(row) {
    const isChosen = this.selected.includes(row.id);
    const words = patternWords(row.pattern);
    const name = make("button", { type: "button", class: "wb-link", "aria-pressed": String(isChosen), title: row.function, tabindex: row.id === this.at ? 0 : -1 }, middleClipped(row.function, LONGEST_NAME));
    const place = make("span", { class: "wb-o-place", title: placeText(row) }, middleClipped(placeText(row), LONGEST_NAME));
    const facts = [make("small", { class: "wb-o-not-medium" }, drawState(row.state), words && ` · ${words}`), make("small", { class: "wb-o-not-wide" }, place.cloneNode(true))];
    /** @type {Record<string, (Node | string)[]>} */
    const cells = {
      rank: [String(row.rank)],
      state: [drawState(row.state), make("small", { class: "wb-o-solve" })],
      pattern: [words || "–"],
      function: [name, ...facts],
      place: [place],
      share: [partText(row.share)],
      saving: [drawSaving(row, this.most ?? 0)],
      watts: [plain(row.watts[0]), make("small", {}, wattsInterval(row.watts))],
      chance: [percent(row.chance)],
      hours: [hoursText(row.hours)],
      owner: [make("span", { title: row.owner }, middleClipped(row.owner, 32) || "–")],
    };
    const line = make("tr", { "data-id": row.id, class: isChosen ? "wb-chosen" : undefined },
      ...COLUMNS.map(([key, , kind]) => make("td", { class: [kind, `wb-o-${key}`, SPARE[key]].filter(Boolean).join(" ") }, ...cells[key])));
    this.markSolve(line);
    return line;
  }

  /** @param {HTMLElement} line */
  markSolve(line) {
    const part = /** @type {HTMLElement} */ (line.querySelector(".wb-o-solve"));
    part.textContent = isUnderWay(own(this.solves, line.dataset.id ?? "")) ? "patch under way" : "";
  }

  /** @param {Record<string, Solve>} solves */
  takeSolves(solves) {
    this.solves = solves;
    for (const line of this.body.querySelectorAll("tr[data-id]")) this.markSolve(line);
  }

  /** @param {string[]} selected */
  take(selected) {
    this.selected = selected;
    const place = this.found.findIndex(({ id }) => id === selected[selected.length - 1]);
    while (place >= this.limit) this.showMore();
    for (const line of this.body.querySelectorAll("tr[data-id]")) {
      const isChosen = selected.includes(line.dataset.id);
      line.classList.toggle("wb-chosen", isChosen);
      line.querySelector("button")?.setAttribute("aria-pressed", String(isChosen));
    }
  }

  // ---- what clicks and keys do ---------------------------------------------------------------------

  /** @param {string} id */
  lineOf(id) {
    return /** @type {HTMLElement | null} */ (this.body.querySelector(`tr[data-id="${CSS.escape(id)}"]`));
  }

  /** @param {string} id @param {"alone" | "toggle" | "range"} how */
  choose(id, how) {
    this.lineOf(this.at)?.querySelector("button")?.setAttribute("tabindex", "-1");
    this.at = id;
    const selected = selectedAfter(this.found.map((row) => row.id), this.selected, id, how);
    if (selected.join("\n") !== this.selected.join("\n")) {
      this.take(selected);
      this.onSelect(selected);
    }
    const line = this.lineOf(id);
    line?.querySelector("button")?.setAttribute("tabindex", "0");
    line?.querySelector("button")?.focus({ preventScroll: true });
    line?.scrollIntoView({ block: "nearest" });
  }

  /** @param {MouseEvent} event */
  click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const id = /** @type {HTMLElement | null} */ (target.closest("tr[data-id]"))?.dataset.id;
    const isMarking = !target.closest("button") && String(getSelection());
    if (id !== undefined && !isMarking) this.choose(id, event.shiftKey ? "range" : event.ctrlKey || event.metaKey ? "toggle" : "alone");
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const id = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest("tr[data-id]"))?.dataset.id;
    if (id === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const index = this.found.findIndex((row) => row.id === id);
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -index, End: this.found.length });
    if (event.key in steps) {
      const next = Math.min(Math.max(index + steps[event.key], 0), this.found.length - 1);
      while (next >= this.limit) this.showMore();
      this.choose(this.found[next].id, event.shiftKey ? "range" : "alone");
    } else if (event.key === "x") {
      this.choose(id, "toggle");
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
