// Light or dark: what the page around a view is, whichever notebook it is.

/** @param {string} colour as computed styles have it @returns {number[] | null} */
function channels(colour) {
  const found = /^rgba?\(([^)]+)\)/.exec(colour);
  return found ? found[1].split(/[\s,/]+/).map(Number) : null;
}

/** @param {Element} element @returns {boolean} */
export function isDark(element) {
  const told = document.body.dataset.jpThemeLight;
  if (told) return told === "false";
  for (let at = /** @type {Element | null} */ (element); at; at = at.parentElement) {
    const rgba = channels(getComputedStyle(at).backgroundColor);
    if (rgba && (rgba[3] ?? 1) > 0.5) {
      return 0.299 * rgba[0] + 0.587 * rgba[1] + 0.114 * rgba[2] < 128;
    }
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/**
 * Keep `data-theme` of an element as the page is, and tell when it changes.
 * @param {HTMLElement} element
 * @param {() => void} changed
 * @param {AbortSignal} signal ends it
 */
export function followTheme(element, changed, signal) {
  const settle = () => {
    const theme = isDark(element.parentElement ?? document.body) ? "dark" : "light";
    if (element.dataset.theme === theme) return;
    element.dataset.theme = theme;
    changed();
  };
  const watcher = new MutationObserver(settle);
  const options = { attributes: true, attributeFilter: ["class", "style", "data-jp-theme-light"] };
  watcher.observe(document.body, options);
  watcher.observe(document.documentElement, options);
  const preference = matchMedia("(prefers-color-scheme: dark)");
  preference.addEventListener("change", settle, { signal });
  signal.addEventListener("abort", () => watcher.disconnect());
  requestAnimationFrame(settle); // when it has a place in the page
  settle();
}

/**
 * @param {Element} element
 * @param {string} name of a custom property
 * @returns {string}
 */
export function property(element, name) {
  return getComputedStyle(element).getPropertyValue(name).trim();
}
