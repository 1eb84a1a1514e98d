// Colours of a flame graph; every one is told in words or by a mark besides.

/** Apart for every common kind of colour blindness (after Paul Tol's light scheme), under dark letters. */
export const PALETTE = ["#77aadd", "#ee8866", "#44bb99", "#eedd88", "#ffaabb", "#99ddff", "#bbcc33", "#c9a8e0", "#aaaa00"];
export const OTHER = { light: "#d5d9de", dark: "#8b949e" };
const LESS = { light: [59, 134, 214], dark: [74, 150, 232] };
const SAME = { light: [217, 221, 226], dark: [84, 93, 104] };
const MORE = { light: [232, 103, 44], dark: [236, 112, 52] };
const N_SHADES = 24;

/** @typedef {"light" | "dark"} Theme */
/** @typedef {{fill: string, ink: string}} Shade */

/** @param {number[]} from @param {number[]} to @param {number} amount */
const mix = (from, to, amount) => from.map((value, i) => Math.round(value + (to[i] - value) * amount));

/** @param {number[]} rgb @returns {Shade} with letters that stand out */
function shade(rgb) {
  const [red, green, blue] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const isBright = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18; // where both tell alike: at least 4.5 to 1 on every colour
  return { fill: `rgb(${rgb})`, ink: isBright ? "#000000" : "#ffffff" };
}

/** @param {string} hex @returns {Shade} */
export function solid(hex) {
  return shade([1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
}

/**
 * Shades from much less over the same to much more: −N_SHADES … N_SHADES.
 * @param {Theme} theme
 * @returns {Shade[]}
 */
export function changeShades(theme) {
  const shades = [];
  for (let at = -N_SHADES; at <= N_SHADES; at++) {
    const amount = Math.abs(at) / N_SHADES;
    shades.push(shade(mix(SAME[theme], at < 0 ? LESS[theme] : MORE[theme], amount)));
  }
  return shades;
}

/** @param {number} delta @param {number} limit that has the full colour @returns {number} its shade */
export function changeShade(delta, limit) {
  const part = limit > 0 ? Math.max(-1, Math.min(1, delta / limit)) : 0;
  return N_SHADES + Math.sign(part) * Math.ceil(Math.abs(part) * N_SHADES - 1e-9);
}

/**
 * Give groups of functions a colour each, the costliest first; the others share one.
 * @param {ArrayLike<number>} groupOf (n_functions,)
 * @param {ArrayLike<number>} costOf (n_functions,)
 * @param {string[]} names of the groups
 * @param {Theme} theme
 * @returns {{shades: Shade[], shadeOf: Uint8Array, named: [string, Shade][]}} `shadeOf` is by group
 */
export function groupShades(groupOf, costOf, names, theme) {
  const costs = new Float64Array(names.length);
  for (let fn = 0; fn < groupOf.length; fn++) costs[groupOf[fn]] += costOf[fn];
  const order = names.map((_, group) => group).filter((group) => names[group] && costs[group] > 0);
  order.sort((i, j) => costs[j] - costs[i] || (names[i] < names[j] ? -1 : 1));
  const chosen = order.slice(0, PALETTE.length);
  const shades = [solid(OTHER[theme]), ...PALETTE.map(solid)];
  const shadeOf = new Uint8Array(names.length);
  chosen.forEach((group, at) => { shadeOf[group] = at + 1; });
  /** @type {[string, Shade][]} */
  const named = chosen.map((group, at) => [names[group], shades[at + 1]]);
  if (order.length > chosen.length || names.some((name, group) => !name && costs[group] > 0)) named.push(["other", shades[0]]);
  return { shades, shadeOf, named };
}
