import assert from "node:assert/strict";
import { test } from "node:test";

import { clipped, middleClipped, percent, plain, signedWithUnit, withUnit } from "../../workbench/views/js/format.js";
import { lasted } from "../../workbench/views/js/agent/steps.js";
import { signed } from "../../workbench/views/js/suspect/rank.js";
import { randomNumbers } from "./trees.js";

/** @type {[() => string, string][]} */
const TOLD = [
  [() => plain(0), "0"],
  [() => plain(1234.5), "1,235"],
  [() => plain(0.012345), "0.0123"],
  [() => plain(-2.5), "−2.5"],
  [() => plain(NaN), "–"],
  [() => plain(-Infinity), "−∞"],
  [() => plain(null), "–"],
  [() => plain(undefined), "–"],
  [() => plain(-1e-12), "0"],
  [() => withUnit(null, "share"), "–"],
  [() => withUnit(NaN, "seconds"), "–"],
  [() => withUnit(undefined, "count"), "–"],
  [() => signedWithUnit(null, "bytes"), "–"],
  [() => percent(null), "–"],
  [() => percent(NaN, true), "–"],
  [() => percent(-1e-9), "0 %"],
  [() => percent(-1e-9, true), "0 %"],
  [() => percent(1e-9, true), "0 %"],
  [() => withUnit(-1e-14, "share"), "0 %"],
  [() => signed(null), "–"],
  [() => signed(NaN), "–"],
  [() => lasted(null), "–"],
  [() => lasted(0.25), "250 ms"],
  [() => withUnit(1.5e9, "nanoseconds"), "1.5 s"],
  [() => withUnit(999, "nanoseconds"), "999 ns"],
  [() => withUnit(0, "nanoseconds"), "0 ns"],
  [() => withUnit(0.4, "nanoseconds"), "0.4 ns"],
  [() => withUnit(-2e6, "bytes"), "−2 MB"],
  [() => withUnit(0.0125, "seconds"), "12.5 ms"],
  [() => withUnit(0.125, "share"), "12.5 %"],
  [() => withUnit(12.5, "percent"), "12.5 %"],
  [() => withUnit(1234567, "count"), "1,234,567"],
  [() => withUnit(1234.5, "count"), "1,234.5"],
  [() => withUnit(3.25, "CPU ms per round"), "3.25 CPU ms per round"],
  [() => signedWithUnit(0.02, "share"), "+2 pp"],
  [() => signedWithUnit(-0.02, "share"), "−2 pp"],
  [() => signedWithUnit(0, "share"), "0 pp"],
  [() => percent(0.5), "50 %"],
  [() => percent(1.5, true), "+150 %"],
  [() => percent(-0.0005, true), "−0.05 %"],
  [() => percent(Infinity), "∞"],
  [() => clipped("parse_header", 12), "parse_header"],
  [() => clipped("parse_header", 6), "parse…"],
  [() => middleClipped("a/very/long/path.py", 11), "a/ve…ath.py"],
  [() => middleClipped("short", 11), "short"],
];

for (const [told, wanted] of TOLD) test(`${String(told).slice(6)} is ${wanted}`, () => assert.equal(told(), wanted));

test("a text is never longer than it may be", () => {
  const random = randomNumbers(7);
  for (let i = 0; i < 300; i++) {
    const text = "abcdefghij".repeat(5).slice(0, Math.floor(random() * 50));
    const most = 2 + Math.floor(random() * 30);
    for (const clip of [clipped, middleClipped]) assert.ok(clip(text, most).length <= most, `${clip.name}(${text}, ${most})`);
  }
});

test("more is never told as less", () => {
  const value = /** @param {string} text */ (text) => {
    const [number, unit] = text.replace("−", "-").replaceAll(",", "").split(" ");
    return Number(number) * /** @type {Record<string, number>} */ ({ ns: 1, µs: 1e3, ms: 1e6, s: 1e9 })[unit];
  };
  let last = 0;
  for (let size = 1; size < 1e12; size *= 1.17) {
    const now = value(withUnit(size, "nanoseconds"));
    assert.ok(now >= last && Math.abs(now / size - 1) < 0.01, `${size} ns`);
    last = now;
  }
});
