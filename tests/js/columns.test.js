import assert from "node:assert/strict";
import { test } from "node:test";

import { numbers, texts } from "../../workbench/views/js/columns.js";

const LITTLE = Buffer.from([1, 0, 0, 0, 255, 255, 255, 255]);

test("numbers lie on bytes, whatever carries them", () => {
  const whole = Uint8Array.from([7, 7, 7, ...LITTLE, 7]); // at an odd place, as in a message
  const carried = [
    new DataView(whole.buffer, 3, 8), whole.subarray(3, 11), Uint8Array.from(LITTLE).buffer, LITTLE.toString("base64"),
  ];
  for (const data of carried) assert.deepEqual(numbers({ dtype: "int32", data }), Int32Array.of(1, -1));
});

test("each kind of number is read as itself", () => {
  const kinds = [Int32Array, Uint32Array, Uint16Array, Uint8Array, Float32Array, Float64Array];
  for (const Kind of kinds) {
    const dtype = Kind.name.replace("Array", "").toLowerCase();
    assert.deepEqual(numbers({ dtype, data: Kind.of(1, 250, 3).buffer }), Kind.of(1, 250, 3));
  }
});

test("an empty column has no numbers", () => {
  assert.equal(numbers({ dtype: "float64", data: "" }).length, 0);
});

test("texts of any script come through", () => {
  const names = ["main", "größe", "関数", "</script>", "a;b", ""];
  const data = Buffer.from(JSON.stringify(names));
  assert.deepEqual(texts({ dtype: "json", data }), names);
  assert.deepEqual(texts({ dtype: "json", data: data.toString("base64") }), names);
});

test("a column of the wrong kind is refused by name", () => {
  assert.throws(() => numbers({ dtype: "json", data: "" }), /expected a column of numbers, got json/);
  assert.throws(() => numbers({ dtype: "int64", data: "" }), /got int64/);
  assert.throws(() => texts({ dtype: "int32", data: "" }), /expected a column of texts, got int32/);
});
