import assert from "node:assert/strict";
import { test } from "node:test";
import { draw, fakeModel, press, sample, settled } from "./page.js";

const NOW = 1767258750; // 2026-01-01 09:12:30 UTC

/** Python's part: the signature falls as soon as anything is edited. */
const reply = ({ token, edits }) => ({
  token,
  checks: [{ name: "signature", expected: "so", actual: edits.length ? "another" : "so", passed: !edits.length }],
  verdict: edits.length ? "Rejected: signature fails." : "Every check passes.",
});

async function inspector(change = {}) {
  const traits = await sample("token_inspector");
  const model = fakeModel({ ...traits, record: { ...traits.record, ...change } }, { reply });
  const { el, end } = await draw("token_inspector", model);
  const button = (name) => [...el.querySelectorAll("button")].find((one) => one.textContent === name);
  return { el, end, model, button, status: el.querySelector("[role=status]") };
}

const panel = (el) => [...el.querySelectorAll("[role=tabpanel]")].find((one) => !one.hidden);

test("three tokens and their comparison are tabs, walked with the arrow keys", async () => {
  const { el, end } = await inspector();
  const stops = [...el.querySelectorAll("[role=tab]")];
  assert.deepEqual(stops.map((stop) => stop.textContent), ["ID token", "Access token", "Refresh token", "Compare"]);
  assert.match(panel(el).textContent, /cognito:username/);
  press(stops[0], "ArrowRight");
  assert.equal(stops[1].getAttribute("aria-selected"), "true");
  assert.match(panel(el).textContent, /client_id/);
  press(stops[1], "End");
  assert.match(panel(el).textContent, /only in access/);
  end();
});

test("the parts are labelled, each claim has its meaning, the signature is masked", async () => {
  const { el, end } = await inspector();
  const chips = [...panel(el).querySelectorAll(".labkit-chip")].map((chip) => chip.textContent);
  assert.deepEqual(chips, ["1. Header", "2. Payload", "3. Signature"]);
  assert.match(panel(el).textContent, /The user's own id in this User Pool/);
  assert.match(panel(el).textContent, /256 bytes \(masked\)/);
  end();
});

/** Time as the page measures it: `pass(seconds)` moves it, and then the second hand once. */
function stopped(context) {
  let passed = 0;
  context.mock.timers.enable({ apis: ["setInterval"] });
  context.mock.method(performance, "now", () => passed * 1000);
  return (seconds) => {
    passed += seconds;
    context.mock.timers.tick(1000);
  };
}

test("a frozen clock stands still, and runs when it is let go", async (context) => {
  const pass = stopped(context);
  const { el, end, button } = await inspector({ now: NOW, frozen: true });
  const left = panel(el).querySelector("[role=timer]");
  pass(60);
  assert.equal(left.textContent, "✓ expires in 47 min 30 s");
  button("Freeze the clock").click();
  pass(60);
  assert.equal(left.textContent, "✓ expires in 46 min 30 s");
  end();
});

test("a token that expires says so once, and is verified again", async (context) => {
  const pass = stopped(context);
  const { el, end, model, status } = await inspector({ now: NOW + 2849, frozen: false });
  pass(0.5);
  assert.deepEqual([model.asked.length, status.textContent], [0, ""]);
  pass(1.5);
  pass(1);
  await settled();
  assert.equal(panel(el).querySelector("[role=timer]").textContent, "✗ expired 2 s ago");
  assert.deepEqual(model.asked.map(({ token, now }) => [token, now]), [["id", NOW + 2851], ["access", NOW + 2851]]);
  assert.match(status.textContent, /Every check passes|has expired/);
  end();
});

test("tampering with a claim shows which check falls, and can be undone", async () => {
  const { el, end, model, button, status } = await inspector();
  assert.equal(panel(el).querySelectorAll("td input, td textarea").length, 0);
  button("Tamper with it").click();
  const field = panel(el).querySelector('[aria-label="Value of the claim cognito:username"]');
  assert.equal(field.value, "alice");
  field.value = "mallory";
  press(field, "Enter");
  await settled();
  assert.deepEqual(model.asked[0].edits, [{ part: "claims", name: "cognito:username", value: "mallory" }]);
  assert.match(panel(el).querySelector(".labkit-fell").textContent, /✗ falls.*signature/);
  assert.match(status.textContent, /^Rejected: signature/);
  button("Undo the tampering").click();
  await settled();
  assert.equal(panel(el).querySelector(".labkit-fell"), null);
  assert.deepEqual(model.asked[1].edits, []);
  end();
});

test("the header can be tampered with too, and a value put back is no edit", async () => {
  const { el, end, model, button } = await inspector();
  button("Tamper with it").click();
  const field = panel(el).querySelector('[aria-label="Value of the header parameter alg"]');
  for (const value of ["none", "RS256"]) {
    field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    await settled();
  }
  assert.deepEqual(model.asked.map(({ edits }) => edits.length), [1, 0]);
  assert.equal(model.asked[0].edits[0].part, "header");
  end();
});
