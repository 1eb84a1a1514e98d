// What waits for a review as a table.

import { make } from "../dom.js";
import { clipped, middleClipped, percent } from "../format.js";
import { own } from "../rows/order.js";
import { RowTable } from "../rows/table.js";
import { COLUMNS, ageText, causeText, chosenRows, gainNote, gainText, momentText, wattsText, whatText } from "./rows.js";

/**
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./rows.js").Review} Review
 * @typedef {import("./rows.js").Wanted} Wanted
 */

const LONGEST_NOTE = 60;
/** @type {import("../rows/table.js").Shape<Row>} */
const SHAPE = {
  columns: COLUMNS,
  stem: "wb-q",
  spare: { kind: "wb-r-medium", service: "wb-r-wide", cause: "wb-r-medium", sure: "wb-r-wide", watts: "wb-r-wide" },
  hints: {
    cause: "The change that is accused", sure: "Probability that the diagnosis is right",
    gain: "Part of the loss that the fix restores, or of all the cost that it saves; with its interval",
    watts: "What it takes, where the power of the service is known", waits: "How long it waits for a review",
  },
  spoken: {},
  caption: "What waits for a review, with what its fix gives back; small: the interval, or why there is none",
  label: "Waiting for a review",
  nothing: "Nothing waits for a review.",
  unlike: "Nothing that waits is like this. Change the words to find.",
  isMany: false,
};

/** @param {Row} row */
function drawGain(row) {
  const note = gainNote(row);
  const look = { "verified": undefined, "not verified": "wb-q-bad", "none": "wb-muted" }[row.state];
  return [make("span", { class: look }, gainText(row)), make("small", { title: note }, clipped(note, LONGEST_NOTE))];
}

/** @extends {RowTable<Row>} */
export class TablePart extends RowTable {
  /**
   * @param {{rows: Row[], wanted: Wanted, selected: string[], reviews: Record<string, Review>}} state
   * @param {{height: number, onSelect: (ids: string[]) => void, onSort: () => void}} options
   * @param {AbortSignal} signal
   */
  constructor(state, options, signal) {
    super(SHAPE, state, options, signal);
    this.wanted = state.wanted;
    this.reviews = state.reviews;
  }

  find() {
    this.now = Date.now();
    return chosenRows(this.rows, this.wanted);
  }

  /** @param {Row} row @returns {Record<string, (Node | string)[]>} */
  cells(row) {
    const service = middleClipped(row.service, 28);
    const cause = [make("code", { title: row.diagnosis.change_id }, causeText(row)), row.title && !row.pattern ? ` ${clipped(row.title, 80)}` : ""];
    const facts = [make("small", {}, clipped(whatText(row), LONGEST_NOTE)),
      make("small", { class: "wb-r-not-medium" }, row.pattern ? row.kind : `${row.kind} · ${causeText(row)}`),
      make("small", { class: "wb-r-not-wide" }, [service, `${percent(row.sure)} sure`, row.watts === null ? "" : wattsText(row.watts)].filter(Boolean).join(" · "))];
    return {
      kind: [row.kind, make("small", { class: "wb-q-review" })],
      service: [make("span", { title: row.service }, service || "–")],
      subject: [this.nameButton(row, row.subject || row.id), ...facts],
      cause,
      sure: [percent(row.sure)],
      gain: drawGain(row),
      watts: [wattsText(row.watts)],
      waits: [make("span", { title: `since ${momentText(row.since)}` }, ageText(row.since, this.now ?? row.since))],
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
    const part = /** @type {HTMLElement} */ (line.querySelector(".wb-q-review"));
    const state = own(this.reviews, line.dataset.id ?? "")?.state;
    part.textContent = state === "running" ? "review under way" : state === "failed" ? "review failed" : "";
  }

  /** @param {Record<string, Review>} reviews */
  takeReviews(reviews) {
    this.reviews = reviews;
    for (const line of this.lines()) this.mark(line);
  }
}

