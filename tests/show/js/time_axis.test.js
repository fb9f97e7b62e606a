import assert from "node:assert/strict";
import { test } from "node:test";
import { deadModel, draw, fakeModel, press, sample, settled } from "./page.js";

const NOW = 1767258750; // 2026-01-01 09:12:30 UTC
const stand = (valid, words) => ({ valid, words, means: "so it `is`" });

/** Python's part: everything ends at ten. */
const ten = ({ at }) => ({ at, standings: Array(4).fill(at >= 1767261600 ? stand(false, "expired") : stand(true, "valid")) });

async function opened({ movable = false, reply = ten, make = fakeModel } = {}) {
  const traits = await sample("time_axis");
  traits.record.movable = movable;
  const model = make(traits, { reply });
  const { el, end } = await draw("time_axis", model);
  return {
    el, end, model,
    slider: el.querySelector("input"),
    named: (text) => [...el.querySelectorAll("button")].find((one) => one.textContent === text),
    lines: () => [...el.querySelectorAll("tbody tr")].map((line) => line.textContent),
    over: () => el.querySelectorAll(".labkit-over").length,
    status: el.querySelector("[role=status]"),
  };
}

test("it begins where the clock stands, with what Python said, and asks nothing", async () => {
  const { slider, lines, model, over, end } = await opened();
  assert.equal(slider.getAttribute("aria-valuetext"), "2026-01-01 09:12:30 UTC, now");
  assert.match(lines()[0], /^ID token✓ valid, 47 min 30 s left/);
  assert.equal(over(), 0);
  assert.equal(model.asked.length, 0);
  end();
});

test("arrow keys move the hand by a minute, Page keys by an hour, Home and End to the ends", async () => {
  const { slider, model, end } = await opened();
  const text = () => slider.getAttribute("aria-valuetext");
  press(slider, "ArrowRight");
  assert.equal(text(), "2026-01-01 09:13:30 UTC, 1 min from now");
  press(slider, "ArrowDown");
  press(slider, "ArrowLeft");
  assert.equal(text(), "2026-01-01 09:11:30 UTC, 1 min ago");
  press(slider, "PageUp");
  assert.equal(text(), "2026-01-01 10:11:30 UTC, 59 min from now");
  press(slider, "Home");
  assert.match(text(), /^2026-01-01 09:00:00 UTC/);
  press(slider, "End");
  assert.match(text(), /^2026-02-09/);
  press(slider, "ArrowRight");
  assert.match(text(), /^2026-02-09/, "it stays at the end");
  press(slider, "a");
  await settled();
  assert.ok(model.asked.length > 0);
  end();
});

test("dragging asks for where the hand is, one question at a time, and the newest last", async () => {
  const { slider, model, lines, over, end } = await opened({ reply: null });
  const drag = (value) => { slider.value = value; slider.dispatchEvent(new Event("input")); };
  drag(0.2);
  drag(0.25);
  drag(0.3);
  assert.equal(model.asked.length, 1);
  model.set("answer", { ...ten(model.asked[0]), n: 1 });
  await settled();
  assert.equal(model.asked.length, 2);
  model.set("answer", { ...ten({ at: 1767261600 }), n: 2 });
  await settled();
  assert.equal(model.asked.length, 2);
  assert.ok(model.asked[1].at > model.asked[0].at);
  assert.match(lines()[0], /^ID token✗ expiredso it is/);
  assert.equal(over(), 4);
  end();
});

test("a button goes from end to end, says what ends, and another one back to now", async () => {
  const { named, slider, status, over, end } = await opened();
  named("To the next end ▶").click();
  assert.equal(status.textContent, "ID token and Access token ends here: 2026-01-01 10:00:00 UTC");
  await settled();
  assert.equal(over(), 4);
  named("To the next end ▶").click();
  assert.match(status.textContent, /^Credentials ends here: 2026-01-01 10:05:00/);
  named("To the next end ▶").click();
  named("To the next end ▶").click();
  assert.equal(status.textContent, "Nothing else ends.");
  named("Back to now").click();
  assert.match(slider.getAttribute("aria-valuetext"), /, now$/);
  end();
});

test("back to now and to an end is to the very instant, not to the second before it", async () => {
  const { el, model, end } = await opened();
  const record = model.get("record"), until = NOW + 2850.4;
  model.set("record", { ...record, now: NOW + 0.4, bars: record.bars.map((bar) => ({ ...bar, ends: until })) });
  const pressed = (text) => [...el.querySelectorAll("button")].find((one) => one.textContent === text).click();
  pressed("To the next end ▶");
  await settled();
  assert.equal(model.asked.at(-1).at, until);
  pressed("Back to now");
  await settled();
  assert.equal(model.asked.at(-1).at, NOW + 0.4);
  end();
});

test("the account's clock moves only when its button is pressed", async () => {
  const reply = (question) => ("advance" in question ? { now: question.advance } : ten(question));
  const { named, slider, model, status, end } = await opened({ movable: true, reply });
  const button = named("Advance the account's clock to here");
  assert.equal(button.getAttribute("aria-disabled"), "true");
  button.click();
  assert.match(status.textContent, /to a later time first/);
  press(slider, "PageUp");
  await settled();
  assert.ok(model.asked.every((question) => !("advance" in question)));
  assert.equal(button.getAttribute("aria-disabled"), "false");
  button.click();
  await settled();
  assert.equal(model.asked.at(-1).advance, NOW + 3600);
  assert.equal(status.textContent, "The account's clock now stands at 2026-01-01 10:12:30 UTC.");
  end();
});

test("without a clock to move there is no such button", async () => {
  const { named, end } = await opened();
  assert.equal(named("Advance the account's clock to here"), undefined);
  end();
});

test("after the clock has moved the hand stands there, and the focus stays in the view", async () => {
  const { el, model, slider, end } = await opened({ movable: true });
  slider.focus();
  model.set("record", { ...model.get("record"), now: NOW + 3600 });
  const drawn = el.querySelector("input");
  assert.notEqual(drawn, slider);
  assert.equal(document.activeElement, drawn);
  assert.match(drawn.getAttribute("aria-valuetext"), /^2026-01-01 10:12:30 UTC, now$/);
  end();
});

test("without a kernel the hand still moves, and it is said that nobody answers", async () => {
  const { slider, status, lines, end } = await opened({ make: deadModel });
  press(slider, "PageUp");
  await settled();
  assert.match(slider.getAttribute("aria-valuetext"), /1 h from now$/);
  assert.match(status.textContent, /kernel has stopped/);
  assert.equal(lines().length, 4);
  end();
});
