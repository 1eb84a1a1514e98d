// A variant of a skill beside its original: files, editor and diff, faults, cases, results, and its name.

import { drawDiff } from "../diff/view.js";
import { freshId, keepKeys, make } from "../dom.js";
import { SkillEditor } from "./editor.js";
import { drawResults } from "./results.js";
import { changedPaths, changeOf, filterCases, mergeFiles, nameFault, pathsOf, suggestName } from "./state.js";
import { countChanges, diffLines, unifiedDiff } from "../diff/edits.js";
import { counted } from "../format.js";
import { Answer } from "../task.js";
import { followTheme } from "../theme.js";

/**
 * @typedef {import("./state.js").Files} Files
 * @typedef {{path: string, line: number, message: string}} Fault
 *
 * @typedef {object} Told
 * @property {string} name
 * @property {Files} original
 * @property {string[]} cases
 * @property {string[]} variants names that are taken
 * @property {boolean} replaces
 * @property {boolean} can_check
 * @property {boolean} can_try
 * @property {boolean} can_save
 * @property {string} notice shown before edited code is run
 * @property {string} about said of trying
 *
 * @typedef {object} Options
 * @property {boolean} [isSaved] whether nobody is there to be asked
 * @property {HTMLElement} [progress] shown where work is waited for
 * @property {(files: Files) => void} [onEdit]
 * @property {(path: string) => void} [onOpen]
 * @property {(names: string[]) => void} [onChoose]
 * @property {(files: Files) => void} [onCheck]
 * @property {(files: Files, cases: string[]) => void} [onTry]
 * @property {(files: Files, name: string, isReplaced: boolean) => void} [onSave]
 */

const DRAWN_AFTER_MS = 150;
const SENT_AFTER_MS = 400;
const MARKS = { "": "", changed: "●", new: "+", removed: "−" };
const NOBODY = "This is a saved page: it can be edited and compared here; checking, trying and keeping need the notebook.";

/** @param {string} title @param {string} look @param {...(Node | string)} parts */
function section(title, look, ...parts) {
  const id = freshId("part");
  return make("section", { class: look, "aria-labelledby": id }, make("p", { class: "wb-part", id }, title), ...parts);
}

/** @param {string} text @param {string} [look] */
const button = (text, look = "") => make("button", { type: "button", class: look || undefined }, text);

export class SkillView {
  /** @param {HTMLElement} element @param {Told} told @param {Files} files @param {Options} [options] */
  constructor(element, told, files, options = {}) {
    this.element = element;
    this.told = told;
    this.files = { ...files };
    this.known = { ...files }; // as they last went out or came in
    this.options = options;
    this.ending = new AbortController();
    this.signal = this.ending.signal;
    /** @type {Map<string, SkillEditor>} */ this.editors = new Map();
    this.path = pathsOf(told.original, files)[0] ?? "";
    /** @type {Set<string>} */ this.chosen = new Set();
    this.isRunning = false;
    this.confirmed = ""; // the name that a second click may replace
    /** @type {ReturnType<typeof setTimeout> | undefined} */ this.drawing = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */ this.sending = undefined;
    element.classList.add("wb", "wb-skill");
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", `Variant of the skill ${told.name}`);
    this.head = make("p", { class: "wb-sk-head", role: "status" });
    this.problem = make("p", { class: "wb-error", role: "alert", hidden: true });
    this.notice = make("p", { class: "wb-sk-notice", hidden: true }, make("b", {}, "Code was edited. "), told.notice);
    this.answer = new Answer((problem) => this.heard(problem), this.signal);
    element.replaceChildren(this.head, this.editing(), this.problem, this.notice, options.progress ?? "",
      make("div", { class: "wb-sk-below" }, this.checking(), this.trying(), this.keeping()));
    followTheme(element, () => {}, this.signal);
    keepKeys(element, this.signal);
    this.open(this.path);
    this.setCheck({ state: "", faults: [], is_stale: false });
    this.setResults({ rows: [], is_stale: false });
    this.setSaved("");
  }

  end() {
    this.flush();
    clearTimeout(this.drawing);
    this.ending.abort();
    this.element.replaceChildren();
  }

  /** @param {any} target @param {string} name @param {(event: any) => void} act */
  listen(target, name, act) {
    target.addEventListener(name, act, { signal: this.signal });
  }

  // ---- the parts -----------------------------------------------------------------------------------

  editing() {
    this.list = make("ul", { class: "wb-sk-files" });
    this.title = make("b", { class: "wb-clip wb-code" });
    this.undo = button("Revert file");
    this.listen(this.undo, "click", () => this.revert());
    this.place = make("div", { class: "wb-sk-place" });
    this.stat = make("span", { class: "wb-muted" });
    this.diff = make("div", { class: "wb-sk-diff" });
    return make("div", { class: "wb-sk-editing" },
      make("nav", { "aria-label": "Files of the skill" }, make("p", { class: "wb-part" }, "Files"), this.list),
      make("div", { class: "wb-sk-column" },
        make("div", { class: "wb-sk-bar" }, this.title, this.undo), this.place,
        make("small", {}, "Tab indents; Escape and then Tab leaves the text.")),
      make("div", { class: "wb-sk-column" },
        make("div", { class: "wb-sk-bar" }, make("b", {}, "Against the original"), this.stat), this.diff));
  }

  checking() {
    this.check = button("Check");
    this.checked = make("span", { role: "status" });
    this.faults = make("ul", { class: "wb-sk-faults" });
    this.listen(this.check, "click", () => this.act(() => this.options.onCheck?.(this.flush())));
    return section("Faults", "wb-sk-check", make("div", { class: "wb-bar" }, this.check, this.checked), this.faults);
  }

  trying() {
    const { cases, about } = this.told;
    this.search = make("input", { type: "search", "aria-label": "Find cases", placeholder: "find cases", spellcheck: "false" });
    this.all = make("input", { type: "checkbox" });
    this.count = make("span", { class: "wb-muted", role: "status" });
    this.cases = make("ul", { class: "wb-sk-cases" });
    this.try = button("Try", "wb-primary");
    this.tried = make("p", { class: "wb-muted" });
    this.results = make("div", { class: "wb-sk-results" });
    this.listen(this.search, "input", () => this.drawCases());
    this.listen(this.all, "change", () => this.chooseShown());
    this.listen(this.cases, "change", (event) => this.choose(event.target.value, event.target.checked));
    this.listen(this.try, "click", () => this.act(() => this.options.onTry?.(this.flush(), [...this.chosen])));
    const chooser = cases.length
      ? [make("div", { class: "wb-bar" }, this.search, make("label", { class: "wb-field" }, this.all, "Select all that are shown"), this.count), this.cases]
      : [make("p", { class: "wb-empty" }, "There are no cases to try it on.")];
    return section("Try on cases", "wb-sk-try", about ? make("p", { class: "wb-muted" }, about) : "", ...chooser,
      make("div", { class: "wb-bar" }, this.try, this.tried), this.results);
  }

  keeping() {
    const id = freshId("name");
    this.name = make("input", { type: "text", spellcheck: "false", autocomplete: "off", "aria-describedby": id, size: 28 });
    this.name.value = suggestName(this.told.name, this.told.variants);
    this.save = button("Save as new variant");
    this.nameWords = make("p", { id, class: "wb-muted", role: "status" });
    this.savedWords = make("p", { class: "wb-sk-saved", role: "status" });
    this.listen(this.name, "input", () => { this.confirmed = ""; this.settle(); });
    this.listen(this.save, "click", () => this.keep());
    return section("Keep", "wb-sk-keep",
      make("div", { class: "wb-bar" }, make("label", { class: "wb-field" }, make("span", {}, "Name"), this.name), this.save),
      this.nameWords, this.savedWords);
  }

  // ---- what is set from outside --------------------------------------------------------------------

  /** @param {Files} files */
  setFiles(files) {
    this.files = mergeFiles(this.files, this.known, files);
    this.known = { ...files };
    for (const [path, editor] of this.editors) if (Object.hasOwn(this.files, path)) editor.set(this.files[path]);
    const paths = pathsOf(this.told.original, this.files);
    const isShown = this.place.querySelector("textarea") !== null;
    if (!paths.includes(this.path)) this.open(paths[0] ?? "");
    else if (isShown !== Object.hasOwn(this.files, this.path)) this.open(this.path); // it went, or came back
    else this.redraw();
  }

  /** @param {string} path */
  setPath(path) {
    if (path !== this.path && pathsOf(this.told.original, this.files).includes(path)) this.open(path);
  }

  /** @param {{state?: string, faults?: Fault[], is_stale?: boolean}} check */
  setCheck({ state = "", faults = [], is_stale: isStale = false }) {
    const words = state === "faulty" ? `✗ ${counted(faults.length, "fault")}` : state === "fine" ? "✓ No faults" : "Not checked yet";
    this.checked.textContent = words + (state && isStale ? ", before the latest edits" : "");
    this.checked.className = state === "faulty" ? "wb-bad" : state === "fine" && !isStale ? "wb-good" : "wb-muted";
    this.faults.replaceChildren(...faults.map((fault) => this.drawFault(fault)));
    this.faults.hidden = !faults.length;
  }

  /** @param {{rows?: import("./state.js").Result[], is_stale?: boolean}} results */
  setResults({ rows = [], is_stale: isStale = false }) {
    const stale = make("p", { class: "wb-muted" }, "These are of the text before the latest edits.");
    this.results.replaceChildren(...(rows.length ? [isStale ? stale : "", drawResults(rows)] : []));
    this.results.hidden = !rows.length;
  }

  /** @param {string[]} names */
  setChosen(names) {
    this.chosen = new Set(names);
    this.drawCases();
  }

  /** @param {string} where */
  setSaved(where) {
    this.savedWords.textContent = where ? `✓ Kept: ${where}` : "";
    this.savedWords.hidden = !where;
  }

  /** @param {Told} told with other names that are taken */
  setTold(told) {
    const name = this.name.value.trim();
    const wasFree = !this.told.variants.includes(name);
    this.told = told;
    if (wasFree && told.variants.includes(name)) this.name.value = suggestName(name, told.variants); // it was kept
    this.confirmed = "";
    this.settle();
  }

  /** @param {boolean} isRunning */
  setRunning(isRunning) {
    this.isRunning = isRunning;
    this.settle();
  }

  /** @param {string} problem why what was asked for did not begin; empty where it did */
  heard(problem) {
    this.answer.came();
    this.problem.textContent = problem;
    this.problem.hidden = !problem;
  }

  // ---- files, text and diff ------------------------------------------------------------------------

  /** @param {string} path */
  open(path) {
    this.path = path;
    this.title.textContent = path || "No file";
    this.title.title = path;
    this.place.replaceChildren(path && Object.hasOwn(this.files, path) ? this.editorOf(path).element
      : make("p", { class: "wb-empty" }, path ? "The variant does not have this file." : "The skill has no files."));
    this.redraw();
  }

  /** Each file keeps its editor, and so what can be undone in it. @param {string} path @returns {SkillEditor} */
  editorOf(path) {
    let editor = this.editors.get(path);
    if (!editor) {
      editor = new SkillEditor(`Text of ${path}`, this.files[path], (text) => this.edit(path, text), this.signal);
      this.editors.set(path, editor);
    }
    return editor;
  }

  /** @param {string} path @param {string} text */
  edit(path, text) {
    this.files[path] = text;
    clearTimeout(this.drawing);
    clearTimeout(this.sending);
    this.drawing = setTimeout(() => this.redraw(), DRAWN_AFTER_MS);
    this.sending = setTimeout(() => this.flush(), SENT_AFTER_MS);
  }

  /** Send what was typed. @returns {Files} */
  flush() {
    clearTimeout(this.sending);
    this.sending = undefined;
    const files = { ...this.files };
    const isChanged = changedPaths(this.known, files).length > 0;
    this.known = { ...files };
    if (isChanged) this.options.onEdit?.(files);
    return files;
  }

  revert() {
    const { original } = this.told;
    if (Object.hasOwn(original, this.path)) this.files[this.path] = original[this.path];
    else delete this.files[this.path];
    this.editors.get(this.path)?.set(this.files[this.path] ?? "");
    this.flush();
    this.open(Object.hasOwn(this.files, this.path) ? this.path : pathsOf(original, this.files)[0] ?? "");
    this.list.querySelector("[aria-current]")?.focus();
  }

  redraw() {
    clearTimeout(this.drawing);
    this.drawList();
    this.drawDiff();
    this.settle();
  }

  drawList() {
    const { original } = this.told;
    const hadFocus = this.list.contains(document.activeElement);
    this.list.replaceChildren(...pathsOf(original, this.files).map((path) => {
      const change = changeOf(original, this.files, path);
      const open = make("button", { type: "button", class: "wb-sk-file", title: path, "aria-current": path === this.path && "true" },
        make("span", { class: "wb-clip" }, path), change ? make("span", { class: `wb-sk-mark wb-sk-${change}` }, `${MARKS[change]} ${change}`) : "");
      this.listen(open, "click", () => { this.open(path); this.options.onOpen?.(path); });
      return make("li", {}, open);
    }));
    if (hadFocus) this.list.querySelector("[aria-current]")?.focus();
  }

  drawDiff() {
    const { original } = this.told;
    const [before, after] = [original[this.path] ?? "", this.files[this.path] ?? ""];
    const diff = unifiedDiff(before, after, this.path);
    const { added, removed } = countChanges(diffLines(before, after));
    this.stat.textContent = diff ? `+${added} −${removed}` : "";
    const old = this.diff.querySelector(".wb-diff");
    const at = old && this.diff.dataset.of === this.path ? [old.scrollTop, old.scrollLeft] : [0, 0];
    const same = Object.hasOwn(original, this.path) ? "This file is as in the original." : "This file is empty.";
    this.diff.replaceChildren(diff ? drawDiff({ text: diff, is_whole: true }, `What changed in ${this.path}`, null)
      : make("p", { class: "wb-empty" }, same));
    this.diff.dataset.of = this.path;
    const drawn = this.diff.querySelector(".wb-diff");
    if (drawn) [drawn.scrollTop, drawn.scrollLeft] = at;
    this.undo.disabled = !changeOf(original, this.files, this.path);
  }

  // ---- faults, cases, and the name -----------------------------------------------------------------

  /** @param {Fault} fault */
  drawFault({ path, line, message }) {
    const isKnown = path && Object.hasOwn(this.files, path);
    const link = make("button", { type: "button", class: "wb-link" }, line ? `${path}:${line}` : path);
    if (isKnown) this.listen(link, "click", () => this.show(path, line));
    return make("li", {}, isKnown ? link : path ? make("code", {}, path) : "", path ? " " : "", message);
  }

  /** @param {string} path @param {number} line */
  show(path, line) {
    this.open(path);
    this.options.onOpen?.(path);
    if (Object.hasOwn(this.files, path)) this.editorOf(path).goTo(Math.max(line, 1));
  }

  drawCases() {
    const shown = filterCases(this.told.cases, this.search.value);
    this.cases.replaceChildren(...shown.map((name) => {
      const box = make("input", { type: "checkbox", value: name });
      box.checked = this.chosen.has(name);
      return make("li", {}, make("label", { title: name }, box, make("span", { class: "wb-clip" }, name)));
    }));
    if (!shown.length) this.cases.append(make("li", { class: "wb-muted" }, "No case is called that."));
    this.settle();
  }

  /** @param {string} name @param {boolean} isIn */
  choose(name, isIn) {
    if (isIn) this.chosen.add(name);
    else this.chosen.delete(name);
    this.tellChosen();
  }

  chooseShown() {
    for (const name of filterCases(this.told.cases, this.search.value)) {
      if (this.all.checked) this.chosen.add(name);
      else this.chosen.delete(name);
    }
    this.drawCases();
    this.tellChosen();
  }

  tellChosen() {
    this.settle();
    this.options.onChoose?.(this.told.cases.filter((name) => this.chosen.has(name)));
  }

  keep() {
    const name = this.name.value.trim();
    if (this.told.variants.includes(name) && this.confirmed !== name) {
      this.confirmed = name;
      return this.settle();
    }
    const isReplaced = this.confirmed === name;
    this.confirmed = "";
    this.act(() => this.options.onSave?.(this.flush(), name, isReplaced));
  }

  /** @param {() => void} ask */
  act(ask) {
    this.heard("");
    this.answer.await();
    ask();
  }

  // ---- what can be done just now -------------------------------------------------------------------

  settle() {
    const { told, files } = this;
    const changed = changedPaths(told.original, files);
    const isSame = !changed.length;
    const nFiles = pathsOf(told.original, files).length;
    const words = isSame ? "The variant equals the original."
      : `${counted(changed.length, "file")} of ${nFiles} differ${changed.length === 1 ? "s" : ""} from the original.`;
    this.head.replaceChildren(make("b", {}, told.name || "Skill"), ` ${words}`,
      this.options.isSaved ? make("small", {}, ` ${NOBODY}`) : "");
    const isBusy = this.isRunning || Boolean(this.options.isSaved);
    this.notice.hidden = !told.notice || !changed.some((path) => path.endsWith(".py") || path.startsWith("scripts/"));
    this.check.disabled = isBusy || !told.can_check;
    this.settleTrying(isBusy, isSame);
    this.settleKeeping(isBusy, isSame);
  }

  /** @param {boolean} isBusy @param {boolean} isSame */
  settleTrying(isBusy, isSame) {
    const { told, chosen } = this;
    const shown = filterCases(told.cases, this.search.value);
    const n = shown.filter((name) => chosen.has(name)).length;
    this.all.checked = n > 0 && n === shown.length;
    this.all.indeterminate = n > 0 && n < shown.length;
    this.all.disabled = !shown.length;
    this.count.textContent = `${chosen.size.toLocaleString("en-US")} of ${counted(told.cases.length, "case")} selected`;
    this.try.disabled = isBusy || !told.can_try || !chosen.size;
    this.tried.textContent = !told.can_try ? "It cannot be tried here." : !chosen.size && told.cases.length ? "Select cases first."
      : isSame && told.cases.length ? "The variant equals the original: both will do alike." : "";
  }

  /** @param {boolean} isBusy @param {boolean} isSame */
  settleKeeping(isBusy, isSame) {
    const { told } = this;
    const name = this.name.value.trim();
    const fault = nameFault(name, told.variants, told.replaces);
    const asks = !fault && this.confirmed === name && name !== "";
    this.save.textContent = asks ? `Replace ${name}` : "Save as new variant";
    this.save.disabled = isBusy || !told.can_save || isSame || Boolean(fault);
    this.name.setAttribute("aria-invalid", String(Boolean(fault)));
    const taken = told.variants.includes(name) ? `${name} is there already.` : "";
    this.nameWords.textContent = !told.can_save ? "It cannot be kept here." : isSame ? "Nothing changed: the variant equals the original."
      : fault || (asks ? `${taken} Press again to replace it.` : taken);
  }
}
