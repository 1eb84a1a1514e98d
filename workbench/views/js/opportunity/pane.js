// The opportunity that is chosen: why it is one, what it would save, and how to have a patch made.

import { make } from "../dom.js";
import { clipped, isKnown, percent, plain } from "../format.js";
import { own } from "../rows/order.js";
import { drawCommand, drawFact, drawList } from "../rows/parts.js";
import { drawBar, drawState, isUnderWay } from "./parts.js";
import { hoursText, linesText, partInterval, partText, patternWords, scoreText, wattsInterval } from "./rows.js";

/**
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./rows.js").Told} Told
 * @typedef {import("./rows.js").Solve} Solve
 */

export class PanePart {
  /**
   * @param {{canAsk: boolean, onSolve: (id: string) => void}} options
   * @param {AbortSignal} signal
   */
  constructor({ canAsk, onSolve }, signal) {
    this.canAsk = canAsk;
    this.onSolve = onSolve;
    this.signal = signal;
    this.isBusy = false;
    this.problem = "";
    /** @type {Row | null} */ this.row = null;
    /** @type {Record<string, Solve>} */ this.solves = {};
    this.action = make("div", { class: "wb-r-action", tabindex: -1 });
    this.element = make("div", { class: "wb-r-pane", role: "region", "aria-label": "Chosen opportunity", hidden: true });
  }

  /** @param {Told} told @param {Row | null} row @param {number} n how many are chosen @param {number} most of all savings */
  show(told, row, n, most) {
    const hadFocus = this.element.contains(document.activeElement);
    if (row?.id !== this.row?.id) this.problem = "";
    this.row = row;
    this.solvesAny = told.solves;
    this.element.hidden = !row;
    if (!row) return void this.element.replaceChildren();
    const others = n > 1 ? make("p", { class: "wb-muted" }, `The last of ${n.toLocaleString("en-US")} that are chosen.`) : "";
    this.element.replaceChildren(make("p", { class: "wb-r-title" }, row.title || patternWords(row.pattern)), others,
      make("p", {}, make("code", {}, row.function), make("br"), make("code", { class: "wb-muted" }, linesText(row))),
      this.facts(told, row, most), this.lists(row), this.action);
    this.drawAction();
    if (hadFocus) this.keepFocus();
  }

  /** @param {Told} told @param {Row} row @param {number} most */
  facts(told, row, most) {
    const { saving, watts } = row;
    const meaning = own(told.states, row.state);
    const ends = /** @param {string} text */ (text) => (text ? ` [${text}]` : "");
    const how = own(told.mitigations, row.mitigation);
    return make("dl", { class: "wb-r-facts" },
      drawFact("State", drawState(row.state), meaning ? `: ${meaning}` : ""),
      drawFact("Saves", make("b", {}, partText(saving[0])), `${ends(partInterval(saving))} of the service's CPU`, drawBar(saving, most)),
      drawFact("Watts", isKnown(watts[0]) ? `${plain(watts[0])} W${ends(wattsInterval(watts))}` : "–, as it is not known what the service draws"),
      drawFact("Share", `${partText(row.share)} of the service's CPU passes through these lines`),
      drawFact("Chance", `${percent(row.chance)} that a patch is verified; ${hoursText(row.hours)} to review it`),
      drawFact("Score", scoreText(row)),
      row.mitigation ? drawFact("Mended by", patternWords(row.mitigation), how ? `: ${how}` : "") : "",
      drawFact("Pattern", patternWords(row.pattern)),
      drawFact("Service", row.service || "–"), drawFact("Owner", row.owner || "nobody is told"),
      drawFact("Id", make("code", {}, row.id)));
  }

  /** @param {Row} row */
  lists(row) {
    const parts = [drawList("Evidence", row.evidence, { look: "wb-r-whole" }), drawList("A patch is accepted when", row.validation),
      drawList("Documents that speak of it", row.documents), drawList("Precedents", row.precedents, { isCode: true })].filter(Boolean);
    return make("div", { class: "wb-r-lists" }, ...parts);
  }

  /** @param {Record<string, Solve>} solves @param {boolean} isBusy */
  take(solves, isBusy) {
    this.solves = solves;
    this.isBusy = isBusy;
    if (this.row && isUnderWay(own(solves, this.row.id))) this.problem = "";
    this.drawAction();
  }

  /** @param {string} problem */
  complain(problem) {
    this.problem = problem;
    this.drawAction();
  }

  drawAction() {
    if (!this.row) return;
    const hadFocus = this.action.contains(document.activeElement);
    this.action.replaceChildren(...(this.solvesAny && this.canAsk ? this.button(this.row) : drawCommand("Have a patch made", this.row.command, this.signal)));
    if (hadFocus) this.keepFocus();
  }

  /** What was drawn anew has no focus, and keys would reach the page around it. */
  keepFocus() {
    (this.action.querySelector("button:not(:disabled)") ?? this.action).focus({ preventScroll: true });
  }

  /** @param {Row} row */
  button(row) {
    const solve = own(this.solves, row.id);
    const isIt = isUnderWay(solve);
    const button = make("button", { type: "button", class: "wb-primary", disabled: this.isBusy || isIt }, solve && !isIt ? "Make a patch again" : "Make a patch");
    button.addEventListener("click", () => { this.problem = ""; this.onSolve(row.id); }, { signal: this.signal });
    if (this.problem) return [button, make("p", { class: "wb-error", role: "alert" }, this.problem)];
    if (!isIt && this.isBusy) return [button, make("p", { class: "wb-muted", role: "status" }, "This has to wait: another one is under way.")];
    return solve ? [button, this.outcome(solve)] : [button];
  }

  /** @param {Solve} solve */
  outcome({ state, text }) {
    if (state === "failed") return make("p", { class: "wb-error", role: "alert" }, `No patch was made: ${clipped(text, 1000)}`);
    const words = state === "running" ? "A patch is under way." : state === "cancelled" ? "Cancelled; no patch was made." : `✓ Done. ${text}`;
    return make("p", { class: state === "done" ? "wb-r-done" : "wb-muted", role: "status" }, words);
  }
}
