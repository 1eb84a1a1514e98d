// An investigation in a page: its graph, its steps, what it found and on what that rests, and a person's word.

import { GraphPicture } from "./graph.js";
import { RerunForm, ReviewForm } from "./review.js";
import { StepList, lasted } from "./steps.js";
import { keepKeys, make, withCode } from "../dom.js";
import { percent } from "../format.js";
import { Answer } from "../task.js";
import { followTheme } from "../theme.js";

/**
 * @typedef {import("./path.js").Step} Step
 * @typedef {import("./path.js").Edge} Edge
 * @typedef {import("./review.js").Said} Said
 *
 * @typedef {object} Diagnosis
 * @property {string} regression_id
 * @property {string} summary
 * @property {string} change_id empty for none
 * @property {string[]} functions
 * @property {string} category
 * @property {string} mitigation
 * @property {number} confidence
 * @property {{claim: string, call_id: string}[]} evidence
 * @property {string} skill
 * @property {string[]} suspects
 *
 * @typedef {object} Told what Python tells; see `workbench.widgets.agent_view`
 * @property {Diagnosis | null} diagnosis
 * @property {string} status
 * @property {boolean} waits for a person's word
 * @property {string} busy why nothing can be decided; empty where it can
 * @property {string} question
 * @property {{claim: string, call_id: string, why: string}[]} struck
 * @property {Record<string, any>[]} opinions
 * @property {Record<string, number>} spent
 * @property {string[]} skills
 * @property {[number, string][]} kept
 * @property {Record<string, string>} titles
 * @property {string} reviewer
 * @property {Partial<Said>} decision
 * @property {Record<string, string>} mitigations
 * @property {boolean} reruns
 *
 * @typedef {object} Options
 * @property {boolean} [isSaved] whether nobody is there to be asked
 * @property {Node} [progress] what shows how far long work is
 * @property {(said: Said) => void} [onReview]
 * @property {(step: number, skill: string) => void} [onRerun]
 * @property {(index: number) => void} [onSelect]
 */

const SAVED = "This is a saved page: to decide, open the notebook that it is of.";

/** @param {string} name @param {Node | string} value */
const fact = (name, value) => (value ? [make("dt", {}, name), make("dd", {}, value)] : []);

/** @param {Partial<Said>} said */
function describeDecision(said) {
  if (!said.verdict) return "";
  const done = { approve: "Approved", edit: "Approved with changes", reject: "Rejected" }[said.verdict] ?? said.verdict;
  const changed = Object.entries(said.changes ?? {}).map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(", ") : value || "none"}`);
  return [`${done}${said.by ? ` by ${said.by}` : ""}`, said.why, ...changed].filter(Boolean).join("; ");
}

/** @param {Record<string, number>} spent */
function describeSpent(spent) {
  return Object.entries(spent).filter(([, value]) => value).map(([name, value]) =>
    name === "seconds" ? lasted(value) : `${Math.round(value).toLocaleString("en-US")} ${name.replaceAll("_", " ")}`).join(", ");
}

export class AgentView {
  /**
   * @param {HTMLElement} element
   * @param {{nodes: string[], edges: Edge[]}} graph
   * @param {Step[]} steps
   * @param {Told} told
   * @param {Options} [options]
   */
  constructor(element, graph, steps, told, options = {}) {
    this.element = element;
    this.options = options;
    this.ending = new AbortController();
    this.signal = this.ending.signal;
    this.isRunning = false;
    this.isAsked = false; // whether an answer of Python is waited for
    this.drawn = { finding: "", review: "", rerun: "" };
    /** @type {ReviewForm | null} */ this.review = null;
    /** @type {RerunForm | null} */ this.again = null;
    /** @type {HTMLElement | null} */ this.cameFrom = null;
    this.told = told;
    element.classList.add("wb", "wb-agent");
    keepKeys(element, this.signal);
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "Investigation");
    this.head = make("div", { class: "wb-agent-head" });
    this.state = make("p", { class: "wb-status", role: "status" });
    this.graph = new GraphPicture(graph);
    this.list = new StepList(this.signal, (index) => options.onSelect?.(index));
    this.finding = make("section", { class: "wb-finding", "aria-label": "Diagnosis" });
    this.answer = new Answer((problem) => this.complain(problem), this.signal);
    /** @type {"review" | "rerun"} what was asked last */ this.asked = "review";
    this.reviewing = make("div", {});
    this.rerunning = make("div", {});
    this.stepsTitle = make("p", { class: "wb-title" });
    element.replaceChildren(this.head, options.progress ?? "", this.graph.element,
      make("div", { class: "wb-agent-parts" },
        make("div", { class: "wb-agent-left" }, this.state, this.reviewing, this.finding),
        make("section", { class: "wb-agent-right", "aria-label": "Steps" }, this.stepsTitle, this.list.element, this.rerunning)));
    followTheme(element, () => {}, this.signal);
    this.list.show(steps);
    this.take(told);
    const watcher = new ResizeObserver(() => this.graph.resize());
    watcher.observe(element);
    this.signal.addEventListener("abort", () => watcher.disconnect());
    element.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape" || !this.cameFrom) return;
      this.cameFrom.focus();
      this.cameFrom = null;
    }, { signal: this.signal });
  }

  end() {
    this.ending.abort();
    this.element.replaceChildren();
  }

  // ---- what is set from outside --------------------------------------------------------------------

  /** @param {Told} told */
  take(told) {
    this.told = told;
    this.drawHead();
    this.redraw("finding", { ...told.diagnosis, struck: told.struck, titles: told.titles, opinions: told.opinions }, () => this.drawFinding());
    this.redraw("review", told.waits ? told.diagnosis : null, () => this.drawReview());
    this.redraw("rerun", [told.reruns, told.kept, told.skills, told.kept.length ? 0 : this.list.steps.length], () => this.drawRerun());
    this.settle();
  }

  /** Only what is told otherwise is drawn anew: forms keep what was typed. @param {"finding" | "review" | "rerun"} part @param {any} on @param {() => void} draw */
  redraw(part, on, draw) {
    const said = JSON.stringify(on);
    if (said === this.drawn[part]) return;
    this.drawn[part] = said;
    draw();
  }

  /** @param {Step[]} steps */
  setSteps(steps) {
    this.list.show(steps);
    this.take(this.told);
  }

  /** @param {Step} step */
  addStep(step) {
    this.list.add([step]);
    this.drawSteps();
  }

  /** @param {number} index */
  setSelected(index) {
    if (index === this.list.chosen) return;
    if (index < 0) this.list.choose(-1);
    else this.list.reveal(index);
  }

  /** @param {boolean} isRunning whether long work is being done */
  setRunning(isRunning) {
    this.isRunning = isRunning;
    this.settle();
  }

  /** @param {string} about "review" or "rerun" @param {string} problem empty for none */
  heard(about, problem) {
    this.answer.came();
    this.isAsked = false;
    this.complain(problem, about);
    this.settle();
  }

  /** @param {string} problem @param {string} [about] */
  complain(problem, about = this.asked) {
    (about === "review" ? this.review : this.again)?.complain(problem);
  }

  // ---- what is drawn -------------------------------------------------------------------------------

  settle() {
    const reason = this.options.isSaved ? SAVED : this.told.busy || (this.isRunning ? "This has to wait: work is being done." : this.isAsked ? "Being taken…" : "");
    this.review?.settle(reason);
    this.again?.settle(reason);
    const decision = describeDecision(this.told.decision);
    this.state.textContent = [this.told.waits ? "" : this.told.status && `Status: ${this.told.status}.`, decision && `${decision}.`].filter(Boolean).join(" ");
    this.drawSteps();
  }

  drawSteps() {
    const { steps } = this.list;
    const spent = describeSpent(this.told.spent);
    this.stepsTitle.textContent = `${steps.length.toLocaleString("en-US")} step${steps.length === 1 ? "" : "s"}${spent ? `: ${spent}` : ""}`;
    const isRunning = this.isRunning || this.told.status === "running";
    this.graph.show(steps, { waits: this.told.waits, isRunning });
  }

  drawHead() {
    const { question } = this.told;
    this.head.replaceChildren(...(question ? [make("p", { class: "wb-question" }, make("b", {}, "Question "), question)] : []));
  }

  drawFinding() {
    const { diagnosis, titles, mitigations } = this.told;
    if (!diagnosis) {
      this.finding.replaceChildren(make("p", { class: "wb-empty" }, "No diagnosis yet."));
      return;
    }
    const change = /** @param {string} id */ (id) => make("span", { title: id }, make("code", {}, id.slice(0, 12)), titles[id] ? ` ${titles[id]}` : "");
    const others = diagnosis.suspects.filter((id) => id !== diagnosis.change_id);
    const does = mitigations[diagnosis.mitigation];
    this.finding.replaceChildren(
      make("p", { class: "wb-summary" }, ...withCode(diagnosis.summary)),
      make("dl", { class: "wb-facts-list" },
        ...fact("Cause", diagnosis.change_id ? change(diagnosis.change_id) : "no known change"),
        ...fact("Confidence", diagnosis.change_id || diagnosis.confidence > 0 ? make("span", { class: "wb-prob" },
          make("span", { class: "wb-prob-bar", "aria-hidden": "true" }, make("i", { style: `width:${(100 * diagnosis.confidence).toFixed(1)}%` })), percent(diagnosis.confidence),
          make("span", { class: "wb-muted" }, diagnosis.evidence.length ? "by all that it rests on" : "")) : ""),
        ...fact("Category", diagnosis.category),
        ...fact("Mitigation", diagnosis.mitigation && `${diagnosis.mitigation.replaceAll("_", " ")}${does ? `: ${does}` : ""}`),
        ...fact("Functions", diagnosis.functions.length ? make("span", {}, ...diagnosis.functions.map((name) => make("code", { class: "wb-block" }, name))) : ""),
        ...fact("Also suspected", others.length ? make("span", {}, ...others.map((id) => make("span", { class: "wb-block" }, change(id)))) : ""),
        ...fact("Skill", diagnosis.skill)),
      ...this.drawClaims(diagnosis), ...this.drawStruck(), ...this.drawOpinions());
  }

  /** @param {Diagnosis} diagnosis */
  drawClaims(diagnosis) {
    if (!diagnosis.evidence.length) return [make("p", { class: "wb-muted" }, "It makes no claim that a reply holds.")];
    const items = diagnosis.evidence.map(({ claim, call_id: callId }) => {
      const button = make("button", { type: "button", class: "wb-claim", title: "Show the reply that holds it" }, ...withCode(claim), " ", make("span", { class: "wb-cites" }, callId));
      const note = make("p", { class: "wb-muted", role: "status" });
      button.addEventListener("click", () => this.cite(button, note, claim, callId));
      return make("li", {}, button, note);
    });
    return [make("p", { class: "wb-title" }, "What it rests on"), make("ol", { class: "wb-claims" }, ...items)];
  }

  /** @param {HTMLElement} button @param {HTMLElement} note @param {string} claim @param {string} callId */
  cite(button, note, claim, callId) {
    const index = this.list.find(callId);
    note.textContent = index < 0 ? `No step that is shown has the reply ${callId}.` : "";
    if (index < 0) return;
    this.cameFrom = button;
    this.list.reveal(index, claim);
    this.options.onSelect?.(index);
  }

  drawStruck() {
    const { struck } = this.told;
    if (!struck.length) return [];
    const items = struck.map(({ claim, call_id: callId, why }) =>
      make("li", {}, make("s", {}, ...withCode(claim)), " ", make("span", { class: "wb-cites" }, callId || "no reply"), make("p", { class: "wb-why" }, `Struck: ${why}`)));
    return [make("p", { class: "wb-title" }, "Claims that were struck"), make("ul", { class: "wb-claims" }, ...items)];
  }

  drawOpinions() {
    const { opinions } = this.told;
    if (opinions.length < 2) return [];
    const items = opinions.map((one) => make("li", {}, make("b", {}, one.skill), ` ${percent(one.confidence ?? 0)} `,
      one.change_id ? make("code", {}, String(one.change_id).slice(0, 12)) : "no known change", make("p", { class: "wb-why" }, ...withCode(one.summary ?? ""))));
    return [make("p", { class: "wb-title" }, "Opinions"), make("ul", { class: "wb-claims" }, ...items)];
  }

  // ---- what a person says --------------------------------------------------------------------------

  drawReview() {
    const { diagnosis, waits, mitigations, reviewer } = this.told;
    this.review = waits && diagnosis ? new ReviewForm(diagnosis, mitigations, reviewer, (said) => this.ask("review", () => this.options.onReview?.(said))) : null;
    this.reviewing.replaceChildren(...(this.review ? [this.review.element] : []));
  }

  drawRerun() {
    const { reruns, kept, skills } = this.told;
    const steps = kept.length ? kept : this.list.steps.map((step, index) => /** @type {[number, string]} */ ([index, `${index}: ${step.title}`]));
    this.again = reruns && steps.length ? new RerunForm(steps, skills, (step, skill) => this.ask("rerun", () => this.options.onRerun?.(step, skill))) : null;
    this.rerunning.replaceChildren(...(this.again ? [this.again.element] : []));
  }

  /** @param {"review" | "rerun"} about @param {() => void} act */
  ask(about, act) {
    this.asked = about;
    this.isAsked = true;
    this.answer.await();
    this.settle();
    act();
  }
}
