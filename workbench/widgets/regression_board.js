// The ranked regressions as a widget: which one is chosen is a value of the model.

import { RegressionView } from "../views/js/regression/view.js";

/** @type {{render: (context: import("../views/js/types").RenderContext) => () => void}} */
export default {
  render({ model, el }) {
    const explanation = () => (model.get("explained") === model.get("selected")[0] ? model.get("explanation") : ""); // a kernel tells it
    const show = () => new RegressionView(el, model.get("_told"), {
      selected: model.get("selected"),
      explanation: explanation(),
      onSelect: (ids) => { model.set("selected", ids); model.save_changes(); },
    });
    let view = show();
    const redraw = () => { view.end(); view = show(); };
    const follow = () => view.take(model.get("selected"), explanation());
    model.on("change:_told", redraw);
    model.on("change:selected", follow);
    model.on("change:explanation", follow);
    return () => {
      model.off("change:_told", redraw);
      model.off("change:selected", follow);
      model.off("change:explanation", follow);
      view.end();
    };
  },
};
