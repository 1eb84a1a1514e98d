// A fix: what it edits, what it measured, where it waits for review.

import { drawDiff } from "../diff/view.js";
import { draw, keepKeys, make } from "../dom.js";
import { percent, plain, withUnit } from "../format.js";
import { followTheme } from "../theme.js";

/**
 * @typedef {object} Told
 * @property {string} note where there is no fix, why
 * @property {boolean} [verified]
 * @property {string} [reason] why it is not verified
 * @property {string} [summary]
 * @property {string} [strategy]
 * @property {string[]} [reverted] titles of the commits that it takes back
 * @property {string} [diff]
 * @property {string} [branch]
 * @property {{url: string, text: string, not_asked: string[]} | null} [opened] the pull request that was opened for it
 * @property {number} [n_trials]
 * @property {string} [of] what the gain is a part of: the loss that is `restored`, or all of the cost, which is `saved`
 * @property {number | null} [gain] part of that
 * @property {number | null} [low]
 * @property {number | null} [high]
 * @property {{name: string, passed: boolean | null, detail: string}[]} [checks] null: could not be made
 * @property {(number | null)[]} [held_out] the same with inputs that no search saw
 * @property {number | null} [ratio_before]
 * @property {number | null} [ratio_after]
 * @property {{name: string, seconds: number[], quiet: number | null}[]} [runs] CPU seconds a round of every run
 */

const WIDTH = 640;
const ROW = 34;
const LEFT = 90;
const COLOURS = { before: "var(--wb-less)", regressed: "var(--wb-more)", now: "var(--wb-more)", fixed: "var(--wb-good)" };

/** @param {number[]} values @returns {[number, number]} with some room on both sides */
export function limits(values) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = 0.08 * (high - low) || 0.1 * high || 1;
  return [Math.max(low - room, 0), high + room];
}

/** @param {NonNullable<Told["runs"]>} runs */
function drawRuns(runs) {
  const known = runs.filter((group) => group.seconds.length);
  const [low, high] = limits(known.flatMap((group) => group.seconds));
  const x = /** @param {number} value */ (value) => LEFT + ((value - low) / (high - low)) * (WIDTH - LEFT - 20);
  const height = known.length * ROW + 36;
  const picture = draw("svg", { viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, height, role: "img", class: "wb-runs",
    "aria-label": known.map((group) => `${group.name}: ${withUnit(group.quiet ?? NaN, "seconds")} a round`).join("; ") });
  known.forEach((group, row) => {
    const y = row * ROW + 28;
    const colour = COLOURS[/** @type {keyof typeof COLOURS} */ (group.name)] ?? "var(--wb-ink)";
    picture.append(draw("text", { x: LEFT - 12, y: y + 4, "text-anchor": "end", fill: "var(--wb-ink)" }, group.name));
    group.seconds.forEach((value, at) => picture.append(draw("circle", { cx: x(value), cy: y + 5 * Math.cos(at * 2.4), r: 3.5, fill: colour, opacity: 0.55 })));
    if (group.quiet === null) return;
    picture.append(draw("line", { x1: x(group.quiet), x2: x(group.quiet), y1: y - 10, y2: y + 10, stroke: colour, "stroke-width": 2.5 }));
    picture.append(draw("text", { x: x(group.quiet), y: y - 12, "text-anchor": "middle", fill: colour, "font-weight": 600 }, withUnit(group.quiet, "seconds")));
  });
  picture.append(draw("text", { x: LEFT, y: height - 4, fill: "var(--wb-muted)" }, "CPU time per unit of work; a point is a run, the line their lower quartile"));
  return make("div", { class: "wb-scroll", tabindex: 0, role: "region", "aria-label": "Runs" }, picture);
}

/** @param {(number | null)[]} gains */
function heldOut(gains) {
  const known = gains.flatMap((gain) => (gain === null ? [] : [percent(gain)]));
  return known.length ? `; ${known.join(" and ")} with inputs that no search saw` : "";
}

/** @param {NonNullable<Told["checks"]>} checks */
function listChecks(checks) {
  const mark = /** @param {boolean | null} passed */ (passed) => (passed === null ? "–" : passed ? "✓" : "✗");
  const words = /** @param {boolean | null} passed */ (passed) => (passed === null ? "not checked: " : passed ? "" : "not so: ");
  return make("ul", { class: "wb-checks", "aria-label": "Checks" }, ...checks.map(({ name, passed, detail }) =>
    make("li", { class: passed === false ? "wb-bad" : "" }, make("span", { "aria-hidden": "true" }, mark(passed)),
      ` ${words(passed)}${name}${detail && passed !== false ? ` (${detail})` : ""}`)));
}

/** @param {Told} told @returns {string} what it gives back; empty where that is not known */
function gainText(told) {
  if (told.gain === null || told.gain === undefined) return "";
  const interval = told.low === null || told.low === undefined ? "" : `, 95 % interval ${percent(told.low)} to ${percent(told.high ?? NaN)}`;
  const what = told.of === "saved" ? "of what the workload costs saved" : "of the loss restored";
  return `: ${percent(told.gain)} ${what}${interval}${heldOut(told.held_out ?? [])}`;
}

/** @param {Told} told @returns {Node[]} what running it showed; without a fix, why there is none */
export function drawVerdict(told) {
  if (told.diff === undefined) return [make("p", { class: "wb-empty" }, told.note || "No fix was made yet.")];
  const verdict = told.verified ? "✓ Verified" : "✗ Not verified";
  const parts = [
    make("p", { class: told.verified ? "wb-verdict wb-good" : "wb-verdict wb-bad" }, make("b", {}, verdict), gainText(told)),
    make("p", {}, `${told.summary}. `, told.ratio_before === null || told.ratio_before === undefined ? ""
      : `The regression cost ${plain(told.ratio_before)} times what it cost before, with the fix it costs ${plain(told.ratio_after ?? NaN)} times.`),
  ];
  if (told.reason) parts.push(make("p", { class: "wb-muted" }, told.reason));
  if (told.reverted?.length) {
    parts.push(make("p", {}, "It takes back lines of:"), make("ul", {}, ...told.reverted.map((title) => make("li", {}, title))));
  }
  if (told.checks?.length) parts.push(listChecks(told.checks));
  if (told.runs?.some((group) => group.seconds.length)) parts.push(drawRuns(told.runs));
  return parts;
}

/** @param {Told} told @returns {Node[]} where it waits, or is open, for review */
function drawPlace(told) {
  if (told.opened) {
    return [make("p", {}, "It is open for review at ", make("a", { href: told.opened.url }, told.opened.url), ` ${told.opened.text}`),
      ...told.opened.not_asked.map((who) => make("p", { class: "wb-muted" }, `Not asked for a review: ${who}`))];
  }
  return told.branch ? [make("p", {}, "It waits for review on the branch ", make("code", {}, told.branch), ".")] : [];
}

export class FixView {
  /**
   * @param {HTMLElement} element
   * @param {Told} told
   */
  constructor(element, told) {
    this.element = element;
    this.ending = new AbortController();
    element.classList.add("wb", "wb-plain", "wb-fix");
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "Fix");
    followTheme(element, () => {}, this.ending.signal);
    keepKeys(element, this.ending.signal);
    element.replaceChildren(...this.parts(told));
  }

  end() {
    this.ending.abort();
    this.element.replaceChildren();
  }

  /** @param {Told} told @returns {Node[]} */
  parts(told) {
    if (told.diff === undefined) return drawVerdict(told);
    return [...drawVerdict(told), ...drawPlace(told), drawDiff({ text: told.diff }, "Diff of the fix", null)];
  }
}
