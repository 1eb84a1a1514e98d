// Where things are in the picture of risk over coverage.

import { isKnown } from "../format.js";

/** @typedef {{coverage: ArrayLike<number>, risk: ArrayLike<number>, area: number | null, nAnswers: number}} Curve */

const CALM = 0.05; // before that, one answer moves the risk by much
const ENDS = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1];

/** @param {Curve} curve @param {number} wanted coverage, 0 to 1 @returns {number} the risk of the answers up to there; NaN where there is none */
export function riskAt({ coverage, risk }, wanted) {
  const n = coverage.length;
  if (!n) return NaN;
  let low = 0;
  let high = n - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (coverage[middle] < wanted - 1e-6) low = middle + 1;
    else high = middle;
  }
  return risk[low];
}

/** @param {Curve[]} curves @returns {number} where the axis of risk ends, so that these are seen, but for what little coverage makes of them */
export function axisEnd(curves) {
  const seen = curves.flatMap(({ coverage, risk }) => Array.from(risk).filter((_, at) => coverage[at] >= CALM)).filter(isKnown);
  const most = Math.max(...seen, 0);
  return ENDS.find((end) => end >= most) ?? 1;
}

/** @param {number} end of an axis from 0 @returns {number[]} */
export function ticksTo(end) {
  const step = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25].find((size) => end / size <= 5.001) ?? 0.25;
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, at) => Number((at * step).toFixed(6)));
}

/**
 * @param {Curve} curve
 * @param {(value: number) => number} x
 * @param {(value: number) => number} y
 * @returns {string} what SVG draws it by
 */
export function curvePath({ coverage, risk }, x, y) {
  let text = "";
  for (let at = 0; at < coverage.length; at++) text += `${at ? "L" : "M"}${x(coverage[at]).toFixed(1)} ${y(risk[at]).toFixed(1)}`;
  return text;
}
