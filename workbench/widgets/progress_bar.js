// A bar alone, for long work of what stands beside it.

import { followTask } from "../views/js/task.js";
import { followTheme } from "../views/js/theme.js";

/** @type {{render: (context: import("../views/js/types").RenderContext) => () => void}} */
export default {
  render({ model, el }) {
    const ending = new AbortController();
    el.classList.add("wb", "wb-plain", "wb-progress");
    followTheme(el, () => {}, ending.signal);
    el.replaceChildren(followTask(model, ending.signal).element);
    return () => {
      ending.abort();
      el.replaceChildren();
    };
  },
};
