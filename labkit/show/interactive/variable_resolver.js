// The variable resolver: from the pattern as written to the request, piece by piece.
import { h, mark, prose, view } from "./shared.js";

const NAMES = { text: "the same text", wildcard: "wildcard", variable: "variable", differs: "differs" };

export default view("variable-resolver", ({ root, say, ask, watch }) => {
  watch("record", (record) => resolver(root, record, { say, ask }));
});

function resolver(root, record, { say, ask }) {
  if (!record.patterns?.length) {
    root.replaceChildren(h("p", {}, "No statement has a variable, and none speaks on this action."));
    return;
  }
  const id = `labkit-${Math.random().toString(36).slice(2)}`;
  const steps = h("div", {});
  let patterns = record.patterns;
  const choice = h("select", { id: `${id}-choice` }, options(patterns));
  const field = h("input", { id: `${id}-resource`, type: "text", spellcheck: "false", autocapitalize: "off", dir: "auto" });
  field.value = record.resource;
  const show = () => steps.replaceChildren(...drawn(patterns[Number(choice.value || 0)] ?? patterns[0]));
  const compare = async () => {
    const answer = await ask({ resource: field.value });
    if (!answer.patterns?.length) return;
    const at = choice.value;
    patterns = answer.patterns;
    choice.replaceChildren(...options(patterns));
    choice.value = patterns[Number(at)] ? at : "0";
    show();
    say((patterns[Number(choice.value)] ?? patterns[0]).said, { drawn: true });
  };
  choice.addEventListener("change", show);
  field.addEventListener("change", compare);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    compare();
  });
  show();
  root.replaceChildren(
    h("h3", {}, root.getAttribute("aria-label")),
    h("div", { class: "labkit-row labkit-asked" }, h("label", { for: field.id }, h("code", {}, record.action), " on"), field,
      h("button", { type: "button", click: compare }, "Compare")),
    h("div", { class: "labkit-row" }, h("label", { for: choice.id }, "Pattern"), choice),
    steps);
}

function options(patterns) {
  return patterns.map(({ statement, part, matched }, index) => h("option", { value: index }, `${matched ? "✓" : "–"} statement ${statement}: ${part}, ${index + 1}`));
}

function drawn(pattern) {
  return [
    stage(1, "As written", h("p", { class: "labkit-line", dir: "ltr" }, pattern.raw.map((run) => text(run.kind, run.text))),
      h("p", {}, `${pattern.effect}, statement `, h("code", {}, pattern.statement), ` of ${pattern.policy || "a policy without a name"} (${pattern.layer}), ${pattern.part}`)),
    stage(2, "Where each value comes from", pattern.variables.length ? origins(pattern.variables) : h("p", {}, "It has no variable.")),
    stage(3, "As resolved for this request", h("p", { class: "labkit-line" }, pattern.filled.map((run) => text(run.kind, run.text))),
      pattern.resolved === null && h("p", {}, "A variable has no value, so this is no pattern that could match.")),
    stage(4, "Compared with the request, character by character", h("p", {}, verdict(pattern)),
      pattern.pieces.length ? compared(pattern.pieces) : h("p", { class: "labkit-line" }, pattern.value ?? "")),
  ];
}

function verdict({ matched, said }) {
  return [mark(matched ? true : null, matched ? "matches" : "does not match"), " ", prose(said)];
}

function stage(number, title, ...content) {
  return h("div", { class: "labkit-stage" }, h("h4", {}, `${number}. ${title}`), content);
}

/** A run with its kind: a variable is boxed, a wildcard dotted, what differs struck by a double line. */
function text(kind, content) {
  return h("span", { class: `labkit-${kind in NAMES ? kind : "text"}` }, content);
}

function origins(variables) {
  return h("div", { class: "labkit-wide", tabindex: "0", role: "group", "aria-label": "Variables" }, h("table", {},
    h("thead", {}, h("tr", {}, ["variable", "its value", "where that comes from"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, variables.map(({ raw, value, origin }) => h("tr", {},
      h("th", { scope: "row" }, h("code", {}, raw)),
      h("td", {}, value === null ? mark(null, "no value") : h("code", { dir: "auto" }, value)),
      h("td", {}, h("ol", { class: "labkit-origin" }, origin.map((each) => h("li", {}, prose(each))))))))));
}

/** Both texts, piece under piece, each piece with its name: read one by one, or as two lines. */
function compared(pieces) {
  return h("ol", { class: "labkit-pieces", "aria-label": "Pieces of the pattern, and what they are in the request" }, pieces.map(({ kind, pattern, value }) =>
    h("li", { class: `labkit-piece labkit-of-${kind in NAMES ? kind : "text"}` },
      h("span", { class: "labkit-kind" }, NAMES[kind] ?? kind),
      h("code", {}, h("span", { class: "labkit-unseen" }, "pattern "), pattern || "(ends)"),
      h("code", {}, h("span", { class: "labkit-unseen" }, "request "), value || (kind === "wildcard" ? "(nothing)" : "(ends)")))));
}
