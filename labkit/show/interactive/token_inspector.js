// The token inspector: parts with their meaning, the checklist, the countdown, tampering, comparing.
import { duration, h, mark, prose, roving, ticking, view } from "./shared.js";

const PARTS = [
  ["header", "1. Header", "how the token is signed"],
  ["claims", "2. Payload", "the claims"],
  ["signature", "3. Signature", "the proof: made with the pool's private key over parts 1 and 2"],
];
const LONG = 32;

export default view("token-inspector", ({ root, say, ask, watch }) => {
  let stop = () => {};
  watch("record", (record) => {
    stop();
    stop = inspector(root, record, { say, ask });
  });
  return () => stop();
});

function inspector(root, record, page) {
  const clock = ticking(record);
  const tokens = record.tokens ?? [];
  if (!tokens.length) {
    root.replaceChildren(h("p", {}, "There is no token."));
    return clock.stop;
  }
  const panels = tokens.map((token) => [token.name, () => tokenPanel(token, clock, page)]);
  if (record.compared) panels.push(["Compare", () => comparison(record.compared)]);
  if (panels.length === 1) root.replaceChildren(h("h3", {}, panels[0][0]), panels[0][1]());
  else root.replaceChildren(...tabs(panels));
  return clock.stop;
}

/** Tabs: https://www.w3.org/WAI/ARIA/apg/patterns/tabs/ */
function tabs(panels) {
  const id = `labkit-${Math.random().toString(36).slice(2)}`;
  const shown = panels.map(([, draw], index) =>
    h("div", { role: "tabpanel", id: `${id}-${index}`, "aria-labelledby": `${id}-tab-${index}`, hidden: index > 0 }, draw()));
  const stops = panels.map(([name], index) =>
    h("button", { type: "button", role: "tab", id: `${id}-tab-${index}`, "aria-controls": `${id}-${index}` }, name));
  const list = h("div", { role: "tablist", "aria-label": "Tokens", class: "labkit-row" }, stops);
  const choose = (chosen) => stops.forEach((stop, index) => {
    stop.setAttribute("aria-selected", String(stop === chosen));
    shown[index].hidden = stop !== chosen;
  });
  const go = roving(list, () => [stops], { moved: choose });
  for (const stop of stops) stop.addEventListener("click", () => go(stop));
  choose(stops[0]);
  return [list, ...shown];
}

function tokenPanel(token, clock, page) {
  const source = h("p", {}, h("a", { href: token.page, target: "_blank", rel: "noreferrer" }, "What the claims mean in Amazon Cognito"));
  if (token.opaque) return h("div", {}, h("p", {}, prose(token.opaque)), source);
  const edits = new Map();
  const checks = h("div", { class: "labkit-checks" }, checklist(token.checks));
  const verify = async () => {
    const answer = await page.ask({ token: token.key, now: clock.now(), edits: [...edits.values()] });
    checks.replaceChildren(checklist(answer.checks, token.checks, answer.verdict));
    page.say(answer.verdict, { drawn: true });
  };
  const parts = h("div", { class: "labkit-parts" });
  const draw = (tampering) => parts.replaceChildren(
    ...PARTS.map(([part, title, words]) => partOf(token, part, title, words, tampering && editor(token, edits, verify))));
  draw(false);
  return h("div", {},
    h("div", { class: "labkit-row" },
      countdown(token, clock, page, verify),
      token.checks && tamperButton(edits, draw, verify, page)),
    h("div", { class: "labkit-columns" }, parts, checks),
    source);
}

function tamperButton(edits, draw, verify, { say }) {
  const button = h("button", { type: "button", "aria-pressed": "false", click: () => toggle() }, "Tamper with it");
  const toggle = () => {
    const tampering = button.getAttribute("aria-pressed") === "false";
    button.setAttribute("aria-pressed", String(tampering));
    button.textContent = tampering ? "Undo the tampering" : "Tamper with it";
    const changed = edits.size > 0;
    edits.clear();
    draw(tampering);
    if (tampering) say("Change a value and press Enter: which check falls?");
    else if (changed) verify();
    else say("");
  };
  return button;
}

/** Makes the field in which one value is changed. */
function editor(token, edits, verify) {
  return (part, { name, value }) => {
    const long = value.length > LONG;
    const changed = ({ target }) => {
      const id = `${part} ${name}`;
      if (target.value === (edits.get(id)?.value ?? value)) return;
      if (target.value === value) edits.delete(id);
      else edits.set(id, { part, name, value: target.value });
      target.classList.toggle("labkit-edited", edits.has(id));
      verify();
    };
    const keydown = (event) => {
        if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      changed(event);
    };
    const kind = part === "header" ? "header parameter" : "claim";
    const field = h(long ? "textarea" : "input", { "aria-label": `Value of the ${kind} ${name}`, rows: long && 2, spellcheck: "false", change: changed, keydown });
    field.value = value;
    return field;
  };
}

function partOf(token, part, title, words, edit) {
  const lines = part === "signature"
    ? [h("tr", {}, h("th", { scope: "row" }, "signature"), h("td", {}, h("code", {}, token.signature)),
      h("td", {}, "Change one letter above, and it no longer fits."))]
    : token[part].map((item) => line(part, item, edit));
  const head = ["name", "value", "meaning"].map((name) => h("th", { scope: "col" }, name));
  return h("div", { class: `labkit-part labkit-${part}` },
    h("table", {},
      h("caption", {}, h("span", { class: "labkit-chip" }, title), ` ${words}`),
      h("thead", {}, h("tr", {}, head)),
      h("tbody", {}, lines)));
}

function line(part, item, edit) {
  const value = edit ? edit(part, item) : h("code", { dir: "auto" }, item.value);
  return h("tr", {},
    h("th", { scope: "row" }, h("code", {}, item.name)),
    h("td", {}, value, item.at && h("div", { class: "labkit-at" }, item.at)),
    h("td", {}, prose(item.meaning)));
}

function checklist(checks, before, verdict) {
  if (!checks) return h("p", {}, mark(null, "Decoded only. Nobody has checked the signature, so anyone can have written this."));
  const passed = new Map((before ?? checks).map((check) => [check.name, check.passed]));
  const lines = checks.map((check) => {
    const fell = passed.get(check.name) === true && !check.passed;
    const result = check.passed ? "passed" : fell ? "falls" : "failed";
    return h("tr", { class: fell && "labkit-fell" },
      h("td", {}, mark(check.passed, result)),
      h("th", { scope: "row" }, h("code", {}, check.name)),
      h("td", {}, h("dl", {}, values(check).map(([name, value]) =>
        [h("dt", {}, name), h("dd", {}, h("code", { dir: "auto" }, value))]))));
  });
  return h("div", {},
    verdict && h("p", {}, mark(checks.every((check) => check.passed), verdict)),
    h("table", {},
      h("caption", {}, "The checks of tokens.verify"),
      h("thead", {}, h("tr", {}, ["result", "check", "expected and got"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, lines)));
}

function values({ expected, actual }) {
  return expected === actual ? [["as expected", actual]] : [["expected", expected], ["got", actual]];
}

function countdown(token, clock, { say }, verify) {
  if (token.exp == null) return mark(null, "It has no time of expiry (exp).");
  const left = h("span", { role: "timer" });
  const bar = h("span", { class: "labkit-left" });
  const whole = token.exp - (token.iat ?? token.exp - 3600);
  let expired = clock.now() >= token.exp;
  const hand = () => {
    const seconds = token.exp - clock.now();
    left.replaceChildren(mark(seconds > 0, seconds > 0 ? `expires in ${duration(seconds)}` : `expired ${duration(seconds)} ago`));
    bar.style.width = `${Math.max(0, Math.min(1, seconds / whole)) * 100}%`;
    if (seconds <= 0 && !expired) {
      expired = true;
      say(`The ${token.name} has expired.`);
      if (token.checks) verify();
    }
  };
  clock.each(hand);
  const freeze = h("button", { type: "button", "aria-pressed": String(clock.frozen()), click: () => {
    clock.freeze(!clock.frozen());
    freeze.setAttribute("aria-pressed", String(clock.frozen()));
  } }, "Freeze the clock");
  return [left, h("span", { class: "labkit-bar", "aria-hidden": "true" }, bar), freeze];
}

function comparison({ head, rows, notes }) {
  return h("div", {},
    rows.length > 0 && h("div", { class: "labkit-wide", tabindex: "0", role: "group", "aria-label": "Claims side by side" }, h("table", {},
      h("caption", {}, "Claims side by side"),
      h("thead", {}, h("tr", {}, head.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.map(([name, ...cells]) => h("tr", {},
        h("th", { scope: "row" }, h("code", {}, name)),
        cells.map((cell, index) => h("td", {}, index < cells.length - 1 ? h("code", { dir: "auto" }, cell) : cell))))))),
    notes.map((note) => h("p", {}, prose(note))));
}
