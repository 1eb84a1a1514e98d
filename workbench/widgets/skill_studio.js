// A variant of a skill as a widget: its text, the open file and the chosen cases are values of the model.

import { SkillView } from "../views/js/skill/view.js";
import { followTask } from "../views/js/task.js";

/** @type {{render: (context: import("../views/js/types").RenderContext) => () => void}} */
export default {
  render({ model, el }) {
    const ending = new AbortController();
    let isBusy = false;
    /** @type {SkillView | null} */
    let view = null;
    const bar = followTask(model, ending.signal, (isRunning) => {
      isBusy = isRunning;
      view?.setRunning(isRunning);
    });
    const put = /** @param {string} name @param {any} value */ (name, value) => {
      model.set(name, value);
      model.save_changes();
    };
    const shown = new SkillView(el, model.get("_told"), model.get("files"), {
      isSaved: model.isSaved,
      progress: bar.element,
      onEdit: (files) => put("files", files),
      onOpen: (path) => put("path", path),
      onChoose: (names) => put("selected_cases", names),
      onCheck: (files) => model.send({ kind: "check", files }),
      onTry: (files, cases) => model.send({ kind: "try", files, cases }),
      onSave: (files, name, replace) => model.send({ kind: "save", files, name, replace }),
    });
    view = shown;
    const listen = /** @param {string} name @param {(...args: any[]) => void} act */ (name, act) => {
      model.on(name, act);
      ending.signal.addEventListener("abort", () => model.off(name, act));
    };
    /** @type {[string, (value: any) => void][]} */
    const followed = [
      ["files", (files) => shown.setFiles(files)],
      ["path", (path) => shown.setPath(path)],
      ["selected_cases", (names) => shown.setChosen(names)],
      ["saved", (where) => shown.setSaved(where)],
      ["_told", (told) => shown.setTold(told)],
      ["_check", (check) => shown.setCheck(check)],
      ["_results", (results) => shown.setResults(results)],
    ];
    for (const [name, act] of followed) {
      listen(`change:${name}`, () => act(model.get(name)));
      if (name !== "_told" && name !== "files") act(model.get(name));
    }
    listen("msg:custom", (content) => { if (content?.kind === "heard") shown.heard(content.problem); });
    shown.setRunning(isBusy);
    return () => {
      shown.end();
      ending.abort();
    };
  },
};
