// The steps of an investigation as a list that grows: each with when and how long, its detail folded.

import { nodeName } from "./graph.js";
import { citedParts, spread } from "./quote.js";
import { freshId, make, marked } from "../dom.js";
import { isKnown, plain } from "../format.js";

/** @typedef {import("./path.js").Step} Step */

const FLASH_MS = 1600;

/** @param {number | null} seconds null where that is not known */
export function lasted(seconds) {
  if (!isKnown(seconds)) return "–";
  return seconds >= 0.9995 ? `${plain(seconds, 3)} s` : `${Math.round(1000 * seconds)} ms`;
}

/** @param {Step} step @returns {number} when it ended, or began where that is not known */
const endOf = (step) => step.started_s + (isKnown(step.seconds) ? step.seconds : 0);

export class StepList {
  /** @param {AbortSignal} signal @param {(index: number) => void} onSelect */
  constructor(signal, onSelect) {
    this.signal = signal;
    this.onSelect = onSelect;
    /** @type {Step[]} */ this.steps = [];
    this.total = 0;
    this.chosen = -1;
    this.list = make("ol", { class: "wb-steps", start: 0 });
    this.empty = make("p", { class: "wb-empty" }, "No step yet.");
    this.element = make("div", { class: "wb-steps-box" }, this.empty, this.list);
    this.list.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.press(event), { signal });
  }

  /** @param {Step[]} steps */
  show(steps) {
    this.steps = [];
    this.total = 0;
    this.list.replaceChildren();
    this.add(steps);
  }

  /** @param {Step[]} more */
  add(more) {
    const box = this.element;
    const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 24;
    const items = more.map((step, at) => this.drawStep(step, this.steps.length + at));
    this.steps.push(...more);
    for (const step of more) this.total = Math.max(this.total, endOf(step));
    this.list.style.setProperty("--total", String(Math.max(this.total, 1e-6)));
    this.list.append(...items);
    this.empty.hidden = this.steps.length > 0;
    if (isAtEnd && this.steps.length > more.length) box.scrollTop = box.scrollHeight;
  }

  /** @param {Step} step @param {number} index */
  drawStep(step, index) {
    const id = freshId("step");
    const head = make("button", {
      type: "button", class: "wb-step-head", "aria-expanded": "false", tabindex: index ? -1 : 0, "data-index": index,
      title: step.title,
    },
      make("span", { class: "wb-step-no" }, String(index)),
      make("span", { class: "wb-step-node" }, nodeName(step.node)),
      make("span", { class: "wb-clip" }, step.title),
      make("span", { class: "wb-step-time" }, lasted(step.seconds)),
      make("span", { class: "wb-span", "aria-hidden": "true" }, make("i", { style: `--start:${step.started_s};--long:${endOf(step) - step.started_s}` })));
    const body = make("div", { class: "wb-step-body", id, hidden: true });
    head.setAttribute("aria-controls", id);
    head.addEventListener("click", () => this.toggle(index), { signal: this.signal });
    return make("li", {}, head, body);
  }

  /** @param {number} index @returns {{item: HTMLElement, head: HTMLElement, body: HTMLElement} | null} */
  partsOf(index) {
    const item = /** @type {HTMLElement | undefined} */ (this.list.children[index]);
    if (!item) return null;
    const [head, body] = /** @type {HTMLElement[]} */ ([...item.children]);
    return { item, head, body };
  }

  /** @param {number} index */
  toggle(index) {
    const parts = this.partsOf(index);
    if (!parts) return;
    const isOpen = parts.body.hidden;
    if (isOpen) this.open(index);
    else {
      parts.body.hidden = true;
      parts.head.setAttribute("aria-expanded", "false");
    }
    this.choose(index);
    this.onSelect(index);
  }

  /** @param {number} index @param {string} [claim] whose words are marked in it @returns {boolean} whether they were found */
  open(index, claim = "") {
    const parts = this.partsOf(index);
    if (!parts) return false;
    const step = this.steps[index];
    const text = spread(step.detail);
    const cited = claim ? citedParts(claim, text) : [];
    const facts = [`began at ${lasted(step.started_s)}`, `took ${lasted(step.seconds)}`, step.call_id && `reply ${step.call_id}`].filter(Boolean).join(" · ");
    /** @type {Node[]} */
    const inside = [make("p", { class: "wb-facts" }, facts)];
    if (claim) inside.push(make("p", { class: "wb-cited" }, cited.length ? `Cited for “${claim}”` : `Cited for “${claim}”. Its words do not stand in what is kept of this reply.`));
    inside.push(step.detail ? make("pre", { tabindex: 0, role: "region", "aria-label": `Detail of step ${index}` }, ...marked(text, cited))
      : make("p", { class: "wb-muted" }, "Nothing more is told of it."));
    parts.body.replaceChildren(...inside);
    parts.body.hidden = false;
    parts.head.setAttribute("aria-expanded", "true");
    return cited.length > 0;
  }

  /** @param {number} index −1 for none */
  choose(index) {
    const before = this.partsOf(this.chosen);
    before?.item.classList.remove("wb-selected");
    before?.head.removeAttribute("aria-current");
    this.chosen = index;
    const parts = this.partsOf(index);
    parts?.item.classList.add("wb-selected");
    parts?.head.setAttribute("aria-current", "step");
    if (index >= 0) this.moveTo(index, false);
  }

  /** @param {number} index @param {boolean} isFocus */
  moveTo(index, isFocus) {
    const parts = this.partsOf(index);
    if (!parts) return;
    for (const head of this.list.querySelectorAll(".wb-step-head[tabindex='0']")) head.tabIndex = -1;
    parts.head.tabIndex = 0;
    if (isFocus) parts.head.focus();
  }

  /**
   * Bring a step into sight, opened; where a claim cites it, its words are marked and it flashes.
   * @param {number} index
   * @param {string} [claim]
   */
  reveal(index, claim = "") {
    const parts = this.partsOf(index);
    if (!parts) return;
    this.open(index, claim);
    this.choose(index);
    this.moveTo(index, Boolean(claim));
    const pre = parts.body.querySelector("pre");
    const mark = /** @type {HTMLElement | null | undefined} */ (pre?.querySelector("mark"));
    this.element.scrollTop = parts.item.offsetTop - 8;
    if (pre && mark) pre.scrollTop = mark.offsetTop - 40;
    if (!claim) return;
    this.element.scrollIntoView({ block: "nearest" });
    parts.item.classList.add("wb-flash");
    setTimeout(() => parts.item.classList.remove("wb-flash"), FLASH_MS);
  }

  /** @param {string} callId @returns {number} the step with that reply; −1 for none */
  find(callId) {
    return callId ? this.steps.map((step) => step.call_id).lastIndexOf(callId) : -1;
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const head = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest(".wb-step-head"));
    if (!head || event.altKey || event.ctrlKey || event.metaKey) return;
    const at = Number(head.dataset.index);
    const last = this.steps.length - 1;
    const places = /** @type {Record<string, number>} */ ({ ArrowDown: Math.min(at + 1, last), ArrowUp: Math.max(at - 1, 0), Home: 0, End: last });
    const isOpen = head.getAttribute("aria-expanded") === "true";
    if (event.key in places) this.moveTo(places[event.key], true);
    else if ((event.key === "ArrowRight" && !isOpen) || (event.key === "ArrowLeft" && isOpen)) this.toggle(at);
    else return;
    event.preventDefault();
  }
}
