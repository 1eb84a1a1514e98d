// The ranked opportunities as a table.

import { make } from "../dom.js";
import { middleClipped, percent, plain } from "../format.js";
import { own } from "../rows/order.js";
import { RowTable } from "../rows/table.js";
import { drawSaving, drawState, isUnderWay } from "./parts.js";
import { COLUMNS, chosenRows, hoursText, mostSaving, partText, patternWords, placeText, wattsInterval } from "./rows.js";

/**
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./rows.js").Solve} Solve
 * @typedef {import("./rows.js").Wanted} Wanted
 */

const LONGEST_PLACE = 56;
/** @type {import("../rows/table.js").Shape<Row>} */
const SHAPE = {
  columns: COLUMNS,
  stem: "wb-o",
  spare: {
    state: "wb-r-medium", pattern: "wb-r-medium", place: "wb-r-wide", share: "wb-r-wide", watts: "wb-r-medium",
    chance: "wb-r-medium", hours: "wb-r-wide", owner: "wb-r-wide",
  },
  hints: {
    share: "Share of the service's CPU that passes through these lines", saving: "What mending it should save of the service's CPU, with its interval",
    watts: "The same in watts, with its interval", chance: "Probability that a patch of it is verified", hours: "Hours of a reviewer",
  },
  spoken: { rank: "Rank" },
  caption: "Opportunities, with what mending each should save; small: its interval",
  label: "Ranked opportunities",
  nothing: "No opportunity was found.",
  unlike: "No opportunity is like this. Change what is shown, or the words to find.",
  isMany: true,
};

/** @extends {RowTable<Row>} */
export class TablePart extends RowTable {
  /**
   * @param {{rows: Row[], wanted: Wanted, selected: string[], solves: Record<string, Solve>}} state
   * @param {{height: number, onSelect: (ids: string[]) => void, onSort: () => void}} options
   * @param {AbortSignal} signal
   */
  constructor(state, options, signal) {
    super(SHAPE, state, options, signal);
    this.wanted = state.wanted;
    this.solves = state.solves;
  }

  find() {
    this.most = mostSaving(this.rows);
    return chosenRows(this.rows, this.wanted);
  }

  /** @param {Row} row @returns {Record<string, (Node | string)[]>} */
  cells(row) {
    const words = patternWords(row.pattern);
    const place = make("span", { class: "wb-o-place", title: placeText(row) }, middleClipped(placeText(row), LONGEST_PLACE));
    const facts = [make("small", { class: "wb-r-not-medium" }, drawState(row.state), words && ` · ${words}`), make("small", { class: "wb-r-not-wide" }, place.cloneNode(true))];
    return {
      rank: [String(row.rank)],
      state: [drawState(row.state), make("small", { class: "wb-o-solve" })],
      pattern: [words || "–"],
      function: [this.nameButton(row, row.function), ...facts],
      place: [place],
      share: [partText(row.share)],
      saving: [drawSaving(row, this.most ?? 0)],
      watts: [plain(row.watts[0]), make("small", {}, wattsInterval(row.watts))],
      chance: [percent(row.chance)],
      hours: [hoursText(row.hours)],
      owner: [make("span", { title: row.owner }, middleClipped(row.owner, 32) || "–")],
    };
  }

  /** @param {Row} row */
  drawRow(row) {
    const line = super.drawRow(row);
    this.mark(line);
    return line;
  }

  /** @param {HTMLElement} line */
  mark(line) {
    const part = /** @type {HTMLElement} */ (line.querySelector(".wb-o-solve"));
    part.textContent = isUnderWay(own(this.solves, line.dataset.id ?? "")) ? "patch under way" : "";
  }

  /** @param {Record<string, Solve>} solves */
  takeSolves(solves) {
    this.solves = solves;
    for (const line of this.lines()) this.mark(line);
  }
}
