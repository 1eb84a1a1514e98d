// Capacity as a widget: the unit and what is chosen of the queue are values of the model.

import { CapacityView } from "../views/js/capacity/view.js";

/** @type {{render: (context: import("../views/js/types").RenderContext) => () => void}} */
export default {
  render({ model, el }) {
    const put = /** @param {string} name @param {string | number[]} value */ (name, value) => {
      model.set(name, value);
      model.save_changes();
    };
    const state = () => ({ unit: model.get("unit"), selected: model.get("selected") });
    const show = () => new CapacityView(el, model.get("_told"), state(), {
      height: model.get("height"),
      onUnit: (unit) => put("unit", unit),
      onSelect: (ranks) => put("selected", ranks),
    });
    let view = show();
    const redraw = () => { view.end(); view = show(); };
    const follow = () => view.take(state());
    const drawn = ["change:_told", "change:height"];
    const followed = ["change:unit", "change:selected"];
    for (const name of drawn) model.on(name, redraw);
    for (const name of followed) model.on(name, follow);
    return () => {
      for (const name of drawn) model.off(name, redraw);
      for (const name of followed) model.off(name, follow);
      view.end();
    };
  },
};
