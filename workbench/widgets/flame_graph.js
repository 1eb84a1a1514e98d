// The flame graph as a widget: what is selected is a value of the model.

import { FlameView } from "../views/js/flame/view.js";

/** @type {{render: (context: import("../views/js/types").RenderContext) => () => void}} */
export default {
  render({ model, el }) {
    let isOwn = false;
    const show = () => new FlameView(el, model.get("_flame"), {
      height: model.get("height"),
      onSelect: (nodes) => {
        isOwn = true;
        model.set("selected", nodes);
        model.save_changes();
        isOwn = false;
      },
    });
    let view = show();
    view.chosen = [...model.get("selected")];
    view.mark();
    const redraw = () => { view.end(); view = show(); };
    const follow = () => {
      if (isOwn) return;
      view.chosen = [...model.get("selected")];
      view.mark();
    };
    model.on("change:_flame", redraw);
    model.on("change:height", redraw);
    model.on("change:selected", follow);
    return () => {
      model.off("change:_flame", redraw);
      model.off("change:height", redraw);
      model.off("change:selected", follow);
      view.end();
    };
  },
};
