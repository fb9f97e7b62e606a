// The credentials card: masked parts, the countdown, and a small matrix that says why.
import { blocks, duration, h, mark, roving, signed, ticking, view } from "./shared.js";

export default view("credentials-card", (page) => {
  let stop = () => {};
  page.watch("record", (record) => {
    stop();
    stop = card(page, record);
  });
  return () => stop();
});

function card({ root, say, ask }, record) {
  const clock = ticking(record);
  if (!record.facts?.length) root.replaceChildren(h("p", {}, "There are no credentials."));
  else {
    root.replaceChildren(h("h3", {}, root.getAttribute("aria-label")), countdown(record, clock, say), ...blocks(record.facts),
      h("h4", {}, "What they can reach"), ...reach(record.reach, ask, say));
  }
  return clock.stop;
}

function countdown({ expiration }, clock, say) {
  if (typeof expiration !== "number") return h("p", {}, mark(null, "They do not expire: whoever has them can use them until they are deleted."));
  const left = h("span", { role: "timer" });
  let before = null;
  clock.each(() => {
    const seconds = expiration - clock.now(), valid = seconds > 0;
    left.replaceChildren(mark(valid, valid ? `valid for another ${duration(seconds)}` : `expired ${duration(seconds)} ago`));
    if (before && !valid) say("The credentials have expired.");
    before = valid;
  });
  const freeze = h("button", { type: "button", "aria-pressed": String(clock.frozen()), click: () => {
    clock.freeze(!clock.frozen());
    freeze.setAttribute("aria-pressed", String(clock.frozen()));
  } }, "Freeze the clock");
  return h("div", { class: "labkit-row" }, left, freeze);
}

/** Each verdict is a button: it says why. Arrow keys walk from one to the next. */
function reach({ actions = [], resources = [], numbers = [], verdicts = [] } = {}, ask, say) {
  if (!actions.length) return [h("p", {}, "Not known: the card was given no policies and no requests.")];
  const why = h("div", { class: "labkit-why" }, h("p", {}, "Choose a verdict to see why."));
  let turn = 0;
  const rows = numbers.map((line, row) => line.map((number, column) => {
    const [sign, word] = verdicts[number] ?? [];
    if (!word) return null;
    const name = `${actions[column]} on ${resources[row][1]}`;
    return h("button", { type: "button", "aria-label": `${name}: ${word}`, "aria-pressed": "false", click: ({ currentTarget }) => explain(number, name, currentTarget) }, signed(sign, word));
  }));
  const stops = rows.map((line) => line.filter(Boolean)).filter((line) => line.length);
  const explain = async (number, name, button) => {
    const mine = (turn += 1);
    for (const other of stops.flat()) other.setAttribute("aria-pressed", String(other === button));
    const { why: found } = await ask({ request: number });
    if (mine !== turn) return;
    why.replaceChildren(h("h4", {}, `Why: ${name}`), ...blocks(found));
    say(`${name}: ${found[0]?.note ?? ""}`, { drawn: true });
  };
  const table = h("table", {},
    h("caption", {}, "Resource by action, of what was asked"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "resource"), actions.map((action) => h("th", { scope: "col" }, h("code", {}, action))))),
    h("tbody", {}, rows.map((line, row) => h("tr", {}, h("th", { scope: "row", title: resources[row][1] }, h("code", {}, resources[row][0])),
      line.map((button) => h("td", {}, button ?? "not asked"))))));
  roving(table, () => stops);
  return [h("div", { class: "labkit-wide" }, table), why];
}
