// Parts of what is told of the row that is chosen, and of what stands above the rows.

import { chooser, copyText, make, withCode } from "../dom.js";
import { fallsFirst } from "./order.js";

/** @param {string} title @param {string[]} lines @param {{isCode?: boolean, look?: string}} [options] */
export function drawList(title, lines, { isCode = false, look } = {}) {
  if (!lines.length) return "";
  const items = lines.map((line) => make("li", {}, ...(isCode ? [make("code", {}, line)] : withCode(line))));
  return make("div", { class: look }, make("p", { class: "wb-r-part" }, title), make("ul", {}, ...items));
}

/** @param {string} name @param {...(Node | string)} parts */
export function drawFact(name, ...parts) {
  return make("div", {}, make("dt", {}, name), make("dd", {}, ...parts));
}

/** @param {string} title @param {string} command of a shell @param {AbortSignal} signal @returns {HTMLElement[]} it, to be copied */
export function drawCommand(title, command, signal) {
  const said = make("span", { class: "wb-muted", role: "status" });
  const copy = make("button", { type: "button" }, "Copy");
  copy.addEventListener("click", async () => { said.textContent = (await copyText(command)) ? "Copied." : "Select it and copy it by hand."; }, { signal });
  return [make("p", { class: "wb-r-part" }, title), make("div", { class: "wb-r-command" }, make("code", {}, command), copy, said)];
}

/**
 * What headings do, where there is no room for all of them.
 * @param {import("./order.js").Column<any>[]} columns
 * @param {Record<string, string>} names of those that are called otherwise here, by key
 * @param {{key: string, isFalling: boolean}} wanted which it changes
 * @param {() => void} changed
 * @param {AbortSignal} signal
 */
export function offerOrder(columns, names, wanted, changed, signal) {
  const options = columns.map(([key, text]) => /** @type {[string, string]} */ ([key, names[key] ?? text.toLowerCase()]));
  const { label, select } = chooser("Order", options, wanted.key);
  select.addEventListener("change", () => {
    wanted.key = select.value;
    wanted.isFalling = fallsFirst(columns, select.value);
    changed();
  }, { signal });
  label.classList.add("wb-r-order");
  return label;
}
