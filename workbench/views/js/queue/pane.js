// The one that is chosen: what a reviewer reads of it, and the reviewer's word.

import { ReviewForm } from "../agent/review.js";
import { make, withCode } from "../dom.js";
import { clipped } from "../format.js";
import { own } from "../rows/order.js";
import { drawCommand } from "../rows/parts.js";
import { drawEvidence, drawFacts, drawFix } from "./card.js";

/**
 * @typedef {import("../agent/review.js").Said} Said
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./rows.js").Told} Told
 * @typedef {import("./rows.js").Review} Review
 */

const DOING = /** @type {Record<string, string>} */ ({ approve: "The approval", edit: "The change", reject: "The rejection" });
const CANCELLED = "Cancelled. It may have been taken before that: `workbench queue` lists what waits.";

export class PanePart {
  /**
   * @param {{canAsk: boolean, onReview: (id: string, said: Said) => void}} options
   * @param {AbortSignal} signal
   */
  constructor({ canAsk, onReview }, signal) {
    this.canAsk = canAsk;
    this.onReview = onReview;
    this.signal = signal;
    this.isBusy = false;
    this.isAsked = false; // whether an answer of Python is waited for
    this.by = ""; // who said the last word
    this.drawn = "";
    /** @type {Row | null} */ this.row = null;
    /** @type {ReviewForm | null} */ this.form = null;
    /** @type {Record<string, Review>} */ this.reviews = {};
    this.said = make("p", { class: "wb-muted", role: "status" });
    this.action = make("div", { class: "wb-q-action", tabindex: -1 });
    this.element = make("div", { class: "wb-r-pane", role: "region", "aria-label": "Chosen review", hidden: true });
  }

  /** Only what is told otherwise is drawn anew: what was typed and unfolded stays. @param {Told} told @param {Row | null} row */
  show(told, row) {
    const drawn = JSON.stringify([row && { ...row, rank: 0 }, told.reviews]);
    if (drawn === this.drawn) return;
    const hadFocus = this.element.contains(document.activeElement);
    this.drawn = drawn;
    this.row = row;
    this.element.hidden = !row;
    this.form = null;
    if (!row) return void this.element.replaceChildren();
    this.element.replaceChildren(
      make("p", { class: "wb-r-title" }, ...withCode(row.diagnosis.summary || "No summary was written.")),
      make("p", {}, make("code", {}, row.subject)), drawFacts(told, row), ...drawEvidence(row), ...drawFix(row), this.action);
    this.drawAction(told, row);
    if (hadFocus) this.action.focus({ preventScroll: true });
  }

  /** @param {Told} told @param {Row} row */
  drawAction(told, row) {
    const warning = row.state === "not verified" ? make("p", { class: "wb-q-bad" }, "✗ Its fix is not verified.") : "";
    if (!told.reviews || !this.canAsk) {
      return void this.action.replaceChildren(warning, ...drawCommand("Approve it in a shell, or say --reject WHY in place of --approve", row.command, this.signal));
    }
    const given = row.pattern ? { ...row.diagnosis, change_id: undefined } : row.diagnosis;
    this.form = new ReviewForm(given, told.mitigations, this.by, (said) => this.ask(row.id, said), { accuses: !row.pattern });
    this.action.replaceChildren(warning, this.form.element, this.said);
    this.settle();
  }

  /** @param {string} id @param {Said} said */
  ask(id, said) {
    this.by = said.by ?? "";
    this.isAsked = true;
    this.settle();
    this.onReview(id, said);
  }

  /** @param {Record<string, Review>} reviews @param {boolean} isBusy */
  take(reviews, isBusy) {
    this.reviews = reviews;
    this.isBusy = isBusy;
    this.isAsked = false;
    this.settle();
  }

  /** @param {string} problem */
  complain(problem) {
    this.isAsked = false;
    this.settle();
    this.form?.complain(problem);
  }

  /** Say how it goes, and keep the focus: letters would be commands of the page around. */
  settle() {
    if (!this.form || !this.row) return;
    const hadFocus = this.action.contains(document.activeElement);
    const review = own(this.reviews, this.row.id);
    const isIt = review?.state === "running";
    this.form.settle(isIt ? `${own(DOING, review.verdict) ?? "The review"} is being taken…` : this.isBusy ? "This has to wait: another review is under way." : this.isAsked ? "Being taken…" : "");
    if (review?.state === "failed" && !this.isAsked) this.form.complain(`It was not taken: ${clipped(review.text, 1000)}`);
    this.said.replaceChildren(...(review?.state === "cancelled" ? withCode(CANCELLED) : []));
    if (hadFocus && (this.isBusy || this.isAsked)) this.action.focus({ preventScroll: true });
  }
}
