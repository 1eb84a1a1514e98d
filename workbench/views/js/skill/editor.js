// One text to edit: numbered lines, Tab that indents, and the undo that browsers have.

import { make } from "../dom.js";
import { INDENT, indentLines, lineRange } from "./state.js";

/**
 * Put a text in place of what is selected, so that it can be undone.
 * @param {HTMLTextAreaElement} area
 * @param {string} text
 */
function put(area, text) {
  if (document.execCommand(text ? "insertText" : "delete", false, text)) return;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input"));
}

export class SkillEditor {
  /**
   * @param {string} label
   * @param {string} text
   * @param {(text: string) => void} changed
   * @param {AbortSignal} signal ends it
   */
  constructor(label, text, changed, signal) {
    this.isLeaving = false; // whether the next Tab leaves
    this.n = 0;
    this.numbers = make("div", { class: "wb-ed-numbers", "aria-hidden": "true" });
    this.area = /** @type {HTMLTextAreaElement} */ (make("textarea", {
      class: "wb-ed-text", "aria-label": label, spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off",
      "data-lm-suppress-shortcuts": "true",
    }));
    this.element = make("div", { class: "wb-ed" }, this.numbers, this.area);
    this.set(text);
    const listen = /** @param {string} name @param {(event: any) => void} act */ (name, act) => this.area.addEventListener(name, act, { signal });
    listen("input", () => { this.number(); changed(this.area.value); });
    listen("scroll", () => { this.numbers.scrollTop = this.area.scrollTop; });
    listen("keydown", (event) => this.press(event));
    listen("blur", () => { this.isLeaving = false; });
  }

  get text() {
    return this.area.value;
  }

  /** @param {string} text */
  set(text) {
    if (this.area.value === text) return;
    const { selectionStart, scrollTop } = this.area;
    this.area.value = text;
    this.area.setSelectionRange(selectionStart, selectionStart);
    this.area.scrollTop = scrollTop;
    this.number();
  }

  number() {
    const n = this.area.value.split("\n").length;
    if (n === this.n) return;
    this.n = n;
    this.numbers.textContent = Array.from({ length: n }, (_, at) => at + 1).join("\n");
    this.numbers.scrollTop = this.area.scrollTop;
  }

  /** @param {number} line from 1 */
  goTo(line) {
    const [start, end] = lineRange(this.area.value, line);
    this.area.focus();
    this.area.setSelectionRange(start, end);
    const height = parseFloat(getComputedStyle(this.area).lineHeight) || 18;
    this.area.scrollTop = Math.max((line - 1) * height - this.area.clientHeight / 2, 0);
    this.area.scrollLeft = 0;
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    event.stopPropagation(); // a notebook has keys of its own
    if (event.key === "Escape") {
      this.isLeaving = true;
      return;
    }
    const isPlain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.isComposing && !this.area.readOnly;
    if (event.key === "Tab" && isPlain && !this.isLeaving) this.tab(event);
    else if (event.key === "Enter" && isPlain && !event.shiftKey) this.enter(event);
    if (event.key !== "Shift") this.isLeaving = false;
  }

  /** @param {KeyboardEvent} event */
  tab(event) {
    event.preventDefault();
    const { selectionStart: start, selectionEnd: end, value } = this.area;
    if (!event.shiftKey && !value.slice(start, end).includes("\n")) return put(this.area, INDENT);
    const { from, to, text } = indentLines(value, start, end, event.shiftKey);
    if (text === value.slice(from, to)) return;
    this.area.setSelectionRange(from, to);
    put(this.area, text);
    const caret = Math.max(from, start + from + text.length - to);
    if (start === end) this.area.setSelectionRange(caret, caret);
    else this.area.setSelectionRange(from, from + text.length);
  }

  /** A new line begins as far in as this one. @param {KeyboardEvent} event */
  enter(event) {
    const { selectionStart, value } = this.area;
    const from = value.lastIndexOf("\n", selectionStart - 1) + 1;
    const indent = /^[ \t]*/.exec(value.slice(from, selectionStart))?.[0] ?? "";
    if (!indent) return;
    event.preventDefault();
    put(this.area, `\n${indent}`);
  }
}
