// Thousands of series as a widget: what is selected and brushed are values of the model.

import { make } from "../views/js/dom.js";
import { SeriesView } from "../views/js/series/view.js";

/** @type {{render: (context: import("../views/js/types").RenderContext) => () => void}} */
export default {
  render({ model, el }) {
    let isOwn = false;
    const say = /** @param {string} name @param {any} value */ (name, value) => {
      isOwn = true;
      model.set(name, value);
      model.save_changes();
      isOwn = false;
    };
    /** @type {SeriesView | null} */ let view = null;
    const follow = () => {
      if (!isOwn) view?.follow(model.get("selected"), model.get("window"));
    };
    const show = () => {
      view?.leave();
      view = null;
      try {
        view = new SeriesView(el, model.get("_series"), {
          height: model.get("height"),
          onSelect: (rows) => say("selected", rows),
          onBrush: (window) => say("window", window),
        });
        follow();
      } catch (error) {
        el.classList.add("wb");
        el.replaceChildren(make("p", { class: "wb-error" }, `The series cannot be shown: ${/** @type {Error} */ (error).message}`));
      }
    };
    show();
    const heard = { "change:_series": show, "change:height": show, "change:selected": follow, "change:window": follow };
    for (const [name, act] of Object.entries(heard)) model.on(name, act);
    return () => {
      for (const [name, act] of Object.entries(heard)) model.off(name, act);
      view?.leave();
    };
  },
};
