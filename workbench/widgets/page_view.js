// A page that needs nothing besides itself, among other things: as high as it is, light or dark as
// they are, and unable to run a script.

import { followTheme } from "../views/js/theme.js";

const PREFERENCE = "prefers-color-scheme";

/** @param {Document} page @returns {CSSMediaRule[]} what is for those alone who prefer dark */
function darkRules(page) {
  return [...page.styleSheets].flatMap((sheet) => [...sheet.cssRules])
    .filter((rule) => /** @type {CSSMediaRule} */ (rule).media?.mediaText.includes(PREFERENCE))
    .map((rule) => /** @type {CSSMediaRule} */ (rule));
}

/** @type {{render: (context: import("../views/js/types").RenderContext) => () => void}} */
export default {
  render({ model, el }) {
    const ending = new AbortController();
    el.classList.add("wb", "wb-plain", "wb-page");
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-same-origin allow-popups allow-popups-to-escape-sandbox");
    frame.style.cssText = "display: block; width: 100%; height: 480px; border: 0;";
    /** @type {CSSMediaRule[]} */
    let rules = [];

    const fit = () => {
      const root = frame.contentDocument?.documentElement;
      const height = root ? Math.ceil(root.getBoundingClientRect().height) : 0;
      if (height) frame.style.height = `${height}px`;
    };
    const watcher = new ResizeObserver(fit);
    const dress = () => {
      for (const rule of rules) rule.media.mediaText = el.dataset.theme === "dark" ? "all" : "not all";
      const root = frame.contentDocument?.documentElement;
      if (root) root.style.colorScheme = el.dataset.theme ?? "light";
    };
    const show = () => {
      frame.title = model.get("title");
      frame.srcdoc = model.get("page");
    };
    frame.addEventListener("load", () => {
      const page = frame.contentDocument;
      if (!page) return;
      rules = darkRules(page);
      for (const link of page.querySelectorAll("a[href]:not([href^='#'])")) {
        link.setAttribute("target", "_blank");
        link.setAttribute("rel", "noopener");
      }
      dress();
      fit();
      watcher.disconnect();
      watcher.observe(page.documentElement);
    }, { signal: ending.signal });
    followTheme(el, dress, ending.signal);
    el.replaceChildren(frame);
    show();
    model.on("change:page", show);
    model.on("change:title", show);
    return () => {
      model.off("change:page", show);
      model.off("change:title", show);
      ending.abort();
      watcher.disconnect();
      el.replaceChildren();
    };
  },
};
