// Opportunities as a widget: which are chosen is a value of the model, and a patch is asked for by a message.

import { OpportunityView } from "../views/js/opportunity/view.js";
import { followTask } from "../views/js/task.js";

/** @type {{render: (context: import("../views/js/types").RenderContext) => () => void}} */
export default {
  render({ model, el }) {
    const ending = new AbortController();
    let isBusy = false;
    /** @type {OpportunityView | null} */ let view = null;
    const settle = () => view?.takeSolves(model.get("_solves"), isBusy);
    const bar = followTask(model, ending.signal, (isRunning) => {
      if (isRunning === isBusy) return; // progress is shown by the bar alone
      isBusy = isRunning;
      settle();
    });
    const show = () => {
      view = new OpportunityView(el, model.get("_told"), {
        selected: model.get("selected"),
        solves: model.get("_solves"),
        height: model.get("height"),
        isSaved: model.isSaved,
        progress: bar.element,
        onSelect: (ids) => { model.set("selected", ids); model.save_changes(); },
        onSolve: (id) => model.send({ kind: "solve", id }),
      });
      settle();
    };
    show();
    const listen = /** @param {string} name @param {(...args: any[]) => void} act */ (name, act) => {
      model.on(name, act);
      ending.signal.addEventListener("abort", () => model.off(name, act));
    };
    listen("msg:custom", (content) => { if (content?.kind === "heard") view?.heard(content.problem); });
    listen("change:_told", () => view?.setTold(model.get("_told"), model.get("selected")));
    listen("change:_solves", settle);
    listen("change:selected", () => view?.take(model.get("selected")));
    listen("change:height", () => { view?.end(); show(); });
    return () => {
      ending.abort();
      view?.end();
    };
  },
};
