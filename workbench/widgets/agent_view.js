// An investigation as a widget: steps come as messages, a person's word goes back as one.

import { AgentView } from "../views/js/agent/view.js";
import { followTask } from "../views/js/task.js";

/** @typedef {import("../views/js/types").Model} Model */

/**
 * Keep a step that came as a message, once, whichever view hears of it first.
 * @param {Model} model
 * @param {any} content
 */
function keep(model, content) {
  const steps = model.get("_steps");
  if (content?.kind === "step" && content.at === steps.length) steps.push(content.step);
}

/** @type {{initialize: (context: {model: Model}) => void, render: (context: import("../views/js/types").RenderContext) => () => void}} */
export default {
  initialize({ model }) {
    model.on("msg:custom", (content) => keep(model, content));
  },
  render({ model, el }) {
    const ending = new AbortController();
    let isBusy = false;
    /** @type {AgentView | null} */
    let view = null;
    const bar = followTask(model, ending.signal, (isRunning) => {
      isBusy = isRunning;
      view?.setRunning(isRunning);
    });
    const show = () => {
      const one = new AgentView(el, model.get("_graph"), model.get("_steps"), model.get("_told"), {
        isSaved: model.isSaved,
        progress: bar.element,
        onReview: (said) => model.send({ kind: "review", said }),
        onRerun: (step, skill) => model.send({ kind: "rerun", step, skill }),
        onSelect: (index) => { model.set("selected_step", index); model.save_changes(); },
      });
      one.setRunning(isBusy);
      one.setSelected(model.get("selected_step"));
      return one;
    };
    view = show();
    const listen = /** @param {string} name @param {(...args: any[]) => void} act */ (name, act) => {
      model.on(name, act);
      ending.signal.addEventListener("abort", () => model.off(name, act));
    };
    listen("msg:custom", (content) => {
      keep(model, content);
      if (content?.kind === "step" && content.at === view?.list.steps.length) view?.addStep(content.step);
      if (content?.kind === "heard") view?.heard(content.about, content.problem);
    });
    listen("change:_graph", () => { view?.end(); view = show(); });
    listen("change:_steps", () => view?.setSteps(model.get("_steps")));
    listen("change:_told", () => view?.take(model.get("_told")));
    listen("change:selected_step", () => view?.setSelected(model.get("selected_step")));
    return () => {
      ending.abort();
      view?.end();
    };
  },
};
