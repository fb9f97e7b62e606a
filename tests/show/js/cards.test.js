import assert from "node:assert/strict";
import { test } from "node:test";
import { draw, fakeModel, press, sample, settled } from "./page.js";

const why = ({ request }) => ({ why: [{ note: `Request ${request}.`, sign: "✗", source: "" }] });

async function card(name, change = {}) {
  const traits = await sample(name);
  const model = fakeModel({ ...traits, record: { ...traits.record, ...change } }, { reply: why });
  const { el, end } = await draw(name, model);
  const verdicts = [...el.querySelectorAll("td button")];
  return { el, end, model, verdicts, status: el.querySelector("[role=status]") };
}

test("the identity card says who it is, which rule chose the role, and where each tag comes from", async () => {
  const { el, end } = await card("identity_card");
  const captions = [...el.querySelectorAll("caption")].map((caption) => caption.textContent);
  assert.deepEqual(captions, ["Who it is", "The logins behind it", "Which role it gets", "How the mapping chose, step by step", "Principal tags of its sessions"]);
  assert.match(el.textContent, /Rule 3 is the first that matches: custom:team Equals design/);
  assert.match(el.textContent, /– no tag: the token has no such claim/);
  assert.equal(el.querySelectorAll("tbody th:not([scope=row])").length, 0);
  end();
});

test("the credentials count down, say once that they have expired, and can be frozen", async (context) => {
  let passed = 0;
  context.mock.timers.enable({ apis: ["setInterval"] });
  context.mock.method(performance, "now", () => passed * 1000);
  const { el, end, status } = await card("credentials_card", { now: 100, expiration: 102, frozen: false });
  const timer = el.querySelector("[role=timer]");
  assert.equal(timer.textContent, "✓ valid for another 2 s");
  passed = 1;
  context.mock.timers.tick(1000);
  assert.deepEqual([timer.textContent, status.textContent], ["✓ valid for another 1 s", ""]);
  passed = 5;
  context.mock.timers.tick(1000);
  assert.equal(timer.textContent, "✗ expired 3 s ago");
  assert.equal(status.textContent, "The credentials have expired.");
  el.querySelector("button[aria-pressed]").click();
  passed = 60;
  context.mock.timers.tick(1000);
  assert.equal(timer.textContent, "✗ expired 3 s ago");
  end();
});

test("a verdict says why, and the arrow keys walk from one to the next", async () => {
  const { el, end, model, verdicts, status } = await card("credentials_card");
  assert.equal(verdicts.length, 8);
  assert.deepEqual(verdicts.map((button) => button.tabIndex), [0, -1, -1, -1, -1, -1, -1, -1]);
  press(verdicts[0], "ArrowDown");
  press(verdicts[2], "ArrowRight");
  assert.equal(document.activeElement, verdicts[3]);
  verdicts[3].click();
  await settled();
  assert.deepEqual(model.asked.map(({ request }) => request), [5]);
  assert.match(el.querySelector(".labkit-why").textContent, /s3:PutObject on .*2024\.zip✗ Request 5\./);
  assert.equal(verdicts[3].getAttribute("aria-pressed"), "true");
  assert.match(status.textContent, /Request 5/);
  end();
});

test("what was not asked says so, and long-term keys do not expire", async () => {
  const { record } = await sample("credentials_card");
  const numbers = record.reach.numbers.map((line, index) => (index ? line.map(() => null) : line));
  const { el, end } = await card("credentials_card", { expiration: null, reach: { ...record.reach, numbers } });
  assert.match(el.textContent, /– They do not expire/);
  assert.equal([...el.querySelectorAll("td")].filter((cell) => cell.textContent === "not asked").length, 6);
  end();
});
