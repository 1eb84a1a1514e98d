// Two ways to an answer side by side, with the step at which they part.

import { make } from "../dom.js";
import { clipped, counted } from "../format.js";
import { epochsText, saidText, sureText, traceRows } from "./words.js";

/**
 * @typedef {import("./told.js").Answer} Answer
 * @typedef {import("./told.js").Measure} Measure
 * @typedef {import("./told.js").Pair} Pair
 */

const KEPT_ALIKE = 2; // steps before the parting that are shown at once
const LEAST_HIDDEN = 3;

/** @param {string} name @param {Answer} answer @param {number} value @param {number} n @param {Measure} measure @param {boolean} hasEpochs */
function drawAnswer(name, answer, value, n, measure, hasEpochs) {
  const facts = [`${measure.label}: ${epochsText(value, n, measure)}`, sureText(answer), answer.skill && `skill ${answer.skill}`, hasEpochs && `epoch ${answer.epoch}`].filter(Boolean);
  return make("div", { class: "wb-e-answer" }, make("p", { class: "wb-part" }, name),
    make("p", {}, ...(answer.said && !answer.failure ? ["named ", make("code", {}, answer.said)] : [answer.failure ? saidText(answer) : answer.said === "" ? "named nobody" : "who was named is not told"])),
    make("p", { class: "wb-muted" }, facts.join(" · ")));
}

/** @param {Answer} answer @param {string} name */
function clippedNote({ nSteps, steps }, name) {
  return nSteps > steps.length ? `Of ${name}, the first ${steps.length} of ${counted(nSteps, "step")} are shown. ` : "";
}

/**
 * @param {Pair} pair
 * @param {[string, string]} names of the baseline and of the chosen variant
 * @param {Measure} measure
 * @param {boolean} hasEpochs whether any case was answered more than once
 * @returns {HTMLElement}
 */
export function drawTraces(pair, names, measure, hasEpochs) {
  const { answerBefore, answerAfter, parted } = pair;
  const [before, after] = names.map((name) => clipped(name, 60));
  const head = make("div", { class: "wb-e-answers" },
    drawAnswer(`${before} (baseline)`, answerBefore, pair.before, pair.nBefore, measure, hasEpochs),
    drawAnswer(after, answerAfter, pair.after, pair.nAfter, measure, hasEpochs));
  const rows = traceRows(answerBefore.steps, answerAfter.steps, parted);
  if (!rows.length) return make("div", {}, head, make("p", { class: "wb-muted" }, "No steps were kept of these answers."));
  const lines = rows.map(({ number, before: one, after: other, isParting, isAlike }) =>
    make("tr", { class: isParting ? "wb-e-parting" : isAlike ? "wb-e-alike" : undefined },
      make("th", { scope: "row", class: "n" }, isParting ? make("span", { class: "wb-e-mark" }, "parts here ") : "", String(number)),
      make("td", {}, one || "–"), make("td", {}, other || "–")));
  const body = make("tbody", {});
  const n_hidden = parted - 1 - KEPT_ALIKE;
  if (n_hidden >= LEAST_HIDDEN) {
    const button = make("button", { type: "button" }, `Show steps 1 to ${n_hidden}, which are the same`);
    const hidden = make("tr", {}, make("td", { colspan: 3 }, button));
    button.addEventListener("click", () => hidden.replaceWith(...lines.slice(0, n_hidden)));
    body.append(hidden, ...lines.slice(n_hidden));
  } else {
    body.append(...lines);
  }
  const words = parted ? `They part at step ${parted}.` : answerBefore.steps.length && answerAfter.steps.length ? "Their steps are the same." : "Steps of one side alone were kept.";
  return make("div", {}, head, make("p", { class: "wb-muted" }, clippedNote(answerBefore, before), clippedNote(answerAfter, after), words),
    make("table", { class: "wb-e-traces" }, make("caption", { class: "wb-hidden-text" }, `Steps of both on ${pair.id}`),
      make("thead", {}, make("tr", {}, make("th", { scope: "col", class: "n" }, "Step"), make("th", { scope: "col" }, before), make("th", { scope: "col" }, after))), body));
}
