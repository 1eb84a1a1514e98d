// Draws every [data-flame] element of the page.

import { FlameView } from "../views/js/flame/view.js";

for (const root of document.querySelectorAll("[data-flame]")) {
  const told = JSON.parse(/** @type {Element} */ (root.querySelector("script")).textContent ?? "");
  const place = /** @type {HTMLElement} */ (root.querySelector("[data-flame-view]"));
  const view = new FlameView(place, told, { height: 560, label: `Differential flame graph of ${told.title}` });
  for (const name of ["beforeprint", "afterprint"]) window.addEventListener(name, () => view.resize());
}
