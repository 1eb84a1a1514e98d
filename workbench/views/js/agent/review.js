// A person's word on a diagnosis: approve, edit or reject; and to have it run again.

import { chooser, freshId, make } from "../dom.js";
import { clipped } from "../format.js";

/**
 * @typedef {import("./view.js").Diagnosis} Diagnosis
 * @typedef {{verdict: string, by?: string, why?: string, changes?: Record<string, any>}} Said
 */

/** @param {string} text @returns {string[]} its lines that say something */
export const linesIn = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

/**
 * @typedef {Pick<Diagnosis, "mitigation" | "category" | "functions" | "summary"> & {change_id?: string}} Editable
 * @param {Editable} told
 * @param {{mitigation: string, category: string, functions: string, summary: string, change_id?: string}} given
 * @returns {Record<string, any>} what is given otherwise than it was told
 */
export function changesOf(told, given) {
  /** @type {Record<string, any>} */
  const changes = {};
  for (const name of /** @type {const} */ (["mitigation", "category", "summary"])) {
    if (given[name].trim() !== told[name]) changes[name] = given[name].trim();
  }
  const functions = linesIn(given.functions);
  if (functions.join("\n") !== told.functions.join("\n")) changes.functions = functions;
  if (given.change_id !== undefined && given.change_id.trim() !== told.change_id) changes.change_id = given.change_id.trim();
  return changes;
}

/** @param {string} label @param {HTMLElement} field */
const labelled = (label, field) => make("label", { class: "wb-line" }, make("span", {}, label), field);

export class ReviewForm {
  /**
   * @param {Editable} diagnosis
   * @param {Record<string, string>} mitigations
   * @param {string} reviewer
   * @param {(said: Said) => void} say
   * @param {{accuses?: boolean}} [options] whether another change can be accused
   */
  constructor(diagnosis, mitigations, reviewer, say, { accuses = false } = {}) {
    this.accuses = accuses;
    this.diagnosis = diagnosis;
    this.say = say;
    this.by = make("input", { type: "text", autocomplete: "name", placeholder: "optional" });
    this.by.value = reviewer;
    this.reason = make("p", { class: "wb-muted wb-reason", id: freshId("reason"), hidden: true });
    this.problem = make("p", { class: "wb-error", role: "alert", hidden: true });
    this.edit = this.editForm(mitigations);
    this.reject = this.rejectForm();
    this.approver = this.button("Approve", () => this.tell({ verdict: "approve" }), "wb-primary");
    this.editor = this.opener("Edit…", this.edit);
    this.rejecter = this.opener("Reject…", this.reject);
    this.element = make("section", { class: "wb-review", "aria-label": "Review" },
      make("p", { class: "wb-title" }, "Your word is waited for"),
      make("div", { class: "wb-bar" }, this.approver, this.editor, this.rejecter,
        make("label", { class: "wb-field" }, make("span", {}, "Your name"), this.by)),
      this.reason, this.problem, this.edit, this.reject);
  }

  /** @param {string} text @param {() => void} act @param {string} [look] */
  button(text, act, look = "") {
    const button = make("button", { type: "button", class: look, "aria-describedby": this.reason.id }, text);
    button.addEventListener("click", act);
    return button;
  }

  /** @param {string} text @param {HTMLElement} form */
  opener(text, form) {
    const button = this.button(text, () => {
      const isOpen = form.hidden;
      for (const [one, other] of [[this.edit, this.editor], [this.reject, this.rejecter]]) {
        one.hidden = one !== form || !isOpen;
        other.setAttribute("aria-expanded", String(!one.hidden));
      }
      this.complain("");
      if (isOpen) /** @type {HTMLElement | null} */ (form.querySelector("input, select, textarea"))?.focus();
    });
    button.setAttribute("aria-expanded", "false");
    return button;
  }

  /** @param {Record<string, string>} mitigations */
  editForm(mitigations) {
    const told = this.diagnosis;
    const names = Object.keys(mitigations);
    const select = make("select", {}, make("option", { value: "" }, "none"),
      ...names.map((name) => make("option", { value: name }, `${name}: ${clipped(mitigations[name], 70)}`)));
    select.value = told.mitigation;
    const category = make("input", { type: "text" });
    category.value = told.category;
    const functions = make("textarea", { rows: 3, spellcheck: "false" });
    functions.value = told.functions.join("\n");
    const summary = make("textarea", { rows: 2 });
    summary.value = told.summary;
    const cause = make("input", { type: "text", spellcheck: "false" });
    cause.value = told.change_id ?? "";
    const submit = this.button("Approve with these changes", () => {
      const changes = changesOf(told, { mitigation: select.value, category: category.value, functions: functions.value, summary: summary.value,
        ...(this.accuses && { change_id: cause.value }) });
      if (!Object.keys(changes).length) return this.complain("Nothing was changed. To take it as it is, approve it.");
      const empty = ["category", "summary"].find((name) => changes[name] === "");
      if (empty) return this.complain(`The ${empty} needs words.`);
      this.tell({ verdict: "edit", changes });
    }, "wb-primary");
    return make("div", { class: "wb-form", hidden: true },
      this.accuses ? labelled("Cause: id of a change, empty for none. With another one the evidence goes, and what was not changed here is told anew", cause) : "",
      labelled("Mitigation", select), labelled("Category", category),
      labelled("Functions, one a line (module:name)", functions), labelled("Summary", summary), submit);
  }

  rejectForm() {
    const why = make("textarea", { rows: 2, "aria-required": "true" });
    const submit = this.button("Reject it", () => {
      if (!why.value.trim()) { this.complain("To reject it, say why."); return why.focus(); }
      this.tell({ verdict: "reject", why: why.value.trim() });
    }, "wb-primary");
    return make("div", { class: "wb-form", hidden: true }, labelled("Why it is wrong", why), submit);
  }

  /** @param {Said} said */
  tell(said) {
    this.complain("");
    const by = this.by.value.trim();
    this.say(by ? { ...said, by } : said);
  }

  /** @param {string} text */
  complain(text) {
    this.problem.textContent = text;
    this.problem.hidden = !text;
  }

  /** @param {string} reason why nothing can be decided; empty where it can */
  settle(reason) {
    this.reason.textContent = reason;
    this.reason.hidden = !reason;
    for (const button of this.element.querySelectorAll("button")) button.disabled = Boolean(reason);
  }
}

export class RerunForm {
  /**
   * @param {[number, string][]} steps number, and how it is called
   * @param {string[]} skills
   * @param {(step: number, skill: string) => void} ask
   */
  constructor(steps, skills, ask) {
    const from = chooser("From step", steps.map(([number, text]) => [String(number), clipped(text, 70)]), String(steps[0]?.[0] ?? ""));
    const under = chooser("Skill", [["", "the same"], ...skills.map((name) => /** @type {[string, string]} */ ([name, name]))], "");
    this.step = from.select;
    this.skill = under.select;
    this.reason = make("p", { class: "wb-muted wb-reason", id: freshId("reason"), hidden: true });
    this.problem = make("p", { class: "wb-error", role: "alert", hidden: true });
    this.button = make("button", { type: "button", "aria-describedby": this.reason.id }, "Run again");
    this.button.addEventListener("click", () => { this.complain(""); ask(Number(this.step.value), this.skill.value); });
    this.element = make("details", { class: "wb-rerun" }, make("summary", {}, "Run again from a step"),
      make("div", { class: "wb-bar" }, from.label, under.label, this.button), this.reason, this.problem);
  }

  /** @param {string} text */
  complain(text) {
    this.problem.textContent = text;
    this.problem.hidden = !text;
  }

  /** @param {string} reason */
  settle(reason) {
    this.reason.textContent = reason;
    this.reason.hidden = !reason;
    this.button.disabled = Boolean(reason);
  }
}
