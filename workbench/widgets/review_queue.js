// The review queue as a widget: which one is chosen is a value of the model, and a word is said by a message.

import { QueueView } from "../views/js/queue/view.js";
import { followTask } from "../views/js/task.js";

/** @type {{render: (context: import("../views/js/types").RenderContext) => () => void}} */
export default {
  render({ model, el }) {
    const ending = new AbortController();
    let isBusy = false;
    /** @type {QueueView | null} */ let view = null;
    const settle = () => view?.takeReviews(model.get("_reviews"), isBusy);
    const bar = followTask(model, ending.signal, (isRunning) => {
      if (isRunning === isBusy) return; // progress is shown by the bar alone
      isBusy = isRunning;
      settle();
    });
    const show = () => {
      view = new QueueView(el, model.get("_told"), {
        selected: model.get("selected"),
        reviews: model.get("_reviews"),
        came: model.get("_came"),
        height: model.get("height"),
        isSaved: model.isSaved,
        progress: bar.element,
        onSelect: (id) => { model.set("selected", id); model.save_changes(); },
        onReview: (id, said) => model.send({ kind: "review", id, said }),
      });
      settle();
    };
    show();
    const listen = /** @param {string} name @param {(...args: any[]) => void} act */ (name, act) => {
      model.on(name, act);
      ending.signal.addEventListener("abort", () => model.off(name, act));
    };
    listen("msg:custom", (content) => { if (content?.kind === "heard") view?.heard(content.problem); });
    listen("change:_came", () => view?.setCame(model.get("_came")));
    listen("change:_told", () => {
      view?.setCame(model.get("_came")); // which takes the focus of what goes
      view?.setTold(model.get("_told"), model.get("selected"));
    });
    listen("change:_reviews", settle);
    listen("change:selected", () => view?.take(model.get("selected")));
    listen("change:height", () => { view?.end(); show(); });
    return () => {
      ending.abort();
      view?.end();
    };
  },
};
