// A fix as a widget: nothing of it can be chosen.

import { FixView } from "../views/js/fix/view.js";

/** @type {{render: (context: import("../views/js/types").RenderContext) => () => void}} */
export default {
  render({ model, el }) {
    let view = new FixView(el, model.get("_told"));
    const redraw = () => { view.end(); view = new FixView(el, model.get("_told")); };
    model.on("change:_told", redraw);
    return () => { model.off("change:_told", redraw); view.end(); };
  },
};
