import assert from "node:assert/strict";
import { test } from "node:test";

import { changesOf, linesIn } from "../../workbench/views/js/agent/review.js";

/** @type {import("../../workbench/views/js/agent/view.js").Diagnosis} */
const TOLD = { mitigation: "hoist", category: "repeated work", summary: "It reads twice", functions: ["m:read", "m:parse"], regression_id: "R-1", change_id: "a", confidence: 1, evidence: [], skill: "", suspects: [] };
/** @param {object} [more] */
const given = (more = {}) => ({ mitigation: "hoist", category: "repeated work", summary: "It reads twice", functions: "m:read\nm:parse", ...more });

test("what was not changed is no change", () => {
  assert.deepEqual(changesOf(TOLD, given()), {});
  assert.deepEqual(changesOf(TOLD, given({ category: " repeated work ", functions: "\n m:read\n\nm:parse \n" })), {});
});

test("only what was changed is sent", () => {
  assert.deepEqual(changesOf(TOLD, given({ mitigation: "" })), { mitigation: "" });
  assert.deepEqual(changesOf(TOLD, given({ functions: "m:parse" })), { functions: ["m:parse"] });
  assert.deepEqual(changesOf(TOLD, given({ summary: "It reads once", category: "" })), { category: "", summary: "It reads once" });
});

test("another cause is sent where one can be named, also that there is none", () => {
  assert.deepEqual(changesOf(TOLD, given({ change_id: " a " })), {});
  assert.deepEqual(changesOf(TOLD, given({ change_id: "b" })), { change_id: "b" });
  assert.deepEqual(changesOf(TOLD, given({ change_id: "" })), { change_id: "" });
});

test("empty lines name nothing", () => {
  assert.deepEqual(linesIn(" a \n\n\tb\n"), ["a", "b"]);
});
