// The candidates as a widget: what is selected and open are values of the model.

import { SuspectView } from "../views/js/suspect/view.js";

/** @type {{render: (context: import("../views/js/types").RenderContext) => () => void}} */
export default {
  render({ model, el }) {
    const put = /** @param {string} name @param {string[]} ids */ (name, ids) => {
      model.set(name, ids);
      model.save_changes();
    };
    const settle = () => {
      view.setDiffs(model.get("_diffs"));
      view.setOpened(model.get("opened"));
      view.setSelected(model.get("selected"));
    };
    const show = () => new SuspectView(el, model.get("_told"), {
      height: model.get("height"),
      isSaved: model.isSaved,
      onSelect: (ids) => put("selected", ids),
      onOpen: (ids) => put("opened", ids),
      onDiff: (id, isWhole) => model.send({ kind: "diff", change: id, whole: isWhole }),
    });
    let view = show();
    settle();
    const redraw = () => { view.end(); view = show(); settle(); };
    const drawn = ["change:_told", "change:height"];
    const settled = ["change:_diffs", "change:opened", "change:selected"];
    for (const name of drawn) model.on(name, redraw);
    for (const name of settled) model.on(name, settle);
    return () => {
      for (const name of drawn) model.off(name, redraw);
      for (const name of settled) model.off(name, settle);
      view.end();
    };
  },
};
