// The review queue: what waits for a person's word; one that is chosen, and what came of those that were decided.

import { keepKeys, make } from "../dom.js";
import { counted, middleClipped } from "../format.js";
import { offerOrder } from "../rows/parts.js";
import { Answer } from "../task.js";
import { followTheme } from "../theme.js";
import { PanePart } from "./pane.js";
import { COLUMNS } from "./rows.js";
import { TablePart } from "./table.js";

/**
 * @typedef {import("./rows.js").Told} Told
 * @typedef {import("./rows.js").Review} Review
 * @typedef {import("./rows.js").Came} Came
 * @typedef {import("./rows.js").Wanted} Wanted
 *
 * @typedef {object} Options
 * @property {string} [selected] id; empty for none
 * @property {Record<string, Review>} [reviews]
 * @property {Came[]} [came] the latest first
 * @property {number} [height] of the table in pixels, at most
 * @property {boolean} [isSaved] whether nobody is there to be told
 * @property {HTMLElement | string} [progress] a bar that shows what is being done
 * @property {(id: string) => void} [onSelect]
 * @property {(id: string, said: import("../agent/review.js").Said) => void} [onReview]
 */

const ORDERS = /** @type {Record<string, string>} */ ({ sure: "how sure", waits: "how long it waits" });
const MOST_CAME = 10;

export class QueueView {
  /** @param {HTMLElement} element @param {Told} told @param {Options} [options] */
  constructor(element, told, { selected = "", reviews = {}, came = [], height = 420, isSaved = false, progress = "", onSelect = () => {}, onReview = () => {} } = {}) {
    this.element = element;
    this.told = told;
    this.selected = selected;
    this.ending = new AbortController();
    const { signal } = this.ending;
    /** @type {Wanted} */ this.wanted = { text: "", key: "waits", isFalling: true };
    element.classList.add("wb", "wb-plain", "wb-rows", "wb-queue");
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "Review queue");
    this.answer = new Answer((problem) => this.pane.complain(problem), signal);
    this.bar = make("div", { class: "wb-bar" });
    this.status = make("p", { class: "wb-status", role: "status" });
    this.came = make("div", { class: "wb-q-came", role: "status", tabindex: -1 });
    this.table = new TablePart({ rows: told.rows, wanted: this.wanted, selected: this.chosen(), reviews },
      { height, onSelect: ([id]) => { this.take(id); onSelect(id); }, onSort: () => this.draw() }, signal);
    this.pane = new PanePart({ canAsk: !isSaved, onReview: (id, said) => { this.answer.await(); onReview(id, said); } }, signal);
    this.pane.reviews = reviews;
    element.replaceChildren(this.bar, this.table.element, this.status, this.came, this.pane.element, progress);
    followTheme(element, () => {}, signal);
    keepKeys(element, signal);
    const search = make("input", { type: "search", placeholder: "service, subject, cause, kind", spellcheck: "false" });
    search.addEventListener("input", () => { this.wanted.text = search.value; this.draw(); }, { signal });
    this.bar.replaceChildren(make("label", { class: "wb-field" }, make("span", {}, "Find"), search), offerOrder(COLUMNS, ORDERS, this.wanted, () => this.draw(), signal));
    this.draw();
    this.setCame(came);
  }

  end() {
    this.ending.abort();
    this.element.replaceChildren();
  }

  chosen() {
    return this.selected ? [this.selected] : [];
  }

  // ---- what is set from outside --------------------------------------------------------------------

  /** Show others; what is looked for stays as it is. @param {Told} told @param {string} selected */
  setTold(told, selected) {
    const hadFocus = this.table.element.contains(document.activeElement) || this.pane.element.contains(document.activeElement);
    this.told = told;
    this.selected = selected;
    this.table.selected = this.chosen();
    this.table.rows = told.rows;
    this.draw();
    if (hadFocus && !this.element.contains(document.activeElement)) this.came.focus({ preventScroll: true });
  }

  /** @param {string} selected */
  take(selected) {
    this.selected = selected;
    this.table.take(this.chosen());
    this.drawPane();
  }

  /** @param {Record<string, Review>} reviews @param {boolean} isBusy */
  takeReviews(reviews, isBusy) {
    this.answer.came();
    this.table.takeReviews(reviews);
    this.pane.take(reviews, isBusy);
  }

  /** @param {Came[]} came the latest first */
  setCame(came) {
    const lines = came.slice(0, MOST_CAME).map(({ id, subject, text }) =>
      make("li", {}, make("code", { title: `${subject} (${id})` }, middleClipped(subject || id, 56)), ` ${text}`));
    const more = came.length - lines.length;
    this.came.hidden = !came.length;
    this.came.replaceChildren(make("p", { class: "wb-r-part" }, "What came of reviews"), make("ul", {}, ...lines), more > 0 ? make("p", { class: "wb-muted" }, `and ${counted(more, "one", "others")} before`) : "");
  }

  /** @param {string} problem */
  heard(problem) {
    this.answer.came();
    if (problem) this.pane.complain(problem);
  }

  // ---- what is drawn -------------------------------------------------------------------------------

  draw() {
    this.table.draw();
    const order = /** @type {HTMLSelectElement} */ (this.bar.querySelector(".wb-r-order select"));
    order.value = this.wanted.key;
    this.bar.hidden = !this.told.rows.length;
    this.drawStatus();
    this.drawPane();
  }

  drawStatus() {
    const { rows } = this.told;
    const [n, n_all] = [this.table.found.length, rows.length];
    const n_verified = rows.filter(({ state }) => state === "verified").length;
    const shown = n === n_all ? n_all.toLocaleString("en-US") : `${n.toLocaleString("en-US")} of ${n_all.toLocaleString("en-US")}`;
    this.status.textContent = n_all ? `${shown} ${n_all === 1 ? "waits" : "wait"} for a review, ${n_verified.toLocaleString("en-US")} with a fix that is verified. Arrows choose.` : "";
  }

  drawPane() {
    this.pane.show(this.told, this.told.rows.find((row) => row.id === this.selected) ?? null);
  }
}
