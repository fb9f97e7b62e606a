import assert from "node:assert/strict";
import { test } from "node:test";
import { deadModel, draw, fakeModel, press, sample, settled } from "./page.js";

const QUESTIONS = [
  { id: "one", kind: "single", asked: "choose one", text: "Which `token`?", options: ["ID", "access", "refresh"] },
  { id: "many", kind: "multiple", asked: "choose all", text: "Which two?", options: ["a", "b", "c"] },
  { id: "order", kind: "ordering", asked: "in order", text: "In which order?", options: ["third", "first", "second"] },
];
const ANSWERS = { one: [1], many: [0, 2], order: [1, 2, 0] };

/** Python's part. */
const reply = ({ id, chosen }) => (chosen.length
  ? { id, right: JSON.stringify(chosen) === JSON.stringify(ANSWERS[id]), answer: ANSWERS[id], explanation: `So is \`${id}\`.`, page: "https://docs.aws.amazon.com/" }
  : { error: "Answer first: choose one." });

async function opened(at = 0, make = fakeModel) {
  const model = make({ title: "What do you know?", record: { questions: QUESTIONS } }, { reply });
  const { el, end } = await draw("knowledge_check", model);
  const named = (text) => [...el.querySelectorAll("button")].find((one) => (one.getAttribute("aria-label") ?? one.textContent) === text);
  for (let click = 0; click < at; click += 1) named("Next ▶").click();
  return {
    el, end, model, named,
    inputs: () => [...el.querySelectorAll("input")],
    items: () => [...el.querySelectorAll("li .labkit-text")].map((item) => item.textContent),
    async submit() {
      el.querySelector("form").dispatchEvent(new Event("submit", { cancelable: true }));
      await settled();
    },
    status: el.querySelector("[role=status]"),
  };
}

test("a question is a fieldset of radio buttons with its text as the legend", async () => {
  const { el, inputs, end } = await opened();
  assert.equal(el.querySelector("fieldset legend").textContent, "1. Which token? (choose one)");
  assert.deepEqual(inputs().map(({ type, name }) => `${type} ${name}`), ["radio option", "radio option", "radio option"]);
  assert.deepEqual(inputs().map((input) => input.closest("label").textContent), ["ID", "access", "refresh"]);
  end();
});

test("a wrong answer shows which is right, why, and where AWS says so", async () => {
  const { el, inputs, submit, model, status, end } = await opened();
  inputs()[0].checked = true;
  await submit();
  assert.deepEqual(model.asked.map(({ id, chosen }) => [id, chosen]), [["one", [0]]]);
  assert.deepEqual([...el.querySelectorAll(".labkit-option")].map((line) => line.textContent), ["ID✗ wrong", "access– this is right", "refresh"]);
  assert.match(el.querySelector(".labkit-verdict").textContent, /^✗ Not right\.So is one\. AWS says so here$/);
  assert.equal(status.textContent, "Not right. So is one.");
  assert.ok(inputs().every((input) => input.disabled));
  assert.match(el.textContent, /0 of 1 right at the first answer, 2 to go/);
  end();
});

test("nothing is shown before the answer, and an empty answer is refused", async () => {
  const { el, submit, status, end } = await opened();
  assert.doesNotMatch(el.textContent, /So is|right/);
  await submit();
  assert.equal(status.textContent, "Answer first: choose one.");
  assert.doesNotMatch(el.textContent, /So is/);
  end();
});

test("who answers again starts anew, and the first answer counts", async () => {
  const { el, inputs, submit, named, end } = await opened();
  inputs()[0].checked = true;
  await submit();
  assert.ok(named("Answer again"));
  await submit();
  assert.ok(named("Check my answer"));
  assert.ok(inputs().every((input) => !input.disabled && !input.checked));
  inputs()[1].checked = true;
  await submit();
  assert.match(el.querySelector(".labkit-verdict").textContent, /^✓ Right\./);
  assert.match(el.textContent, /0 of 1 right at the first answer/);
  end();
});

test("several may be chosen", async () => {
  const { inputs, submit, model, el, end } = await opened(1);
  assert.ok(inputs().every(({ type }) => type === "checkbox"));
  inputs()[0].checked = inputs()[2].checked = true;
  await submit();
  assert.deepEqual(model.asked[0].chosen, [0, 2]);
  assert.match(el.textContent, /✓ Right\..*1 of 1 right at the first answer/);
  end();
});

test("an order is made with buttons or the arrow keys; where an item goes is said, and the focus goes with it", async () => {
  const { items, named, submit, model, status, el, end } = await opened(2);
  assert.deepEqual(items(), ["third", "first", "second"]);
  assert.equal(named("Move up: third").getAttribute("aria-disabled"), "true");
  const down = named("Move down: third");
  down.focus();
  down.click();
  assert.deepEqual(items(), ["first", "third", "second"]);
  assert.equal(document.activeElement, down);
  press(down, "ArrowDown");
  assert.deepEqual(items(), ["first", "second", "third"]);
  assert.equal(status.textContent, "third: now 3 of 3");
  press(down, "ArrowDown");
  assert.deepEqual(items(), ["first", "second", "third"], "it stays at the end");
  await submit();
  assert.deepEqual(model.asked[0].chosen, [1, 2, 0]);
  assert.match(el.textContent, /first✓ right/);
  named("Move up: third").click();
  assert.deepEqual(items(), ["first", "second", "third"], "it was answered");
  end();
});

test("a wrong order says where each item belongs", async () => {
  const { submit, el, end } = await opened(2);
  await submit();
  assert.match(el.textContent, /third✗ belongs at 3.*first✗ belongs at 1.*second✗ belongs at 2/);
  end();
});

test("an answer stays while one walks on and back", async () => {
  const { inputs, submit, named, el, end } = await opened();
  inputs()[1].checked = true;
  await submit();
  named("Next ▶").click();
  assert.match(el.textContent, /Question 2 of 3/);
  named("◀ Back").click();
  named("◀ Back").click();
  assert.match(el.textContent, /✓ Right\./);
  end();
});

test("without a kernel it says so, and reveals nothing", async () => {
  const { inputs, submit, status, el, end } = await opened(0, deadModel);
  inputs()[1].checked = true;
  await submit();
  assert.match(status.textContent, /kernel has stopped/);
  assert.equal(el.querySelector(".labkit-verdict").textContent, "");
  end();
});

test("the sample has each kind of question", async () => {
  const { record } = await sample("knowledge_check");
  assert.deepEqual(record.questions.map(({ kind }) => kind).sort(), ["multiple", "ordering", "single"]);
});
