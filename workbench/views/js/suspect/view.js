// Candidates in a table: probability bars, rows that open to the evidence and the diff.

import { drawDiff } from "../diff/view.js";
import { chooser, freshId, keepKeys, make } from "../dom.js";
import { clipped, counted } from "../format.js";
import { drawChance, drawFeatures, drawNames } from "./parts.js";
import { filterSuspects, moment, sortSuspects } from "./rank.js";
import { followTheme } from "../theme.js";

/**
 * @typedef {import("./rank.js").Suspect} Suspect
 * @typedef {import("./rank.js").Feature} Feature
 * @typedef {import("./rank.js").SortKey} SortKey
 * @typedef {import("../diff/view.js").Diff} Diff
 *
 * @typedef {object} Told
 * @property {Suspect[]} rows most probable first
 * @property {{probability: number, features: Feature[]}} none
 * @property {string[]} diffs ids of those whose diff was given
 * @property {boolean} reads whether others can be asked for
 *
 * @typedef {object} Options
 * @property {number} [height] in pixels, at most
 * @property {boolean} [isSaved] whether nobody is there to be asked
 * @property {(ids: string[]) => void} [onSelect]
 * @property {(ids: string[]) => void} [onOpen]
 * @property {(id: string, isWhole: boolean) => void} [onDiff]
 */

const FIRST_ROWS = 50;
const MORE_ROWS = 100;
const WIDE_PX = 1080;
const MEDIUM_PX = 660;
/** @type {Record<string, number>} */
const COLUMNS = { wide: 8, medium: 5, narrow: 3 }; // of those below, the rest is told when a row is open
const NONE = "";

/** @type {[SortKey | "", string, string][]} sort key, heading, class */
const HEADS = [
  ["title", "Change", "wb-s-title"], ["probability", "Probability", "wb-s-prob"], ["kind", "Kind", "wb-s-kind wb-wide"],
  ["author", "Author", "wb-s-author wb-medium"], ["at", "When", "wb-s-at wb-medium"], ["window", "Window", "wb-s-window wb-wide"],
  ["", "Touches", "wb-s-touch wb-wide"],
];

/** @param {Suspect} row */
const nameOf = (row) => row.title || row.id;

export class SuspectView {
  /** @param {HTMLElement} element @param {Told} told @param {Options} [options] */
  constructor(element, told, options = {}) {
    this.element = element;
    this.told = told;
    this.options = options;
    this.ending = new AbortController();
    this.signal = this.ending.signal;
    /** @type {Record<string, Diff>} */ this.diffs = {};
    /** @type {Set<string>} */ this.opened = new Set();
    /** @type {Set<string>} */ this.selected = new Set();
    /** @type {SortKey} */ this.key = "probability";
    this.isFalling = true;
    this.limit = FIRST_ROWS;
    this.columns = COLUMNS.wide;
    /** @type {Suspect[]} */ this.shown = [];
    this.at = told.rows[0]?.id ?? NONE; // the row that Tab leads to
    this.ranks = new Map(told.rows.map((row, index) => [row.id, index + 1]));
    element.classList.add("wb", "wb-suspects");
    keepKeys(element, this.signal);
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "Candidates for the cause");
    this.body = make("tbody", {});
    this.foot = make("tfoot", {});
    this.heads = HEADS.map((head) => this.head(...head));
    this.table = make("table", { class: "wb-suspect-table" },
      make("caption", { class: "wb-hidden-text" }, "Candidates for the cause, with the probability of each"),
      make("thead", {}, make("tr", {}, make("th", { scope: "col", class: "wb-s-pick" }, make("span", { class: "wb-hidden-text" }, "Selected")), ...this.heads)),
      this.body, this.foot);
    this.scroller = make("div", { class: "wb-scroll", style: `max-height:${options.height ?? 560}px` }, this.table);
    this.more = make("button", { type: "button", class: "wb-more" });
    this.more.addEventListener("click", () => this.showMore(), { signal: this.signal });
    this.status = make("p", { class: "wb-status", role: "status" });
    const kinds = [...new Set(told.rows.map(({ kind }) => kind))].sort();
    const kind = chooser("Kind", [["", "all"], ...kinds.map((one) => /** @type {[string, string]} */ ([one, one]))], "");
    kind.label.hidden = kinds.length < 2;
    this.kind = kind.select;
    element.replaceChildren(this.bar(kind.label), this.scroller, this.more, this.status);
    followTheme(element, () => {}, this.signal);
    this.body.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.press(event), { signal: this.signal });
    this.body.addEventListener("click", (/** @type {MouseEvent} */ event) => this.click(event), { signal: this.signal });
    this.settleWidth();
    this.draw();
    const watcher = new ResizeObserver(() => { if (this.settleWidth()) this.draw(); });
    watcher.observe(element);
    this.signal.addEventListener("abort", () => watcher.disconnect());
  }

  /** @returns {boolean} whether there are other columns than before */
  settleWidth() {
    const width = this.element.clientWidth || WIDE_PX;
    const room = width >= WIDE_PX ? "wide" : width >= MEDIUM_PX ? "medium" : "narrow";
    if (this.element.dataset.room === room) return false;
    this.element.dataset.room = room;
    this.columns = COLUMNS[room];
    return true;
  }

  end() {
    this.ending.abort();
    this.element.replaceChildren();
  }

  // ---- what is set from outside --------------------------------------------------------------------

  /** @param {Record<string, Diff>} diffs */
  setDiffs(diffs) {
    const changed = Object.keys(diffs).filter((id) => diffs[id] !== this.diffs[id]);
    this.diffs = diffs;
    for (const id of changed) this.redrawDetail(id);
  }

  /** @param {string[]} ids */
  setOpened(ids) {
    const wanted = new Set(ids);
    const changed = [...new Set([...wanted, ...this.opened])].filter((id) => wanted.has(id) !== this.opened.has(id));
    this.opened = wanted;
    for (const id of changed) this.settleRow(id);
  }

  /** @param {string[]} ids */
  setSelected(ids) {
    this.selected = new Set(ids);
    for (const row of this.body.querySelectorAll("tr[data-id]")) {
      const isIn = this.selected.has(row.dataset.id);
      row.classList.toggle("wb-selected", isIn);
      row.querySelector("input").checked = isIn;
    }
    this.count();
  }

  // ---- what stands around the rows -----------------------------------------------------------------

  /** @param {HTMLElement} kind */
  bar(kind) {
    this.search = make("input", { type: "search", placeholder: "title, author, file, function", spellcheck: "false" });
    const act = () => { this.limit = FIRST_ROWS; this.draw(); };
    this.search.addEventListener("input", act, { signal: this.signal });
    this.kind.addEventListener("change", act, { signal: this.signal });
    return make("div", { class: "wb-bar" },
      make("label", { class: "wb-field" }, make("span", {}, "Find"), this.search), kind);
  }

  /** @param {SortKey | ""} key @param {string} text @param {string} look */
  head(key, text, look) {
    if (!key) return make("th", { scope: "col", class: look }, text);
    const button = make("button", { type: "button", class: "wb-sort" }, text);
    button.addEventListener("click", () => {
      this.isFalling = this.key === key ? !this.isFalling : key === "probability" || key === "at";
      this.key = key;
      this.scroller.scrollTop = 0;
      this.draw();
    }, { signal: this.signal });
    return make("th", { scope: "col", class: look, "data-key": key }, button);
  }

  markSort() {
    for (const head of this.heads) {
      const isIt = head.dataset.key === this.key;
      if (isIt) head.setAttribute("aria-sort", this.isFalling ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  }

  count() {
    const all = this.told.rows.length;
    const parts = [this.shown.length === all ? counted(all, "candidate") : `${this.shown.length.toLocaleString("en-US")} of ${counted(all, "candidate")}`];
    if (this.selected.size) parts.push(`${this.selected.size.toLocaleString("en-US")} selected`);
    this.status.textContent = `${parts.join(", ")}. Arrows move, Enter opens, x selects.`;
  }

  // ---- rows ----------------------------------------------------------------------------------------

  draw() {
    const found = filterSuspects(this.told.rows, this.search.value, this.kind.value);
    this.shown = sortSuspects(found, this.key, this.isFalling);
    const first = this.shown.length ? this.shown[0].id : NONE;
    if (!this.shown.some(({ id }) => id === this.at)) this.at = first;
    const rows = this.shown.slice(0, this.limit).flatMap((row) => this.drawRow(row));
    if (!rows.length) {
      const words = this.told.rows.length ? "No candidate is like that." : "There are no candidates.";
      rows.push(make("tr", {}, make("td", { colspan: this.columns, class: "wb-empty" }, words)));
    }
    this.body.replaceChildren(...rows);
    this.drawNone();
    this.settleMore();
    this.markSort();
    this.count();
  }

  settleMore() {
    const left = this.shown.length - this.limit;
    this.more.hidden = left <= 0;
    this.more.textContent = `Show ${Math.min(left, MORE_ROWS).toLocaleString("en-US")} more (${left.toLocaleString("en-US")} left)`;
  }

  showMore() {
    const rows = this.shown.slice(this.limit, this.limit + MORE_ROWS).flatMap((row) => this.drawRow(row));
    this.limit += MORE_ROWS;
    this.body.append(...rows);
    this.settleMore();
  }

  /** @param {Suspect} row @returns {HTMLElement[]} the row, and what it opens to where it is open */
  drawRow(row) {
    const isOpen = this.opened.has(row.id);
    const isIn = this.selected.has(row.id);
    const name = nameOf(row);
    const tab = row.id === this.at ? 0 : -1;
    const pick = make("input", { type: "checkbox", "aria-label": `Select ${clipped(name, 80)}`, tabindex: tab });
    pick.checked = isIn;
    const opener = make("button", { type: "button", class: "wb-open", "aria-expanded": String(isOpen), tabindex: tab, title: name },
      make("span", { class: "wb-rank" }, String(this.ranks.get(row.id))), make("span", { class: "wb-clip" }, name));
    const touches = [row.n_functions && counted(row.n_functions, "function"), row.n_files && counted(row.n_files, "file")].filter(Boolean).join(", ");
    const first = [...row.growing, ...row.functions, ...row.files].slice(0, 12).join("\n");
    const window = row.window === null ? "" : `${row.window}${row.is_roll_back ? " (taken out)" : ""}`;
    const cells = [
      make("td", { class: "wb-s-pick" }, pick),
      make("td", { class: "wb-s-title" }, opener,
        make("div", { class: "wb-sub wb-narrow" }, [row.kind, row.author, moment(row.at)].filter(Boolean).join(" · "))),
      make("td", { class: "wb-s-prob" }, drawChance(row.probability)),
      make("td", { class: "wb-s-kind wb-wide" }, row.kind),
      make("td", { class: "wb-s-author wb-medium" }, make("span", { class: "wb-clip", title: row.author }, row.author)),
      make("td", { class: "wb-s-at wb-medium", title: row.at }, moment(row.at)),
      make("td", { class: "wb-s-window wb-wide" }, window),
      make("td", { class: "wb-s-touch wb-wide", title: first }, touches),
    ];
    const line = make("tr", { "data-id": row.id, class: isIn ? "wb-selected" : "" }, ...cells);
    return isOpen ? [line, this.drawDetail(row)] : [line];
  }

  drawNone() {
    const { none } = this.told;
    const isOpen = this.opened.has(NONE);
    const name = none.features.length
      ? make("button", { type: "button", class: "wb-open", "aria-expanded": String(isOpen) }, make("span", { class: "wb-rank" }), "None of these")
      : make("span", { class: "wb-open" }, make("span", { class: "wb-rank" }), "None of these");
    if (none.features.length) name.addEventListener("click", () => this.toggle(NONE));
    const rows = [make("tr", { class: "wb-none" }, make("td", { class: "wb-s-pick" }), make("td", { class: "wb-s-title" }, name),
      make("td", { class: "wb-s-prob" }, drawChance(none.probability, "wb-hatched")),
      make("td", { class: "wb-muted wb-medium", colspan: this.columns - 3 },
        make("span", { class: "wb-clip", title: "The cause is none of the known changes" }, "the cause is none of the known changes")))];
    if (isOpen) rows.push(make("tr", { class: "wb-detail" }, make("td", { colspan: this.columns }, drawFeatures(none.features, "What speaks for none of them"))));
    this.foot.replaceChildren(...rows);
  }

  // ---- what a row opens to -------------------------------------------------------------------------

  /** @param {Suspect} row */
  drawDetail(row) {
    const id = freshId("detail");
    const value = row.before || row.after ? `${row.key || "value"}: ${row.before || "nothing"} → ${row.after || "nothing"}` : row.key;
    const facts = [row.kind, row.id, row.author && `by ${row.author}`, row.at && moment(row.at),
      row.window !== null && `${row.is_roll_back ? "taken out" : "first ran"} in window ${row.window}`, value,
      (row.n_added || row.n_removed) && `+${row.n_added} −${row.n_removed} lines`].filter(Boolean).join(" · ");
    const left = row.n_functions - row.growing.length;
    const inside = make("div", { class: "wb-detail-box", id },
      make("p", { class: "wb-facts" }, facts),
      row.detail ? make("p", { class: "wb-told" }, clipped(row.detail, 2000)) : "",
      make("div", { class: "wb-detail-parts" },
        drawFeatures(row.features, "What speaks for it and against it"),
        make("div", {},
          drawNames("Functions that carry the growth", row.growing, row.growing.length),
          drawNames(row.growing.length ? "Other functions it touches" : "Functions it touches", row.functions, left),
          drawNames("Files", row.files, row.n_files))),
      this.drawDiffOf(row));
    return make("tr", { class: "wb-detail", "data-of": row.id }, make("td", { colspan: this.columns }, inside));
  }

  /** @param {Suspect} row @returns {Node | string} */
  drawDiffOf(row) {
    const diff = this.diffs[row.id];
    const canAsk = !this.options.isSaved && (this.told.reads || this.told.diffs.includes(row.id));
    const ask = /** @param {boolean} isWhole */ (isWhole) => this.options.onDiff?.(row.id, isWhole);
    if (!diff) {
      if (canAsk) return make("p", { class: "wb-muted", role: "status" }, "Reading the diff…");
      return this.told.reads ? make("p", { class: "wb-muted" }, "The diff had not been read when this page was saved.") : "";
    }
    if (diff.error) {
      const again = make("button", { type: "button" }, "Try again");
      again.addEventListener("click", () => { again.disabled = true; ask(false); });
      return make("div", {}, make("p", { class: "wb-error", role: "alert" }, `The diff cannot be shown: ${diff.error}`), canAsk ? again : "");
    }
    return drawDiff(diff, `Diff of ${clipped(nameOf(row), 80)}`, canAsk ? () => ask(true) : null);
  }

  /** @param {string} id @returns {HTMLTableRowElement | undefined} */
  lineOf(id) {
    return [...this.body.querySelectorAll("tr[data-id]")].find((line) => line.dataset.id === id);
  }

  /** Draw a row's detail, or take it away, as it is open or not. @param {string} id */
  settleRow(id) {
    if (id === NONE) return void this.drawNone();
    const line = this.lineOf(id);
    const row = this.told.rows.find((one) => one.id === id);
    if (!line || !row) return;
    const isOpen = this.opened.has(id);
    line.querySelector("button")?.setAttribute("aria-expanded", String(isOpen));
    const next = /** @type {HTMLElement | null} */ (line.nextElementSibling);
    if (next?.dataset.of === id) next.remove();
    if (isOpen) line.after(this.drawDetail(row));
  }

  /** Draw only the diff anew, so that the rest of the row stays as it is. @param {string} id */
  redrawDetail(id) {
    if (this.opened.has(id)) this.settleRow(id);
  }

  // ---- what clicks and keys do ---------------------------------------------------------------------

  /** @param {string} id */
  toggle(id) {
    if (this.opened.has(id)) this.opened.delete(id);
    else this.opened.add(id);
    this.settleRow(id);
    this.options.onOpen?.([...this.opened]);
    if (id !== NONE) return;
    this.foot.querySelector("button")?.focus();
    this.foot.lastElementChild?.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} id @param {boolean} isMore beside those that are selected already */
  select(id, isMore) {
    const isIn = this.selected.has(id);
    const kept = isMore ? [...this.selected].filter((one) => one !== id) : [];
    const ids = isMore && isIn ? kept : [...kept, id];
    this.setSelected(ids);
    this.options.onSelect?.(ids);
  }

  /** @param {MouseEvent} event */
  click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const line = /** @type {HTMLElement | null} */ (target.closest("tr[data-id]"));
    const id = line?.dataset.id;
    if (!line || id === undefined) return;
    this.moveTo(id, false);
    if (target.closest("input")) this.select(id, true);
    else if (target.closest("button.wb-open")) this.toggle(id);
    else if (!String(getSelection())) this.select(id, event.shiftKey || event.ctrlKey || event.metaKey);
  }

  /** @param {string} id @param {boolean} [isFocus] */
  moveTo(id, isFocus = true) {
    const wasFocused = this.lineOf(this.at);
    for (const part of wasFocused?.querySelectorAll("button, input") ?? []) part.setAttribute("tabindex", "-1");
    this.at = id;
    const line = this.lineOf(id);
    for (const part of line?.querySelectorAll("button, input") ?? []) part.setAttribute("tabindex", "0");
    if (isFocus) line?.querySelector("button")?.focus();
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const id = /** @type {HTMLElement | null} */ (target.closest("tr[data-id]"))?.dataset.id;
    if (id === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const index = this.shown.findIndex((row) => row.id === id);
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -index, End: this.shown.length });
    if (event.key in steps) this.moveBy(index, steps[event.key]);
    else if (event.key === "ArrowRight" && !this.opened.has(id)) this.toggle(id);
    else if (event.key === "ArrowLeft" && this.opened.has(id)) this.toggle(id);
    else if (event.key === "x") this.select(id, true);
    else if (event.key === "/") this.search.focus();
    else return;
    event.preventDefault();
  }

  /** @param {number} index @param {number} step */
  moveBy(index, step) {
    const next = Math.min(Math.max(index + step, 0), this.shown.length - 1);
    while (next >= this.limit) this.showMore();
    this.moveTo(this.shown[next].id);
  }
}
