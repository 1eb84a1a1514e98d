// Draws what is seen of a flame graph, on a canvas or as SVG.

import { visit } from "./tree.js";
import { clipped } from "../format.js";

/**
 * @typedef {object} Scene
 * @property {number} width in CSS pixels
 * @property {number} height
 * @property {number} rowPx
 * @property {import("./tree.js").Layout} layout
 * @property {number} firstRow counted from the root
 * @property {number} lastRow
 * @property {number} start what is at the left edge, in the unit of the layout
 * @property {number} end
 * @property {number} least width from which on a node is drawn by itself
 * @property {number} scale pixels a unit
 * @property {(row: number) => number} top
 * @property {(node: number) => number} shade
 * @property {import("./colour.js").Shade[]} shades
 * @property {(node: number) => string} name
 * @property {(node: number) => number} mark
 * @property {Uint8Array | null} isMatch
 * @property {Set<number>} selected
 * @property {number} at
 * @property {Record<string, string>} palette
 */

const LETTER_PX = 6.65; // of a monospaced letter at 11 pixels
const PAD_PX = 4;

/** @param {Scene} scene @param {number} node @returns {[number, number]} left and right edge within the picture */
function edges(scene, node) {
  const { layout, scale, start } = scene;
  const left = Math.max((layout.start[node] - start) * scale, 0);
  const right = Math.min((layout.start[node] + layout.width[node] - start) * scale, scene.width);
  return [left, right];
}

/** @param {Scene} scene @param {number} node @param {number} width */
function labelOf(scene, node, width) {
  const most = Math.floor((width - 2 * PAD_PX) / LETTER_PX);
  if (most < 3) return "";
  const mark = scene.mark(node);
  return clipped((mark > 0 ? "▲ " : mark < 0 ? "▼ " : "") + scene.name(node), most);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Scene} scene
 */
export function drawFlame(pen, scene) {
  const { layout, palette, rowPx, shades, isMatch } = scene;
  pen.fillStyle = palette.paper;
  pen.fillRect(0, 0, scene.width, scene.height);
  /** @type {number[][]} by shade: x, y, width */
  const boxes = shades.map(() => []);
  /** @type {number[][]} */
  const faded = shades.map(() => []);
  /** @type {[string, number, number, string, boolean][]} */
  const labels = [];
  /** @type {number[]} */
  const framed = [];
  /** @type {number[]} */
  const marks = [];
  /** @type {number[]} */
  const dusty = [];
  visit(
    layout, scene,
    (node) => {
      const [left, right] = edges(scene, node);
      const top = scene.top(layout.depth[node]);
      const size = Math.max(right - left - (right - left > 3 ? 1 : 0), 0.5);
      const shade = scene.shade(node);
      const isFaded = isMatch !== null && !isMatch[node];
      (isFaded ? faded : boxes)[shade].push(left, top, size);
      if (size > 28) {
        const text = labelOf(scene, node, size);
        if (text) labels.push([text, left + PAD_PX, top + rowPx / 2, shades[shade].ink, isFaded]);
      }
      if (size > 2 && scene.mark(node)) marks.push(left, top, size);
      if (scene.selected.has(node) || node === scene.at || (isMatch !== null && isMatch[node] && size > 2)) framed.push(node);
    },
    (row, start, end) => {
      const left = Math.max((start - scene.start) * scene.scale, 0);
      const right = Math.min((end - scene.start) * scene.scale, scene.width);
      if (right > left) dusty.push(left, scene.top(row), Math.max(right - left, 0.5));
    },
  );
  const fill = /** @param {number[]} list @param {number} height @param {number} [down] */ (list, height, down = 0) => {
    for (let i = 0; i < list.length; i += 3) pen.fillRect(list[i], list[i + 1] + down, list[i + 2], height);
  };
  pen.fillStyle = palette.dust;
  fill(dusty, rowPx - 1);
  pen.globalAlpha = 0.3;
  faded.forEach((list, shade) => { pen.fillStyle = shades[shade].fill; fill(list, rowPx - 1); });
  pen.globalAlpha = 1;
  boxes.forEach((list, shade) => { pen.fillStyle = shades[shade].fill; fill(list, rowPx - 1); });
  pen.fillStyle = palette.ink;
  fill(marks, 2, rowPx - 3);
  pen.font = `11px ${palette.mono}`;
  pen.textBaseline = "middle";
  let ink = "";
  for (const [text, x, y, colour, isFaded] of labels) {
    const wanted = isFaded ? palette.ink : colour;
    if (wanted !== ink) pen.fillStyle = ink = wanted;
    pen.fillText(text, x, y);
  }
  for (const node of framed) {
    const [left, right] = edges(scene, node);
    const isAt = node === scene.at;
    pen.strokeStyle = palette.ink;
    pen.lineWidth = isAt || scene.selected.has(node) ? 2 : 1;
    pen.setLineDash(isAt && !scene.selected.has(node) ? [3, 2] : []);
    if (right - left >= 2) pen.strokeRect(left + 1, scene.top(layout.depth[node]) + 1, right - left - 3, rowPx - 3);
  }
  pen.setLineDash([]);
}

const UNSAFE = /[&<>"\p{Cc}\ufffe\uffff]/gu; // markup, and what XML has no way to write
/** @type {Record<string, string>} */
const SAFE = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "\t", "\n": "\n", "\r": "\r" };

/** @param {string} text @returns {string} */
const escaped = (text) => text.replace(UNSAFE, (letter) => SAFE[letter] ?? "\ufffd");

/** @param {Scene} scene @returns {string} a picture of all rows */
export function flameSvg(scene) {
  const { layout, rowPx, shades, palette } = scene;
  /** @type {string[]} */
  const parts = [];
  const number = /** @param {number} value */ (value) => value.toFixed(2);
  visit(layout, scene, (node) => {
    const [left, right] = edges(scene, node);
    const top = scene.top(layout.depth[node]);
    const size = Math.max(right - left - (right - left > 3 ? 1 : 0), 0.5);
    const shade = shades[scene.shade(node)];
    const title = escaped(scene.name(node));
    parts.push(`<g><title>${title}</title><rect x="${number(left)}" y="${top}" width="${number(size)}" height="${rowPx - 1}" fill="${shade.fill}"/>`);
    const label = labelOf(scene, node, size);
    if (label) parts.push(`<text x="${number(left + PAD_PX)}" y="${top + rowPx - 6}" fill="${shade.ink}">${escaped(label)}</text>`);
    parts.push("</g>");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${scene.width} ${scene.height}" width="${scene.width}" height="${scene.height}" font-family="monospace" font-size="11"><rect width="100%" height="100%" fill="${palette.paper}"/>${parts.join("")}</svg>\n`;
}
