import assert from "node:assert/strict";
import { test } from "node:test";
import { draw, fakeModel, press, sample, settled } from "./page.js";

async function resolver() {
  const traits = await sample("variable_resolver");
  const other = structuredClone(traits.record.patterns);
  other[0] = { ...other[0], matched: true, said: "They match now.", pieces: [{ kind: "wildcard", pattern: "*", value: "" }] };
  const model = fakeModel(traits, { reply: ({ resource }) => (resource ? { patterns: other } : { error: "Nothing." }) });
  const { el, end } = await draw("variable_resolver", model);
  const stages = () => [...el.querySelectorAll(".labkit-stage")].map((stage) => stage.textContent);
  return { el, end, model, stages, choice: el.querySelector("select"), field: el.querySelector("input"), status: el.querySelector("[role=status]") };
}

test("a pattern goes through four stages, to the character at which it parts from the request", async () => {
  const { el, stages, end } = await resolver();
  const [written, origins, resolved, compared] = stages();
  assert.match(written, /photos\/users\/\$\{cognito-identity\.amazonaws\.com:sub\}\/\*/);
  assert.match(origins, /GetId answered with this Identity ID/);
  assert.match(resolved, /photos\/users\/eu-central-1:5b1f1b2e/);
  assert.match(compared, /– does not match They part at the request's character 27/);
  assert.deepEqual([...el.querySelectorAll(".labkit-kind")].map((kind) => kind.textContent), ["the same text", "differs"]);
  end();
});

test("another pattern is chosen from the list, which says whether each matches", async () => {
  const { choice, stages, end } = await resolver();
  assert.deepEqual([...choice.options].map((option) => option.textContent.slice(0, 11)), ["– statement", "– statement", "– statement", "✓ statement"]);
  choice.value = "2";
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  assert.match(stages()[1], /– no value.*no such key/);
  assert.match(stages()[2], /no pattern that could match/);
  choice.value = "3";
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  assert.match(stages()[3], /✓ matches They match\..*wildcardpattern \*request \(nothing\)/);
  end();
});

test("another resource is compared with Enter, and what changes is said", async () => {
  const { model, field, stages, status, end } = await resolver();
  field.value = "arn:aws:s3:::photos/other";
  press(field, "Enter");
  await settled();
  assert.deepEqual(model.asked.map(({ resource }) => resource), ["arn:aws:s3:::photos/other"]);
  assert.match(stages()[3], /✓ matches They match now/);
  assert.equal(status.textContent, "They match now.");
  field.value = "";
  press(field, "Enter");
  await settled();
  assert.equal(status.textContent, "Nothing.");
  end();
});
