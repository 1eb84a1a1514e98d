// A unified diff in a page: numbers, signs, and no more lines at a time than are looked at.

import { countDiff, parseDiff } from "./text.js";
import { clipped, counted } from "../format.js";
import { make } from "../dom.js";

/**
 * @typedef {import("./text.js").DiffLine} DiffLine
 * @typedef {{text?: string, n_lines?: number, is_whole?: boolean, error?: string}} Diff
 */

const FIRST_LINES = 200;
const MORE_LINES = 2000;
const MOST_LETTERS = 2000; // of one line
const SIGNS = { add: "+", del: "−", same: " ", hunk: "", file: "", meta: "" };

/** @param {DiffLine} line */
function drawLine(line) {
  if (line.kind === "file") return make("div", { class: "wb-diff-file" }, line.text);
  if (line.kind === "hunk" || line.kind === "meta") {
    return make("div", { class: `wb-diff-${line.kind}` }, clipped(line.text, MOST_LETTERS) || " ");
  }
  return make("div", { class: `wb-diff-line wb-diff-${line.kind}` },
    make("span", { class: "wb-diff-no" }, line.before ? String(line.before) : ""),
    make("span", { class: "wb-diff-no" }, line.after ? String(line.after) : ""),
    make("span", { class: "wb-diff-sign" }, SIGNS[line.kind]),
    make("code", {}, clipped(line.text, MOST_LETTERS)));
}

/**
 * @param {Diff} diff
 * @param {string} label
 * @param {(() => void) | null} askWhole where the rest can be had; null where it cannot
 * @param {number} [first] so many lines are shown to begin with
 * @returns {HTMLElement}
 */
export function drawDiff(diff, label, askWhole, first = FIRST_LINES) {
  const lines = parseDiff(diff.text ?? "");
  if (!(diff.text ?? "").trim()) return make("p", { class: "wb-muted" }, "The diff is empty.");
  const { added, removed, files } = countDiff(lines);
  const told = diff.is_whole === false ? "of the first part: " : "";
  const head = make("p", { class: "wb-diff-head" },
    `${told}${counted(files, "file")}, +${added.toLocaleString("en-US")} −${removed.toLocaleString("en-US")}`);
  const body = make("div", { class: "wb-diff", role: "region", tabindex: 0, "aria-label": label });
  const more = make("button", { type: "button" });
  const box = make("div", { class: "wb-diff-box" }, head, body, more);
  let shown = 0;
  const show = /** @param {number} upTo */ (upTo) => {
    body.append(...lines.slice(shown, upTo).map(drawLine));
    shown = Math.min(upTo, lines.length);
    const isAllShown = shown >= lines.length;
    const missing = isAllShown ? Math.max((diff.n_lines ?? 0) - lines.length, 0) : lines.length - shown;
    more.hidden = isAllShown && diff.is_whole !== false;
    more.textContent = isAllShown ? `Load the whole diff (${counted(diff.n_lines ?? 0, "line")})`
      : `Show ${counted(Math.min(missing, MORE_LINES), "more line")}${missing > MORE_LINES ? ` of ${missing.toLocaleString("en-US")}` : ""}`;
    if (isAllShown && diff.is_whole === false && !askWhole) {
      more.hidden = true;
      box.append(make("p", { class: "wb-muted" }, `Clipped: the diff has ${counted(diff.n_lines ?? 0, "line")}.`));
    }
  };
  more.addEventListener("click", () => {
    if (shown < lines.length) return void show(shown + MORE_LINES);
    more.disabled = true;
    more.textContent = "Reading…";
    askWhole?.();
  });
  show(first);
  return box;
}
