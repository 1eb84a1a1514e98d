// The graph of an investigation as a picture: where it is, and how often it was where.

import { countVisits, currentNode, layOutGraph } from "./path.js";
import { draw, make } from "../dom.js";

/**
 * @typedef {import("./path.js").Step} Step
 * @typedef {import("./path.js").Edge} Edge
 * @typedef {import("./path.js").Box} Box
 */

/** @param {string} node */
export const nodeName = (node) => node.replaceAll("_", " ");

/** @param {string} name @returns {string[]} on one line, or two where it is long */
function linesOf(name) {
  const space = name.indexOf(" ");
  return name.length > 9 && space > 0 ? [name.slice(0, space), name.slice(space + 1)] : [name];
}

/** @param {Box} box @param {number} visits @param {boolean} isNow @param {boolean} isColumn */
function drawBox(box, visits, isNow, isColumn) {
  const { node, x, y, width, height } = box;
  const kind = isNow ? "now" : visits ? "seen" : "unseen";
  const told = [isNow ? "now" : "", visits ? `×${visits}` : ""].filter(Boolean).join(" ");
  const name = nodeName(node);
  const group = draw("g", { class: `wb-node wb-node-${kind}`, "data-node": node },
    draw("title", {}, `${name}: ${isNow ? "now here, " : ""}visited ${visits} time${visits === 1 ? "" : "s"}`),
    draw("rect", { x, y, width, height, rx: 5 }));
  if (isColumn) {
    group.append(draw("text", { x: x + 8, y: y + height / 2 + 4 }, name),
      draw("text", { x: x + width - 8, y: y + height / 2 + 4, "text-anchor": "end" }, told));
    return group;
  }
  const lines = [...linesOf(name), told].filter(Boolean);
  lines.forEach((line, at) => {
    const top = y + height / 2 + 4 + 13 * (at - (lines.length - 1) / 2);
    group.append(draw("text", { x: x + width / 2, y: top, "text-anchor": "middle" }, line));
  });
  return group;
}

export class GraphPicture {
  /** @param {{nodes: string[], edges: Edge[]}} graph */
  constructor(graph) {
    this.graph = graph;
    /** @type {Step[]} */ this.steps = [];
    this.state = { waits: false, isRunning: false };
    this.element = make("div", { class: "wb-graph" });
    this.width = 0;
    this.drawn = "";
  }

  /** @param {Step[]} steps @param {{waits: boolean, isRunning: boolean}} state */
  show(steps, state) {
    this.steps = steps;
    this.state = state;
    this.draw();
  }

  resize() {
    if (this.element.clientWidth === this.width) return;
    this.drawn = "";
    this.draw();
  }

  draw() {
    this.width = this.element.clientWidth;
    if (!this.width) return;
    const { nodes, edges } = this.graph;
    const visits = countVisits(this.steps, edges);
    const now = currentNode(this.steps, this.state, nodes);
    const told = nodes.filter((node) => visits.has(node)).map((node) => `${nodeName(node)} ${visits.get(node)}`).join(", ");
    const label = `Graph of the investigation. ${now ? `Now at ${nodeName(now)}. ` : ""}${told ? `Visited: ${told}.` : "Nothing was visited yet."}`;
    if (label === this.drawn) return;
    this.drawn = label;
    const { width, height, boxes, arrows, isColumn } = layOutGraph(nodes, edges, this.width);
    const svg = draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
    for (const { path, tip, angle } of arrows) {
      svg.append(draw("path", { class: "wb-edge", d: path }),
        draw("path", { class: "wb-edge-tip", d: "M0 0L-6 -3.5L-6 3.5Z", transform: `translate(${tip[0]} ${tip[1]}) rotate(${angle})` }));
    }
    for (const box of boxes) svg.append(drawBox(box, visits.get(box.node) ?? 0, box.node === now, isColumn));
    this.element.replaceChildren(svg);
  }
}
