import assert from "node:assert/strict";
import { test } from "node:test";

import { savedModel } from "../../workbench/views/js/model.js";

test("a saved model has the values it was saved with, and says that it is one", () => {
  const model = savedModel({ height: 300 });
  assert.deepEqual([model.get("height"), model.get("other"), model.isSaved], [300, undefined, true]);
});

test("who listens hears of another value, and not of the same", () => {
  const model = savedModel({ selected: 1 });
  /** @type {any[]} */ const heard = [];
  model.on("change:selected", (value) => heard.push(value));
  model.on("change", () => heard.push("any"));
  model.set("selected", 2);
  model.set("selected", 2);
  model.save_changes();
  assert.deepEqual(heard, [2, "any"]);
  assert.equal(model.get("selected"), 2);
});

test("who stopped listening hears nothing", () => {
  const model = savedModel({ a: 0, b: 0 });
  /** @type {string[]} */ const heard = [];
  const first = () => heard.push("first");
  for (const act of [first, () => heard.push("second")]) model.on("change:a", act);
  model.on("change:b", () => heard.push("b"));
  model.off("change:a", first);
  model.set("a", 1);
  model.off("change:a");
  model.set("a", 2);
  model.off();
  model.set("b", 1);
  assert.deepEqual(heard, ["second"]);
});

test("who stops listening while something is told disturbs nobody", () => {
  const model = savedModel({ a: 0 });
  /** @type {string[]} */ const heard = [];
  const once = () => { heard.push("once"); model.off("change:a", once); };
  model.on("change:a", once);
  model.on("change:a", () => heard.push("always"));
  model.set("a", 1);
  model.set("a", 2);
  assert.deepEqual(heard, ["once", "always", "always"]);
});

test("who begins to listen while something is told hears of the next", () => {
  const model = savedModel({ a: 0 });
  /** @type {any[]} */ const heard = [];
  model.on("change:a", () => model.on("change:a", (value) => heard.push(value)));
  model.set("a", 1);
  assert.deepEqual(heard, []);
  model.set("a", 2);
  assert.deepEqual(heard, [2]);
});

test("a message is answered: nobody is there to hear it", () => {
  const model = savedModel({});
  /** @type {any[]} */ const heard = [];
  model.on("msg:custom", (content) => heard.push(content));
  model.send({ kind: "more" });
  model.send(undefined);
  assert.deepEqual(heard, [{ kind: "unheard", about: "more" }, { kind: "unheard", about: "" }]);
});
