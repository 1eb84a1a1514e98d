// How the original and a variant did on cases: told in words, with a mark.

import { make } from "../dom.js";
import { percent, plain } from "../format.js";
import { comparison, tally, tallyWords } from "./state.js";

/**
 * @typedef {import("./state.js").Result} Result
 * @typedef {import("./state.js").Side} Side
 */

const MARKS = /** @type {Record<string, [string, string]>} */ ({
  right: ["✓", "wb-good"], wrong: ["✗", "wb-bad"], abstained: ["–", "wb-even"], failed: ["!", "wb-bad"],
});
const LOOKS = { better: ["▲ better", "wb-good"], worse: ["▼ worse", "wb-bad"], "as good": ["= as good", "wb-even"] };
const SURE = "sure";

/** @param {Side | null} side @param {string} [extra] */
function drawSide(side, extra = "") {
  if (!side) return make("td", { class: "wb-muted" }, "not tried");
  const [mark, look] = MARKS[side.verdict] ?? ["", "wb-even"];
  const facts = [
    side.confidence !== null && `${percent(side.confidence)} ${SURE}`,
    side.seconds !== null && `${plain(side.seconds, 2)} s`,
    side.steps !== null && `${plain(side.steps)} step${side.steps === 1 ? "" : "s"}`,
    side.skill,
  ].filter(Boolean).join(" · ");
  return make("td", {},
    make("span", { class: `wb-verdict ${look}` }, make("span", { "aria-hidden": "true" }, mark ? `${mark} ` : ""), side.verdict),
    extra ? drawComparison(extra) : "",
    side.cause ? make("span", { class: "wb-clip wb-code", title: side.cause }, side.cause) : "",
    facts ? make("small", {}, facts) : "");
}

/** @param {string} told */
function drawComparison(told) {
  const [text, look] = LOOKS[/** @type {keyof typeof LOOKS} */ (told)];
  return make("span", { class: `wb-compared ${look}` }, text);
}

/** @param {Result} row */
function drawRow(row) {
  return make("tr", {},
    make("th", { scope: "row" }, make("span", { class: "wb-clip", title: row.case }, row.case),
      row.truth ? make("small", { class: "wb-clip", title: row.truth }, `truth: ${row.truth}`) : "",
      row.note ? make("small", {}, row.note) : ""),
    drawSide(row.before), drawSide(row.after, comparison(row)));
}

/** @param {Result[]} rows */
function drawTotals(rows) {
  const [before, after] = [tally(rows, "before"), tally(rows, "after")].map(tallyWords);
  const moved = ["better", "worse"].map((told) => [told, rows.filter((row) => comparison(row) === told).length]);
  const words = moved.filter(([, n]) => n).map(([told, n]) => `${told} on ${n}`).join(", ");
  const compares = rows.some((row) => comparison(row));
  return make("tr", {}, make("th", { scope: "row" }, `${rows.length} case${rows.length === 1 ? "" : "s"}`),
    make("td", {}, before), make("td", {}, after, compares ? `: ${words || "as good on all that both were judged on"}` : ""));
}

/** @param {Result[]} rows @returns {HTMLElement} */
export function drawResults(rows) {
  const head = ["Case", "Original", "Variant"].map((name) => make("th", { scope: "col" }, name));
  return make("table", { class: "wb-table wb-tried" },
    make("caption", { class: "wb-hidden-text" }, "How the original and the variant did on each case"),
    make("thead", {}, make("tr", {}, ...head)),
    make("tbody", {}, ...rows.map(drawRow)),
    make("tfoot", {}, drawTotals(rows)));
}
