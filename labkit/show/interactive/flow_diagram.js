// The flow diagram: a sequence of real API calls, one of them chosen, with what was sent and what came back.
import { h, mark, roving, save, view } from "./shared.js";

export default view("flow-diagram", ({ root, say, watch }) => {
  watch("record", (record) => {
    const steps = record.steps ?? [];
    if (!steps.length) root.replaceChildren(h("p", {}, "No API call was recorded."));
    else root.replaceChildren(...diagram(record, steps, root.getAttribute("aria-label"), say));
  });
});

function diagram({ participants, svg, mermaid }, steps, title, say) {
  const details = h("div", { class: "labkit-details" });
  const lines = steps.map((step, index) => h("button", { type: "button", class: "labkit-step labkit-moves" }, arrows(step, index, participants)));
  const place = h("span", {});
  const back = h("button", { type: "button", click: () => walk(-1) }, "◀ Back");
  const forward = h("button", { type: "button", click: () => walk(1) }, "Next ▶");
  let chosen = -1;
  const choose = (index) => {
    if (index === chosen) return;
    chosen = index;
    lines.forEach((line, at) => {
      if (at === index) line.setAttribute("aria-current", "step");
      else line.removeAttribute("aria-current");
    });
    // Not `disabled`: a button that is pressed until the end would lose the focus.
    back.setAttribute("aria-disabled", String(index === 0));
    forward.setAttribute("aria-disabled", String(index === steps.length - 1));
    place.textContent = `Step ${index + 1} of ${steps.length}`;
    details.replaceChildren(...explained(steps[index], index, participants));
  };
  const list = h("ol", { class: "labkit-steps" }, lines.map((line) => h("li", {}, line)));
  const go = roving(list, () => lines.map((line) => [line]), { moved: (line) => choose(lines.indexOf(line)) });
  const walk = (by) => {
    const to = lines[chosen + by];
    if (!to) return;
    go(to, { focus: false });
    to.scrollIntoView?.({ block: "nearest" });
    say(`${place.textContent}: ${steps[chosen].question}, ${steps[chosen].answer}`, { drawn: true });
  };
  for (const line of lines) line.addEventListener("click", () => go(line));
  choose(0);
  const chart = h("div", { class: "labkit-chart" }, h("div", { class: "labkit-heads" }, participants.map((name) => h("span", {}, name))), list);
  chart.style.setProperty("--columns", participants.length);
  return [
    h("h3", {}, title),
    h("div", { class: "labkit-row" }, back, forward, place,
      h("span", { class: "labkit-files" },
        h("button", { type: "button", click: () => save("api-calls.svg", "image/svg+xml", svg) }, "Save as SVG"),
        h("button", { type: "button", click: () => save("api-calls.mmd", "text/plain", mermaid) }, "Save as Mermaid"))),
    h("div", { class: "labkit-columns" }, chart, details),
  ];
}

function arrows({ to, question, answer, failed, milliseconds }, index, participants) {
  const forth = h("span", { class: "labkit-arrow", "aria-hidden": "true" });
  const back = h("span", { class: "labkit-arrow labkit-back", "aria-hidden": "true" });
  for (const arrow of [forth, back]) arrow.style.setProperty("--to", to);
  return [
    h("span", { class: "labkit-label" }, `${index + 1}. ${question}`, h("span", { class: "labkit-unseen" }, `, to ${participants[to]}: `)),
    forth,
    h("span", { class: "labkit-label" }, mark(!failed, answer), ` ${milliseconds} ms`),
    back,
  ];
}

function explained(step, index, participants) {
  const lines = [
    ["asked", `${participants[step.to]} (${step.service})`],
    ["request", step.signature === "unsigned" ? "unsigned" : `signed (${step.signature})`],
    ["answer", mark(!step.failed, step.answer)],
    ["took", `${step.milliseconds} ms, from ${step.started}`],
    ["request ID", step.request_id || "none"],
  ];
  return [
    h("h4", {}, `${index + 1}. ${step.operation}`),
    h("dl", {}, lines.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    members("Sent", step.sent),
    members("Came back", step.received),
  ];
}

/** May be long: it scrolls, and so it takes the focus. */
function members(name, text) {
  return h("div", {}, h("h5", {}, name),
    text ? h("pre", { tabindex: "0", role: "group", "aria-label": name, dir: "auto" }, text) : h("p", {}, "nothing"));
}
