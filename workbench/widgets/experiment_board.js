// An experiment as a widget: what is chosen of it are values of the model.

import { ExperimentView } from "../views/js/experiment/view.js";

const NAMES = /** @type {const} */ (["half", "chosen", "measure", "stratum", "case", "selected"]);

/** @type {{render: (context: import("../views/js/types").RenderContext) => () => void}} */
export default {
  render({ model, el }) {
    const state = () => /** @type {import("../views/js/experiment/view.js").State} */ (Object.fromEntries(NAMES.map((name) => [name, model.get(name)])));
    const show = () => new ExperimentView(el, model.get("_told"), state(), {
      height: model.get("height"),
      onChange: (changes) => {
        for (const [name, value] of Object.entries(changes)) model.set(name, value);
        model.save_changes();
      },
    });
    let view = show();
    const redraw = () => { view.end(); view = show(); };
    const follow = () => view.take(state());
    const drawn = ["change:_told", "change:height"];
    const followed = NAMES.map((name) => `change:${name}`);
    for (const name of drawn) model.on(name, redraw);
    for (const name of followed) model.on(name, follow);
    return () => {
      for (const name of drawn) model.off(name, redraw);
      for (const name of followed) model.off(name, follow);
      view.end();
    };
  },
};
