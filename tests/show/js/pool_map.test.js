import assert from "node:assert/strict";
import { test } from "node:test";
import { draw, fakeModel, press, sample } from "./page.js";

async function opened(change = (record) => record) {
  const traits = await sample("pool_map");
  const model = fakeModel({ ...traits, record: change(traits.record) });
  const { el, end } = await draw("pool_map", model);
  const spots = [...el.querySelectorAll("tbody button")];
  return {
    el, end, model, spots,
    named: (text) => [...el.querySelectorAll("button")].find((one) => one.textContent === text),
    pressed: () => spots.findIndex((spot) => spot.getAttribute("aria-pressed") === "true"),
    stepped: () => spots.filter((spot) => spot.classList.contains("labkit-step")).map((spot) => spot.textContent),
    details: () => el.querySelector(".labkit-details").textContent,
    status: el.querySelector("[role=status]"),
  };
}

test("every place says what it is, how many calls belong there, and which pool and line it is of", async () => {
  const { el, spots, end } = await opened();
  assert.deepEqual([...el.querySelectorAll("thead th")].map((head) => head.textContent), ["User Pool", "Identity Pool"]);
  assert.equal(spots.length, 12);
  assert.match(spots[0].textContent, /^Authentication: sign-up and sign-in● 2 calls$/);
  assert.match(spots[6].textContent, /^– no○ no call yet$/);
  assert.match(spots[7].textContent, /^✓ yes● 1 call$/);
  assert.deepEqual(spots.map((spot) => spot.classList.contains("labkit-lit")), [true, true, true, true, true, false, false, true, true, true, false, true]);
  end();
});

test("a place that is chosen shows its calls and AWS's page", async () => {
  const { spots, pressed, details, el, end } = await opened();
  assert.equal(pressed(), 0);
  spots[11].click();
  assert.equal(pressed(), 11);
  assert.match(details(), /^Identity Pool: Comes next.*9\. PutObject \(S3\) ✓ 200 OK10\. GetObject \(S3\) ✗ 403 AccessDenied$/);
  assert.match(el.querySelector(".labkit-details a").getAttribute("href"), /^https:\/\/docs\.aws\.amazon\.com\//);
  spots[6].click();
  assert.match(details(), /No call of yours belongs here yet/);
  end();
});

test("the arrow keys walk the map in four directions, and Tab stops once", async () => {
  const { spots, end } = await opened();
  press(spots[0], "ArrowDown");
  press(spots[2], "ArrowRight");
  assert.equal(document.activeElement, spots[3]);
  assert.deepEqual(spots.filter((spot) => spot.tabIndex === 0), [spots[3]]);
  end();
});

test("stepping from call to call marks where each belongs, and says it", async () => {
  const { named, stepped, status, end } = await opened();
  const next = named("Next call ▶"), back = named("◀ Back");
  assert.deepEqual(stepped(), []);
  for (let click = 0; click < 5; click += 1) next.click();
  assert.deepEqual(stepped(), ["Authentication: sign-up and sign-in● 2 calls ◀ this one", "ID, access and refresh token● 1 call ◀ this one"]);
  assert.equal(status.textContent, "Call 5 of 10: InitiateAuth, 200 OK. User Pool, Main purpose; User Pool, Output");
  for (let click = 0; click < 9; click += 1) next.click();
  assert.equal(next.getAttribute("aria-disabled"), "true");
  for (let click = 0; click < 19; click += 1) back.click();
  assert.equal(back.getAttribute("aria-disabled"), "true");
  assert.match(status.textContent, /^Call 1 of 10: CreateUserPoolClient/);
  end();
});

test("a call of neither pool says so", async () => {
  const { named, status, end } = await opened((record) => ({
    ...record,
    calls: [{ operation: "AssumeRole", to: "STS", answer: "200 OK", failed: false }],
    lines: record.lines.map((line) => ({ ...line, places: line.places.map((place) => ({ ...place, calls: [] })) })),
  }));
  named("Next call ▶").click();
  assert.equal(status.textContent, "Call 1 of 1: AssumeRole, 200 OK. It belongs to neither.");
  end();
});

test("more calls light more", async () => {
  const { el, model, end } = await opened((record) => ({ ...record, calls: [], lines: record.lines.map((line) => ({ ...line, places: line.places.map((place) => ({ ...place, calls: [] })) })) }));
  assert.equal(el.querySelectorAll(".labkit-lit").length, 0);
  assert.match(el.textContent, /No call was recorded yet/);
  model.set("record", (await sample("pool_map")).record);
  assert.equal(el.querySelectorAll(".labkit-lit").length, 9);
  end();
});
