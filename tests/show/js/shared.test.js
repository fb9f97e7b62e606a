import assert from "node:assert/strict";
import { test } from "node:test";
import { deadModel, fakeModel, press, settled } from "./page.js";
import { duration, h, mark, prose, roving, view } from "../../../labkit/show/interactive/shared.js";

const HOSTILE = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>'];

test("whatever stands in a record becomes text", () => {
  for (const text of HOSTILE) {
    const element = h("p", { title: text }, text);
    assert.equal(element.textContent, text);
    assert.equal(element.getAttribute("title"), text);
    assert.equal(element.children.length, 0);
  }
});

test("a link leads to a page, and never runs", () => {
  const link = (href) => h("a", { href }, "there").getAttribute("href");
  assert.equal(link("https://docs.aws.amazon.com/"), "https://docs.aws.amazon.com/");
  for (const href of ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x"]) assert.equal(link(href), null);
});

test("a verdict has its sign and its words", () => {
  assert.deepEqual([true, false, null].map((verdict) => mark(verdict, "so").textContent), ["✓ so", "✗ so", "– so"]);
});

test("what stands in backticks is code", () => {
  const line = h("p", {}, prose("take `sub`, not `<b>`"));
  assert.equal(line.textContent, "take sub, not <b>");
  assert.deepEqual([...line.children].map((code) => `${code.tagName} ${code.textContent}`), ["CODE sub", "CODE <b>"]);
});

test("a duration has at most two units, as in the tables", () => {
  assert.deepEqual([0, 59.9, 3570, 90000, -61].map(duration), ["0 s", "59 s", "59 min 30 s", "1 d 1 h", "1 min 1 s"]);
});

function buttons(...rows) {
  const made = rows.map((row) => row.map((name) => h("button", {}, name)));
  const box = h("div", {}, made);
  document.body.replaceChildren(box);
  const seen = [];
  roving(box, () => made, { moved: (element) => seen.push(element.textContent) });
  return { made: made.flat(), seen };
}

const focused = () => document.activeElement.textContent;

test("the arrow keys walk a line, and Tab stops once", () => {
  const { made, seen } = buttons(["a", "b", "c"]);
  assert.deepEqual(made.map((button) => button.tabIndex), [0, -1, -1]);
  press(made[0], "ArrowRight");
  assert.equal(focused(), "b");
  press(made[1], "End");
  press(made[2], "ArrowRight");
  assert.equal(focused(), "c");
  assert.deepEqual(made.map((button) => button.tabIndex), [-1, -1, 0]);
  assert.deepEqual(seen, ["b", "c"]);
});

test("the arrow keys walk a grid in four directions", () => {
  const { made } = buttons(["a", "b"], ["c", "d"]);
  press(made[0], "ArrowDown");
  press(made[2], "ArrowRight");
  assert.equal(focused(), "d");
  press(made[3], "Home", { ctrlKey: true });
  assert.equal(focused(), "a");
  press(made[0], "ArrowUp");
  assert.equal(focused(), "a");
});

const asking = view("test", ({ root, ask, watch }) => {
  watch("record", (record) => root.replaceChildren(h("p", {}, record.text)));
  root.ask = ask;
});

function drawn(model) {
  const el = h("div");
  const end = asking.render({ model, el });
  return { root: el.querySelector("section"), status: el.querySelector("[role=status]"), end };
}

test("a question gets its answer, and a refusal is said", async () => {
  const model = fakeModel({ record: { text: "one" } }, { reply: ({ text }) => (text ? { got: text } : { error: "Nothing asked." }) });
  const { root, status } = drawn(model);
  assert.deepEqual(await root.ask({ text: "why?" }), { got: "why?", n: 1 });
  root.ask({});
  await settled();
  assert.equal(status.textContent, "Nothing asked.");
  assert.deepEqual(model.asked.map(({ n }) => n), [1, 2]);
});

test("a dead kernel is said, and the view stays", async () => {
  const { root, status } = drawn(deadModel({ record: { text: "still here" } }));
  root.ask({ text: "why?" });
  await settled();
  assert.match(status.textContent, /kernel has stopped/);
  assert.equal(root.textContent, "still here");
});

test("an answer that comes late is taken all the same", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const model = fakeModel({ record: { text: "" } });
  const { root, status } = drawn(model);
  const answer = root.ask({ text: "why?" });
  context.mock.timers.tick(8000);
  assert.match(status.textContent, /kernel has stopped/);
  model.set("answer", { got: "because", n: 1 });
  assert.deepEqual(await answer, { got: "because", n: 1 });
  assert.equal(status.textContent, "");
});

test("a field keeps its own keys, and JupyterLab gets the others", () => {
  const model = fakeModel({ record: { text: "" } });
  const { root, end } = drawn(model);
  const field = h("input", { type: "radio" }), button = h("button", {}, "b");
  root.append(field, button);
  const heard = [];
  document.body.replaceChildren(root.closest(".labkit-frame"));
  const hear = ({ key }) => heard.push(key);
  document.addEventListener("keydown", hear);
  press(field, "ArrowDown");
  press(field, "s", { ctrlKey: true });
  press(button, "b");
  document.removeEventListener("keydown", hear);
  assert.deepEqual(heard, ["s", "b"]);
  end();
});

test("a record that changes is drawn anew, until the view ends", () => {
  const model = fakeModel({ record: { text: "one" } });
  const { root, end } = drawn(model);
  model.set("record", { text: "two" });
  assert.equal(root.textContent, "two");
  end();
  assert.equal(model.listening(), 0);
  model.set("record", { text: "three" });
  assert.equal(root.textContent, "two");
});
