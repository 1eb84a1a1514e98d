// How far long work is, with a button to end it; see `workbench.widgets.task`.

import { make } from "./dom.js";
import { percent } from "./format.js";

/**
 * @typedef {import("./types").Model} Model
 *
 * @typedef {object} Task
 * @property {string} title
 * @property {string} state "running", "stopping", "done", "cancelled" or "failed"
 * @property {string} text
 * @property {number | null} ratio of what is done; null where that is not known
 * @property {number} seconds since it began
 */

/** @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = String(whole % 60).padStart(2, "0");
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${two} min`;
}

/** @param {Partial<Task> | null | undefined} task */
export function isRunning(task) {
  return task?.state === "running" || task?.state === "stopping";
}

/** @param {Task} task @returns {string} what is said of one that ended; empty for one that did well */
export function outcomeOf(task) {
  if (task.state === "failed") return `${task.title} failed: ${task.text}`;
  return task.state === "cancelled" ? `${task.title} was cancelled after ${clock(task.seconds)}.` : "";
}

const PATIENCE_MS = 10_000;
const UNHEARD = "Nothing answers. Does a kernel run this notebook, and is it free? If not, run the cell again.";

/** Waits for Python to say that it heard what was asked, and says so where it does not. */
export class Answer {
  /**
   * @param {(problem: string) => void} tell
   * @param {AbortSignal} signal ends it
   * @param {number} [patience] milliseconds
   */
  constructor(tell, signal, patience = PATIENCE_MS) {
    this.tell = tell;
    this.patience = patience;
    /** @type {ReturnType<typeof setTimeout> | undefined} */ this.waiting = undefined;
    signal.addEventListener("abort", () => this.came());
  }

  await() {
    this.came();
    this.waiting = setTimeout(() => this.tell(UNHEARD), this.patience);
  }

  came() {
    clearTimeout(this.waiting);
  }
}

export class TaskBar {
  /** @param {() => void} cancel @param {AbortSignal} signal ends it */
  constructor(cancel, signal) {
    this.began = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */ this.ticking = undefined;
    this.title = make("b", {});
    this.progress = make("progress", { max: 1 });
    this.text = make("span", { class: "wb-task-text" });
    this.time = make("span", { class: "wb-task-time" });
    this.button = make("button", { type: "button" }, "Cancel");
    this.outcome = make("span", { role: "status", class: "wb-task-text" });
    this.element = make("div", { class: "wb-task", hidden: true, role: "group", "aria-label": "Progress" },
      this.title, this.progress, this.text, this.time, this.button, this.outcome);
    this.button.addEventListener("click", cancel, { signal });
    signal.addEventListener("abort", () => clearInterval(this.ticking));
  }

  /** @param {Partial<Task>} given */
  show(given) {
    const task = /** @type {Task} */ (given);
    const runs = isRunning(task);
    const outcome = task.state && !runs ? outcomeOf(task) : "";
    this.element.hidden = !runs && !outcome;
    this.element.dataset.state = task.state ?? "";
    for (const part of [this.title, this.progress, this.text, this.time, this.button]) part.hidden = !runs;
    this.outcome.hidden = !outcome;
    this.outcome.textContent = outcome;
    clearInterval(this.ticking);
    if (runs) this.showRunning(task);
  }

  /** @param {Task} task */
  showRunning(task) {
    this.title.textContent = task.title;
    this.progress.setAttribute("aria-label", task.title);
    if (task.ratio === null || task.ratio === undefined) this.progress.removeAttribute("value");
    else this.progress.value = task.ratio;
    const part = task.ratio === null || task.ratio === undefined ? "" : percent(Math.round(task.ratio * 100) / 100);
    const words = task.state === "stopping" ? "asked to end…" : [part, task.text].filter(Boolean).join(" · ");
    this.text.textContent = words;
    this.text.title = words;
    this.button.disabled = task.state === "stopping";
    this.began = performance.now() - 1000 * task.seconds;
    const tick = () => { this.time.textContent = clock((performance.now() - this.began) / 1000); };
    tick();
    this.ticking = setInterval(tick, 1000);
  }
}

/**
 * A bar that shows what a widget is doing, and tells others when it begins or ends.
 * @param {Model} model
 * @param {AbortSignal} signal ends it
 * @param {(isBusy: boolean) => void} [changed]
 */
export function followTask(model, signal, changed = () => {}) {
  const bar = new TaskBar(() => model.send({ kind: "cancel" }), signal);
  const show = () => {
    const task = model.get("_task") ?? {};
    if (model.isSaved && isRunning(task)) return; // nobody does it any more
    bar.show(task);
    changed(isRunning(task));
  };
  model.on("change:_task", show);
  signal.addEventListener("abort", () => model.off("change:_task", show));
  show();
  return bar;
}
