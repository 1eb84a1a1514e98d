import assert from "node:assert/strict";
import { test } from "node:test";

import { sparkPaths } from "../../workbench/views/js/regression_view.js";

test("a small picture of a series has two paths that meet at the change", () => {
  assert.deepEqual(sparkPaths([1, 1, 3], 2), ["M2.0 21.0L60.0 21.0", "M118.0 3.0"]);
});

test("what is not known leaves a gap", () => {
  assert.equal(sparkPaths([0, NaN, 1, 1], 4)[0], "M2.0 21.0M79.3 3.0L118.0 3.0");
});

test("a series that never moves, or is not known at all, is drawn as far as it can be", () => {
  assert.deepEqual(sparkPaths([5, 5], 1), ["M2.0 21.0", "M118.0 21.0"]);
  assert.deepEqual(sparkPaths([NaN, NaN], 1), ["", ""]);
});
