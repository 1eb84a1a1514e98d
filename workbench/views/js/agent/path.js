// Where an investigation is in its graph, and where the graph is on the screen. Pure: no page.

/**
 * @typedef {object} Step what `workbench.types.Step` has
 * @property {string} node
 * @property {string} title
 * @property {string} detail
 * @property {number} started_s
 * @property {number} seconds
 * @property {string} call_id
 *
 * @typedef {[string, string]} Edge from and to
 * @typedef {{node: string, x: number, y: number, width: number, height: number}} Box
 * @typedef {{from: string, to: string, path: string, tip: [number, number], angle: number}} Arrow
 */

/** @param {Edge[]} edges @param {string} from @param {string} to @returns {string} the one node between two; empty for none */
function between(edges, from, to) {
  const after = edges.filter(([start]) => start === from).map(([, end]) => end);
  const found = after.filter((node) => edges.some(([start, end]) => start === node && end === to));
  return found.length === 1 ? found[0] : "";
}

/**
 * How often each node was visited. A node that leaves no step is counted where it must have been passed.
 * @param {Step[]} steps
 * @param {Edge[]} edges
 * @returns {Map<string, number>}
 */
export function countVisits(steps, edges) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  const add = /** @param {string} node */ (node) => counts.set(node, (counts.get(node) ?? 0) + 1);
  const known = new Set(edges.map(([from, to]) => `${from}\n${to}`));
  const told = new Set(steps.map(({ node }) => node));
  /** @type {Step | null} */
  let last = null;
  for (const step of steps) {
    const isSame = last !== null && last.node === step.node && last.started_s === step.started_s && last.call_id === step.call_id;
    if (last !== null && last.node !== step.node && !known.has(`${last.node}\n${step.node}`)) {
      const passed = between(edges, last.node, step.node);
      if (passed && !told.has(passed)) add(passed);
    }
    if (!isSame) add(step.node);
    last = step;
  }
  return counts;
}

/**
 * @param {Step[]} steps
 * @param {{waits: boolean, isRunning: boolean}} state
 * @param {string[]} nodes
 * @returns {string} the node where it is now; empty where it is over
 */
export function currentNode(steps, { waits, isRunning }, nodes) {
  if (waits) return nodes.includes("review") ? "review" : "";
  if (!isRunning) return "";
  return steps.length ? steps[steps.length - 1].node : nodes[0] ?? "";
}

const GAP = 12;
const HIGH = 46;
const LOW = 24;
const LEAST_WIDTH = 62;
const LANE = 9;

/**
 * Nodes in a row, or in a column where there is no room for that; edges that leap are arcs beside it.
 * @param {string[]} nodes
 * @param {Edge[]} edges
 * @param {number} width in pixels
 * @returns {{width: number, height: number, isColumn: boolean, boxes: Box[], arrows: Arrow[]}}
 */
export function layOutGraph(nodes, edges, width) {
  const n = Math.max(nodes.length, 1);
  const isColumn = width < n * LEAST_WIDTH + (n - 1) * GAP;
  const place = new Map(nodes.map((node, index) => [node, index]));
  const drawn = edges.filter(([from, to]) => place.has(from) && place.has(to) && from !== to);
  const index = /** @param {string} node */ (node) => place.get(node) ?? 0;
  const isStep = /** @param {Edge} edge */ ([from, to]) => index(to) === index(from) + 1;
  const span = /** @param {Edge} edge */ ([from, to]) => Math.abs(index(to) - index(from));
  const leaps = drawn.filter((edge) => !isStep(edge)).sort((one, other) => span(one) - span(other)); // short ones inside
  const isBack = /** @param {Edge} edge */ ([from, to]) => index(to) < index(from);
  const lanes = /** @param {Edge[]} some */ (some) => (some.length ? 14 + LANE * some.length : 2);
  const over = leaps.filter((edge) => !isBack(edge));
  const under = leaps.filter(isBack);
  const margin = isColumn ? 0 : lanes(over);
  const size = isColumn
    ? { width: Math.min(width - lanes(leaps) - 10, 240), height: LOW }
    : { width: Math.min((width - 2 - (n - 1) * GAP) / n, 120), height: HIGH };
  const boxes = nodes.map((node, at) => ({
    node, ...size,
    x: 1 + (isColumn ? 0 : at * (size.width + GAP)),
    y: isColumn ? 1 + at * (size.height + GAP) : margin,
  }));
  const arrows = drawn.map((edge) => {
    const [from, to] = [boxes[index(edge[0])], boxes[index(edge[1])]];
    if (isStep(edge)) return straight(from, to, isColumn);
    const side = isColumn ? leaps : isBack(edge) ? under : over;
    const reach = 8 + LANE * (side.indexOf(edge) + 1);
    return isColumn ? besideArc(from, to, reach) : arc(from, to, reach, isBack(edge));
  });
  const last = boxes[boxes.length - 1];
  return {
    isColumn, boxes, arrows,
    width: isColumn ? width : (last?.x ?? 0) + size.width + 1,
    height: isColumn ? (last?.y ?? 0) + size.height + 2 : margin + size.height + lanes(under),
  };
}

/** @param {Box} from @param {Box} to @param {boolean} isColumn @returns {Arrow} */
function straight(from, to, isColumn) {
  const start = isColumn ? [from.x + from.width / 2, from.y + from.height] : [from.x + from.width, from.y + from.height / 2];
  const end = /** @type {[number, number]} */ (isColumn ? [to.x + to.width / 2, to.y] : [to.x, to.y + to.height / 2]);
  return { from: from.node, to: to.node, path: `M${start.join(" ")}L${end.join(" ")}`, tip: end, angle: isColumn ? 90 : 0 };
}

/** @param {Box} from @param {Box} to @param {number} reach @param {boolean} isUnder @returns {Arrow} */
function arc(from, to, reach, isUnder) {
  const way = isUnder ? 1 : -1;
  const edge = isUnder ? from.y + from.height : from.y;
  const lean = Math.sign(to.x - from.x) * 10;
  const x0 = from.x + from.width / 2 + lean;
  const x1 = to.x + to.width / 2 - lean;
  const y = edge + way * reach;
  return {
    from: from.node, to: to.node, tip: [x1, edge], angle: isUnder ? -90 : 90,
    path: `M${x0} ${edge}C${x0} ${y} ${x0} ${y} ${x0 + lean} ${y}L${x1 - lean} ${y}C${x1} ${y} ${x1} ${y} ${x1} ${edge}`,
  };
}

/** @param {Box} from @param {Box} to @param {number} reach @returns {Arrow} */
function besideArc(from, to, reach) {
  const edge = from.x + from.width;
  const lean = Math.sign(to.y - from.y) * 4;
  const y0 = from.y + from.height / 2 + lean;
  const y1 = to.y + to.height / 2 - lean;
  const x = edge + reach;
  return {
    from: from.node, to: to.node, tip: [edge, y1], angle: 180,
    path: `M${edge} ${y0}C${x} ${y0} ${x} ${y0} ${x} ${y0 + lean}L${x} ${y1 - lean}C${x} ${y1} ${x} ${y1} ${edge} ${y1}`,
  };
}
