// Parts of what is told of a candidate: its chance, what speaks for and against it, names.

import { make } from "../dom.js";
import { isKnown, middleClipped } from "../format.js";
import { chance, divergingBar, signed } from "./rank.js";

/** @typedef {import("./rank.js").Feature} Feature */

/** @param {number} ratio @param {string} [extra] class of the bar */
export function drawChance(ratio, extra = "") {
  return make("div", { class: "wb-prob" },
    make("span", { class: `wb-prob-bar ${extra}`, "aria-hidden": "true" },
      make("i", { style: `width:${Math.min(100 * ratio, 100).toFixed(2)}%` })),
    make("span", { class: "wb-prob-text" }, chance(ratio)));
}

/** @param {Feature[]} features @param {string} caption */
export function drawFeatures(features, caption) {
  if (!features.length) return make("p", { class: "wb-muted" }, "Nothing is told of what speaks for or against it.");
  const known = features.map(({ contribution }) => (isKnown(contribution) ? contribution : 0));
  const most = Math.max(...known.map(Math.abs));
  const rows = features.map(({ note, contribution }, at) => {
    const { left, width } = divergingBar(known[at], most);
    return make("tr", {},
      make("td", { class: "wb-odds-value" }, signed(contribution)),
      make("td", { class: "wb-odds-cell" }, make("span", { class: "wb-odds", "aria-hidden": "true" },
        make("i", { class: known[at] < 0 ? "wb-against" : "wb-for", style: `left:${left.toFixed(2)}%;width:${width.toFixed(2)}%` }))),
      make("td", {}, note));
  });
  const sum = known.reduce((total, contribution) => total + contribution, 0);
  return make("table", { class: "wb-features" },
    make("caption", {}, caption),
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Log-odds"),
      make("th", { scope: "col" }, "− against, + for"), make("th", { scope: "col" }, "Evidence"))),
    make("tbody", {}, ...rows),
    make("tfoot", {}, make("tr", {}, make("td", { class: "wb-odds-value" }, signed(sum)), make("td", {}), make("td", {}, "in all"))));
}

/** @param {string} title @param {string[]} names @param {number} n how many there are */
export function drawNames(title, names, n) {
  if (!names.length) return "";
  const left = n - names.length;
  const items = names.map((name) => make("li", { title: name }, middleClipped(name, 90)));
  if (left > 0) items.push(make("li", { class: "wb-muted" }, `and ${left.toLocaleString("en-US")} more`));
  return make("div", {}, make("p", { class: "wb-part" }, title), make("ul", { class: "wb-names" }, ...items));
}
