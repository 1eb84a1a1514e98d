// Lines of code as a widget: which are chosen is a value of the model.

import { SourceView } from "../views/js/source/view.js";

/** @type {{render: (context: import("../views/js/types").RenderContext) => () => void}} */
export default {
  render({ model, el }) {
    const show = () => new SourceView(el, model.get("_told"), {
      selected: model.get("selected"),
      onSelect: (lines) => { model.set("selected", lines); model.save_changes(); },
    });
    let view = show();
    const redraw = () => { view.end(); view = show(); };
    const follow = () => view.take(model.get("selected"));
    model.on("change:_told", redraw);
    model.on("change:selected", follow);
    return () => {
      model.off("change:_told", redraw);
      model.off("change:selected", follow);
      view.end();
    };
  },
};
