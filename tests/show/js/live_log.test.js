import assert from "node:assert/strict";
import { test } from "node:test";
import { deadModel, draw, fakeModel, press, sample, settled } from "./page.js";

const fresh = { id: "new", time: "2026-01-01 11:00:00 UTC", service: "sts", what: "GetCallerIdentity", on: "", who: "nobody", principal: "nobody", kind: "accepted", answer: "200 OK", reason: "", explained: true };

async function opened({ follow = false, explains = true, reply, model: make = fakeModel } = {}) {
  const traits = await sample("live_log");
  Object.assign(traits.record, { follow, explains });
  const model = make(traits, { reply });
  const { el, end } = await draw("live_log", model);
  const find = (selector) => el.querySelector(selector);
  return {
    el, end, model,
    lines: () => [...el.querySelectorAll("tbody tr")],
    buttons: () => [...el.querySelectorAll("tbody button")],
    named: (text) => [...el.querySelectorAll("button")].find((one) => one.textContent === text),
    choose(name, value) {
      const field = find(`[aria-label="${name}"]`);
      field.value = value;
      field.dispatchEvent(new Event(field.tagName === "SELECT" ? "change" : "input"));
    },
    details: () => find(".labkit-details").textContent,
    status: find("[role=status]"),
    rows: traits.record.rows,
  };
}

test("every line has its verdict with a sign, the newest first", async () => {
  const { lines, rows, end } = await opened();
  assert.equal(lines().length, rows.length);
  assert.equal(lines()[0].textContent, "10:05:00s3ListBucketsnobody✗ 403 ExpiredToken");
  assert.match(lines().at(-2).textContent, /InitiateAuthnobody✓ 200 OK/);
  end();
});

test("service, verdict and text filter the lines together", async () => {
  const { el, lines, choose, end } = await opened();
  choose("Service", "s3");
  assert.equal(lines().length, 3);
  choose("Verdict", "denied");
  assert.deepEqual(lines().map((line) => line.textContent.match(/GetObject/)?.[0]), ["GetObject"]);
  choose("Text", "no such thing");
  assert.match(el.textContent, /0 of 13.*No line fits this filter/);
  choose("Text", "ACCESSDENIED");
  assert.equal(lines().length, 1);
  end();
});

test("the arrow keys walk the lines, Enter and a click show more of one", async () => {
  const { buttons, details, end } = await opened();
  buttons()[0].focus();
  press(buttons()[0], "ArrowDown");
  assert.equal(document.activeElement, buttons()[1]);
  assert.deepEqual(buttons().slice(0, 2).map((one) => one.tabIndex), [-1, 0]);
  buttons()[2].click();
  assert.match(details(), /mqtt: Subscribe.*arn:aws:iot.*no AWS IoT policy allows iot:Subscribe.*mqtt-3/);
  assert.deepEqual(buttons().map((one) => one.getAttribute("aria-pressed")).filter((pressed) => pressed === "true").length, 1);
  end();
});

test("a line says why, where Python can tell", async () => {
  const why = [{ text: "implicit deny", verdict: false, marked: true, page: "" }, { text: "nearest: `s3:Get*`", marked: false, page: "https://docs.aws.amazon.com/" }];
  const { buttons, named, details, model, end } = await opened({ reply: () => ({ why }) });
  buttons()[2].click();
  named("Why?").click();
  await settled();
  assert.equal(model.asked.at(-1).why, "mqtt-3");
  assert.match(details(), /✗ implicit denynearest: s3:Get\* Source$/);
  buttons()[0].click();
  assert.equal(named("Why?"), undefined, "no policy was asked about this one");
  end();
});

test("it follows every few seconds, until it is stopped", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let answers = 0;
  const { lines, named, model, status, rows, end } = await opened({
    follow: true,
    reply: ({ have }) => (answers++ === 0 ? { stamp: "one", rows: [fresh, ...rows], refused: "" } : { stamp: have }),
  });
  context.mock.timers.tick(0);
  assert.equal(lines().length, rows.length + 1);
  assert.equal(status.textContent, "1 new line");
  context.mock.timers.tick(2000);
  context.mock.timers.tick(2000);
  assert.deepEqual(model.asked.map(({ have }) => have), ["", "one", "one"]);
  named("Follow").click();
  assert.equal(named("Follow").getAttribute("aria-pressed"), "false");
  context.mock.timers.tick(20000);
  assert.equal(model.asked.length, 3);
  end();
});

test("it rests while the page is hidden, and ends with the view", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { model, end } = await opened({ follow: true, reply: ({ have }) => ({ stamp: have || "one" }) });
  context.mock.timers.tick(0);
  const hide = (hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  };
  hide(true);
  context.mock.timers.tick(60000);
  assert.equal(model.asked.length, 1);
  hide(false);
  context.mock.timers.tick(2000);
  assert.equal(model.asked.length, 2);
  end();
  context.mock.timers.tick(60000);
  assert.equal(model.asked.length, 2);
});

test("a filter and the chosen line outlive what is new, and the focus stays", async () => {
  const { buttons, choose, lines, model, end } = await opened();
  choose("Service", "s3");
  buttons()[1].click();
  buttons()[1].focus();
  model.set("answer", { stamp: "two", rows: [{ ...fresh, service: "s3", what: "ListBuckets" }, ...model.get("record").rows], refused: "" });
  assert.equal(lines().length, 4);
  assert.equal(document.activeElement, buttons()[2]);
  assert.deepEqual(buttons().map((one) => one.getAttribute("aria-pressed")), ["false", "false", "true", "false"]);
  end();
});

test("a dead kernel is said once, and following stops", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { named, status, lines, rows, end } = await opened({ model: deadModel, follow: true });
  context.mock.timers.tick(0);
  assert.match(status.textContent, /kernel has stopped/);
  context.mock.timers.tick(9000);
  assert.equal(named("Follow").getAttribute("aria-pressed"), "false");
  assert.equal(lines().length, rows.length);
  end();
});

test("a kernel that was busy is followed again as soon as it answers", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { named, model, status, end } = await opened({ follow: true });
  context.mock.timers.tick(0);
  context.mock.timers.tick(9000);
  assert.match(status.textContent, /No answer/);
  model.set("answer", { n: 1, stamp: "late" });
  assert.equal(named("Follow").getAttribute("aria-pressed"), "true");
  assert.equal(status.textContent, "");
  context.mock.timers.tick(2000);
  assert.equal(model.asked.at(-1).have, "late");
  end();
});

test("an account that tells nothing says why", async () => {
  const { el, model, end } = await opened();
  model.set("answer", { stamp: "gone", rows: [], refused: "The log could not be read: ConnectionError." });
  assert.match(el.textContent, /0 of 0.*The log could not be read: ConnectionError\./);
  end();
});
