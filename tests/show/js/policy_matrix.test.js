import assert from "node:assert/strict";
import { test } from "node:test";
import { draw, fakeModel, press, sample, settled } from "./page.js";

/** Python's part: what is edited turns the first cell round, unless it says `wrong`. */
const reply = (record) => ({ at, edits }) => {
  const texts = Object.values(edits);
  if (texts.some((text) => text.includes("wrong"))) return { wrong: "policy syntax error at `Effect`", policy: "0" };
  if (at) return { why: [{ note: `Because of ${at.join(" ")}.`, sign: "–", source: "" }] };
  const signs = record.grids.map((grid) => grid.signs);
  if (texts.length) signs[0] = [signs[0][0].replace("✓", "✗"), ...signs[0].slice(1)];
  return { signs, advice: texts.length ? [{ text: "`Action` is doubtful.", source: "" }] : [] };
};

async function matrix(change = {}) {
  const { title, record } = await sample("policy_matrix");
  const model = fakeModel({ title, record: { ...record, ...change } }, { reply: reply(record) });
  const { el, end } = await draw("policy_matrix", model);
  const grid = el.querySelector("[role=grid]");
  const cells = [...grid.querySelectorAll("tbody tr")].map((line) => [...line.querySelectorAll("td")]);
  return { el, end, model, record, cells, field: el.querySelector("textarea"), why: () => el.querySelector(".labkit-why").textContent };
}

function type(field, text, context) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  context.mock.timers.tick(250);
}

test("a cell has its sign and its word, and Tab stops once in the grid", async () => {
  const { cells, end } = await matrix();
  assert.deepEqual(cells[1].map((cell) => `${cell.textContent} ${cell.getAttribute("aria-label")}`), ["✓ allowed", "✗ explicit deny", "✗ explicit deny"]);
  assert.equal(cells.flat().filter((cell) => cell.tabIndex === 0).length, 1);
  end();
});

test("the arrow keys walk the grid, Home and End too, and nothing is asked on the way", async () => {
  const { el, cells, model, end } = await matrix();
  press(cells[0][0], "ArrowDown");
  press(cells[1][0], "End");
  assert.equal(document.activeElement, cells[1][2]);
  assert.match(el.querySelector(".labkit-here").textContent, /archive\/2024\.zip, s3:DeleteObject: explicit deny/);
  press(cells[1][2], "End", { ctrlKey: true });
  assert.equal(document.activeElement, cells[4][2]);
  press(cells[4][2], "Home", { ctrlKey: true });
  assert.equal(document.activeElement, cells[0][0]);
  assert.deepEqual(model.asked, []);
  end();
});

test("Enter, space and a click choose a cell and say why", async () => {
  const { cells, model, why, end } = await matrix();
  press(cells[2][1], "Enter");
  await settled();
  assert.deepEqual(model.asked[0].at, [0, 2, 1]);
  assert.match(why(), /users\/alice\/cat\.jpg, s3:PutObject.*– Because of 0 2 1\./);
  press(cells[0][1], " ");
  cells[0][2].click();
  await settled();
  assert.match(why(), /Because of 0 0 2/);
  assert.deepEqual(cells.flat().filter((cell) => cell.getAttribute("aria-selected") === "true"), [cells[0][2]]);
  end();
});

test("a policy that is edited recolours the matrix, marks what changed, and explains the chosen cell anew", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { el, cells, model, field, end } = await matrix();
  cells[0][0].click();
  await settled();
  type(field, field.value.replace("Allow", "Deny"), context);
  await settled();
  await settled();
  assert.equal(cells[0][0].textContent, "▼✗");
  assert.equal(cells[0][0].getAttribute("aria-label"), "explicit deny, was allowed");
  assert.match(el.querySelector(".labkit-changed").textContent, /1 changed: ▼ 1 no longer allowed.*was allowed, is ✗ explicit deny/);
  assert.match(el.querySelector(".labkit-said").textContent, /– AWS would store it, but:Action is doubtful\./);
  assert.deepEqual(model.asked.map(({ at }) => at), [[0, 0, 0], undefined, [0, 0, 0]]);
  [...el.querySelectorAll("button")].find((button) => button.textContent.startsWith("Back")).click();
  await settled();
  assert.equal(cells[0][0].textContent, "✓");
  assert.equal(el.querySelector(".labkit-changed").textContent, "");
  assert.equal(field.value, model.get("record").policies[0].text);
  end();
});

test("quick typing asks once, and what is wrong is said while the matrix stays", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { el, cells, model, field, end } = await matrix();
  for (const text of ["{", "{ w", "{ wrong"]) {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    context.mock.timers.tick(100);
  }
  assert.equal(model.asked.length, 0);
  context.mock.timers.tick(250);
  await settled();
  assert.deepEqual(model.asked.map(({ edits }) => edits), [{ 0: "{ wrong" }]);
  assert.equal(field.getAttribute("aria-invalid"), "true");
  assert.match(el.querySelector(".labkit-said").textContent, /✗ AWS would not store it policy syntax error at Effect/);
  assert.equal(cells[0][0].textContent, "✓");
  end();
});

test("each policy keeps what was typed", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { el, field, record, model, end } = await matrix();
  const choice = el.querySelector("select");
  type(field, "first", context);
  choice.value = "1";
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  assert.equal(field.value, record.policies[1].text);
  type(field, "second", context);
  choice.value = "0";
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  assert.equal(field.value, "first");
  await settled();
  assert.deepEqual(model.asked.at(-1).edits, { 0: "first", 1: "second" });
  end();
});
