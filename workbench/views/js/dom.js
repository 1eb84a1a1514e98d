// Elements made of values. Text only ever becomes text, never markup.

/**
 * @param {string} tag
 * @param {Record<string, string | number | boolean | undefined>} [attributes] an undefined or false one is left out
 * @param {...(Node | string)} children
 * @returns {any} an element of that tag
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** @param {string} text with code between backticks @returns {(Node | string)[]} the same, as parts of an element */
export function withCode(text) {
  return text.split(/`([^`\s](?:[^`]*[^`\s])?)`/).map((part, at) => (at % 2 ? make("code", {}, part) : part)).filter(Boolean);
}

/** @param {string} text @param {[number, number][]} parts to be marked @returns {(Node | string)[]} */
export function marked(text, parts) {
  /** @type {(Node | string)[]} */
  const pieces = [];
  let at = 0;
  for (const [start, end] of parts) {
    pieces.push(text.slice(at, start), make("mark", {}, text.slice(start, end)));
    at = end;
  }
  pieces.push(text.slice(at));
  return pieces;
}

/**
 * @param {string} tag of SVG
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
export function draw(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * @param {string} label
 * @param {[string, string][]} options value and what is shown of it
 * @param {string} chosen
 * @returns {{label: HTMLLabelElement, select: HTMLSelectElement}}
 */
export function chooser(label, options, chosen) {
  const select = make("select", {}, ...options.map(([value, text]) => make("option", { value }, text)));
  select.value = chosen;
  return { label: make("label", { class: "wb-field" }, make("span", {}, label), select), select };
}

/**
 * Keep a notebook from taking a letter for a command: "x" would cut the cell that the view is in.
 * @param {HTMLElement} element of a view
 * @param {AbortSignal} signal ends it
 */
export function keepKeys(element, signal) {
  element.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  }, { signal });
}

let n = 0;

/** @param {string} stem @returns {string} an id that no other element of the page has */
export function freshId(stem) {
  n += 1;
  return `wb-${stem}-${n}-${Math.random().toString(36).slice(2, 8)}`;
}

/**
 * @param {string} name of the file
 * @param {Blob} content
 */
export function offerFile(name, content) {
  const url = URL.createObjectURL(content);
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** @param {string} text @returns {Promise<boolean>} whether it is on the clipboard */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make("textarea", { "aria-hidden": "true", style: "position:fixed;opacity:0" });
    area.value = text;
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand("copy"); // pages that are not served over HTTPS
    area.remove();
    return isCopied;
  }
}
