import assert from "node:assert/strict";
import { test } from "node:test";
import { draw, fakeModel, press, sample } from "./page.js";

async function flow(steps) {
  const traits = await sample("flow_diagram");
  if (steps) traits.record.steps = steps;
  const { el, end } = await draw("flow_diagram", fakeModel(traits));
  return {
    el, end,
    lines: [...el.querySelectorAll("ol button")],
    button: (name) => [...el.querySelectorAll("button")].find((one) => one.textContent === name),
    details: () => el.querySelector(".labkit-details").textContent,
    status: el.querySelector("[role=status]"),
    record: traits.record,
  };
}

const chosen = (lines) => lines.findIndex((line) => line.getAttribute("aria-current") === "step");

test("every call has its place, its answer and its arrows", async () => {
  const { el, lines, end } = await flow();
  assert.deepEqual([...el.querySelectorAll(".labkit-heads span")].map((head) => head.textContent), ["You", "User Pool", "Identity Pool", "S3"]);
  assert.equal(lines[0].textContent, "1. InitiateAuth (unsigned), to User Pool: ✗ 400 NotAuthorizedException 14 ms");
  assert.equal(lines[4].textContent, "5. PutObject (SigV4), to S3: ✓ 200 OK 11 ms");
  assert.deepEqual(lines.map((line) => line.querySelector(".labkit-arrow").style.getPropertyValue("--to")), ["1", "1", "2", "2", "3", "3"]);
  end();
});

test("the arrow keys walk from call to call, with what was sent and what came back", async () => {
  const { lines, details, end } = await flow();
  assert.equal(chosen(lines), 0);
  assert.match(details(), /"PASSWORD": "…"/);
  assert.match(details(), /Incorrect username or password/);
  press(lines[0], "ArrowDown");
  press(lines[1], "ArrowDown");
  assert.equal(chosen(lines), 2);
  assert.equal(document.activeElement, lines[2]);
  assert.match(details(), /^3\. GetId.*Identity Pool \(cognito-identity\).*unsigned.*200 OK.*8 ms/);
  press(lines[2], "Home");
  assert.equal(chosen(lines), 0);
  end();
});

test("the buttons walk forwards and backwards, say where, and stop at the ends", async () => {
  const { lines, button, status, end } = await flow();
  const [back, next] = [button("◀ Back"), button("Next ▶")];
  back.click();
  assert.equal(chosen(lines), 0);
  assert.equal(back.getAttribute("aria-disabled"), "true");
  for (let click = 0; click < 9; click += 1) next.click();
  assert.equal(chosen(lines), 5);
  assert.equal(next.getAttribute("aria-disabled"), "true");
  assert.equal(status.textContent, "Step 6 of 6: GetObject (SigV4), 403 AccessDenied");
  back.click();
  assert.equal(chosen(lines), 4);
  assert.deepEqual(lines.map((line) => line.tabIndex), [-1, -1, -1, -1, 0, -1]);
  end();
});

test("a click chooses a call", async () => {
  const { lines, end } = await flow();
  lines[3].click();
  assert.equal(chosen(lines), 3);
  end();
});

test("the diagram is saved as SVG and as Mermaid", async (context) => {
  const { button, record, end } = await flow();
  const saved = [];
  context.mock.method(URL, "createObjectURL", (blob) => { saved.push(blob); return "blob:test"; });
  button("Save as SVG").click();
  button("Save as Mermaid").click();
  assert.deepEqual(saved.map((blob) => blob.type), ["image/svg+xml", "text/plain"]);
  assert.deepEqual([await saved[0].text(), await saved[1].text()], [record.svg, record.mermaid]);
  end();
});

test("a call without members says so", async () => {
  const step = { to: 1, service: "sts", operation: "GetCallerIdentity", question: "?", signature: "SigV4", answer: "200 OK", failed: false, milliseconds: 0, started: "", request_id: "", sent: "", received: "" };
  const { details, end } = await flow([step]);
  assert.match(details(), /request IDnoneSentnothingCame backnothing/);
  end();
});
