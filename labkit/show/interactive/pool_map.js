// The map of the two pools: a grid of places, lit by the calls that belong there.
import { h, mark, prose, roving, view } from "./shared.js";

export default view("pool-map", ({ root, say, watch }) => {
  watch("record", (record) => {
    if (!record.lines?.length) root.replaceChildren(h("p", {}, "There is no map."));
    else root.replaceChildren(...map(record, root.getAttribute("aria-label"), say));
  });
});

function map({ pools, lines, calls }, title, say) {
  const details = h("div", { class: "labkit-details" });
  const rows = lines.map((line) => line.places.map((place, column) => spot(place, { name: line.name, pool: pools[column] })));
  const spots = rows.flat();
  const choose = (chosen) => {
    for (const each of spots) each.button.setAttribute("aria-pressed", String(each === chosen));
    details.replaceChildren(...explained(chosen, calls));
  };
  const table = h("table", {},
    h("thead", {}, h("tr", {}, h("td", {}), pools.map((pool) => h("th", { scope: "col" }, pool)))),
    h("tbody", {}, lines.map((line, index) => h("tr", {}, h("th", { scope: "row" }, line.name), rows[index].map(({ button }) => h("td", {}, button))))));
  const go = roving(table, () => rows.map((row) => row.map(({ button }) => button)));
  for (const each of spots) each.button.addEventListener("click", () => { go(each.button); choose(each); });
  choose(spots.find(({ place }) => place.calls.length) ?? spots[0]);
  return [
    h("h3", {}, title),
    calls.length > 0 ? stepper(calls, spots, say) : h("p", {}, "No call was recorded yet."),
    h("div", { class: "labkit-columns" }, table, details),
  ];
}

/** A place: its words, how many calls belong there, and whether the call that is stepped to does. */
function spot(place, where) {
  const count = place.calls.length;
  const here = h("span", { class: "labkit-here" });
  const button = h("button", { type: "button", class: count ? "labkit-lit labkit-moves" : "labkit-moves" },
    place.marked ? mark(place.verdict, place.text) : h("span", {}, place.text),
    h("span", { class: "labkit-count" }, count ? `● ${count} ${count === 1 ? "call" : "calls"}` : "○ no call yet", here));
  return { place, where, button, here };
}

/** Walks from call to call, and shows where each belongs. */
function stepper(calls, spots, say) {
  const text = h("span", {});
  const back = h("button", { type: "button", click: () => step(at - 1) }, "◀ Back");
  const forward = h("button", { type: "button", click: () => step(at + 1) }, "Next call ▶");
  let at = -1;
  const step = (to) => {
    if (!calls[to]) return;
    at = to;
    const { operation, answer, failed } = calls[at];
    const lit = spots.filter(({ place }) => place.calls.includes(at));
    for (const each of spots) {
      each.button.classList.toggle("labkit-step", lit.includes(each));
      each.here.textContent = lit.includes(each) ? " ◀ this one" : "";
    }
    show();
    text.replaceChildren(`${at + 1} of ${calls.length}: `, h("code", {}, operation), " ", mark(!failed, answer));
    const where = lit.map(({ where: { name, pool } }) => `${pool}, ${name}`).join("; ");
    say(`Call ${at + 1} of ${calls.length}: ${operation}, ${answer}. ${where || "It belongs to neither."}`, { drawn: lit.length > 0 });
  };
  const show = () => { // not `disabled`: a button that is pressed until the end would lose the focus
    back.setAttribute("aria-disabled", String(at <= 0));
    forward.setAttribute("aria-disabled", String(at === calls.length - 1));
  };
  show();
  text.append(`${calls.length} ${calls.length === 1 ? "call" : "calls"}`);
  return h("div", { class: "labkit-row" }, back, forward, text);
}

function explained({ place, where }, calls) {
  const made = place.calls.map((number) => [number, calls[number]]).filter(([, call]) => call);
  return [
    h("h4", {}, `${where.pool}: ${where.name}`),
    h("p", {}, prose(place.sentence), " ", h("a", { href: place.page, target: "_blank", rel: "noopener" }, "AWS says so here")),
    made.length
      ? h("ul", {}, made.map(([number, { operation, to, answer, failed }]) => h("li", {}, `${number + 1}. `, h("code", {}, operation), ` (${to}) `, mark(!failed, answer))))
      : h("p", {}, "No call of yours belongs here yet."),
  ];
}
