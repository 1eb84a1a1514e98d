import assert from "node:assert/strict";
import { test } from "node:test";

import { changeShade, changeShades, groupShades, OTHER, PALETTE, solid } from "../../workbench/views/js/flame/colour.js";

const THEMES = /** @type {const} */ (["light", "dark"]);

/** @param {string} colour @returns {number[]} red, green, blue */
const channels = (colour) => (colour.startsWith("#")
  ? [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16))
  : (colour.match(/\d+/g) ?? []).map(Number));

/** @param {string} colour */
function luminance(colour) {
  const [red, green, blue] = channels(colour).map((value) => (value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {{fill: string, ink: string}} shade @returns {number} as WCAG has it */
function contrast({ fill, ink }) {
  const [dark, bright] = [luminance(fill), luminance(ink)].sort((one, other) => one - other);
  return (bright + 0.05) / (dark + 0.05);
}

for (const theme of THEMES) {
  test(`letters on every shade can be read in the ${theme} theme`, () => {
    const shades = [...changeShades(theme), ...PALETTE.map(solid), solid(OTHER[theme])];
    for (const shade of shades) assert.ok(contrast(shade) >= 4.5, `${shade.ink} on ${shade.fill}: ${contrast(shade).toFixed(2)}`);
  });

  test(`less is blue, more is orange, and the same is grey in the ${theme} theme`, () => {
    const shades = changeShades(theme);
    const [less, same, more] = [0, (shades.length - 1) / 2, shades.length - 1].map((at) => channels(shades[at].fill));
    assert.ok(less[2] > less[0] + 100);
    assert.ok(more[0] > more[2] + 100);
    assert.ok(Math.max(...same) - Math.min(...same) < 25);
  });
}

test("the more something changed, the fuller its colour", () => {
  const shades = Array.from({ length: 201 }, (_, i) => changeShade((i - 100) / 100, 1));
  assert.deepEqual([shades[0], shades[100], shades[200]], [0, 24, 48]);
  assert.ok(shades.every((shade, i) => i === 0 || shade >= shades[i - 1]));
  assert.deepEqual([changeShade(0.001, 1), changeShade(-0.001, 1)], [25, 23]);
});

test("a change beyond the limit has the full colour; without a limit there is none", () => {
  assert.deepEqual([changeShade(9, 1), changeShade(-9, 1), changeShade(9, 0)], [48, 0, 24]);
});

test("the costliest groups have colours of their own, whatever their order", () => {
  const names = Array.from({ length: 12 }, (_, i) => `package ${i}`);
  const { shades, shadeOf, named } = groupShades([...names.keys()], names.map((_, i) => i), names, "light");
  assert.deepEqual(named.map(([name]) => name), [...names.slice(3).reverse(), "other"]);
  assert.equal(new Set(named.map(([, shade]) => shade.fill)).size, named.length);
  assert.deepEqual([shadeOf[11], shadeOf[2]], [1, 0]);
  assert.equal(shades[shadeOf[11]].fill, named[0][1].fill);
});

test("what has no name is other; what cost nothing is not told of", () => {
  const { named, shadeOf } = groupShades([0, 1, 2], [5, 3, 0], ["", "json", "idle"], "dark");
  assert.deepEqual(named.map(([name]) => name), ["json", "other"]);
  assert.deepEqual([...shadeOf], [0, 1, 0]);
});

test("equal costs stand by name, so that colours stay", () => {
  const { named } = groupShades([0, 1], [1, 1], ["b", "a"], "light");
  assert.deepEqual(named.map(([name]) => name), ["a", "b"]);
});
