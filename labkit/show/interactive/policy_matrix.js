// The policy matrix: decisions as a grid, why one was taken, and policies that can be edited beside it.
import { blocks, h, mark, prose, roving, view } from "./shared.js";

const VERDICT = { "✓": true, "✗": false, "–": null };
const KIND = { "✓": "allow", "✗": "deny", "–": "neither" };
/** How long nobody types before Python is asked. Milliseconds. */
const PAUSE = 250;
/** How many changes are listed. */
const LISTED = 8;

export default view("policy-matrix", (page) => {
  let stop = () => {};
  page.watch("record", (record) => {
    stop();
    stop = record.grids?.length ? matrix(page, record) : nothing(page.root);
  });
  return () => stop();
});

function nothing(root) {
  root.replaceChildren(h("p", {}, "There is nothing to decide: a side of the matrix is empty."));
  return () => {};
}

function matrix({ root, say, ask }, record) {
  const edits = new Map(), was = record.grids.map((grid) => grid.signs);
  const why = h("div", { class: "labkit-why" }, h("p", {}, "Choose a cell with Enter or a click, to see why."));
  const changed = h("div", { class: "labkit-changed" });
  let chosen = null, turn = 0;
  const explain = async () => {
    const mine = (turn += 1), { at, name } = chosen;
    const { why: found, wrong } = await ask({ at, edits: Object.fromEntries(edits) });
    if (mine !== turn || wrong) return;
    why.replaceChildren(h("h4", {}, `Why: ${name}`), ...blocks(found));
    say(`${name}: ${found[0]?.note ?? ""}`, { drawn: true });
  };
  const grids = record.grids.map((grid, index) => drawn(grid, record.words ?? {}, (line, column, name) => {
    for (const other of grids) if (other !== grids[index]) other.unchoose();
    chosen = { at: [index, line, column], name };
    explain();
  }));
  const recolour = (signs) => {
    const found = grids.flatMap((grid, index) => grid.recolour(signs[index], was[index]));
    changed.replaceChildren(...changes(found, record.words ?? {}, edits.size > 0));
    say(summed(found), { drawn: true });
    if (chosen) explain();
  };
  const editing = record.policies?.length ? editor(record.policies, edits, ask, recolour) : { stop() {} };
  root.replaceChildren(
    h("h3", {}, root.getAttribute("aria-label")),
    h("p", {}, legend(record.words ?? {})), record.beginnings && h("p", {}, prose(record.beginnings)),
    h("div", { class: "labkit-columns" },
      h("div", { class: "labkit-grids" }, grids.map((grid) => grid.element)),
      h("div", { class: "labkit-beside" }, editing.element, changed)),
    why);
  return editing.stop;
}

function legend(words) {
  return Object.entries(words).map(([sign, word]) => [mark(VERDICT[sign], word), " "]);
}

/** A table that is a grid: https://www.w3.org/WAI/ARIA/apg/patterns/grid/ */
function drawn({ caption, kinds, down, across, signs }, words, choose) {
  const [one, other] = kinds;
  const here = h("p", { class: "labkit-here" });
  const cells = down.map((_, line) => across.map((_, column) => h("td", { "aria-selected": "false" })));
  const name = (line, column) => `${down[line][1]}, ${across[column][1]}`;
  const place = new Map(cells.flatMap((row, line) => row.map((cell, column) => [cell, [line, column]])));
  const grid = h("table", { role: "grid", "aria-label": caption },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, `${one} ↓ ${other} →`), across.map(([text, full]) => h("th", { scope: "col", title: full }, text)))),
    h("tbody", {}, cells.map((row, line) => h("tr", {}, h("th", { scope: "row", title: down[line][1] }, breaking(down[line][0])), row))));
  const paint = (cell, sign, before) => {
    const same = before === sign, word = words[sign] ?? sign;
    cell.className = `labkit-cell labkit-moves labkit-${KIND[sign] ?? "neither"}${same ? "" : " labkit-new"}`;
    cell.textContent = same ? sign : `${arrow(before, sign)}${sign}`;
    cell.setAttribute("aria-label", same ? word : `${word}, was ${words[before] ?? before}`);
  };
  let current;
  const tell = () => current && here.replaceChildren(h("code", {}, name(...place.get(current))), `: ${current.getAttribute("aria-label")}`);
  const go = roving(grid, () => cells, { moved: (cell) => {
    current = cell;
    tell();
  } });
  const unchoose = () => grid.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
  const press = (cell) => {
    if (!place.has(cell)) return;
    go(cell);
    unchoose();
    cell.setAttribute("aria-selected", "true");
    choose(...place.get(cell), name(...place.get(cell)));
  };
  grid.addEventListener("click", ({ target }) => press(target));
  grid.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    press(event.target);
  });
  const recolour = (now, before) => {
    const found = [...place].flatMap(([cell, [line, column]]) => {
      const [to, from] = [now?.[line]?.[column], before[line]?.[column]].map((sign) => sign ?? "–");
      paint(cell, to, from);
      return to === from ? [] : [{ name: name(line, column), from, to, table: caption }];
    });
    tell();
    return found;
  };
  recolour(signs, signs);
  return { element: h("div", {}, h("h4", {}, caption), h("div", { class: "labkit-wide labkit-tall" }, grid), here), recolour, unchoose };
}

/** A name that a line may break after its `/` and `:`. */
function breaking(name) {
  return name.split(/(?<=[/:])/).map((part, index) => (index ? [h("wbr"), part] : part));
}

/** ▲ is allowed now, ▼ no longer, ◇ is refused as before, but in another way. */
function arrow(from, to) {
  if (to === "✓") return "▲";
  return from === "✓" ? "▼" : "◇";
}

function summed(found) {
  const count = (sign) => found.filter(({ from, to }) => arrow(from, to) === sign).length;
  const said = [["▲", "now allowed"], ["▼", "no longer allowed"], ["◇", "refused in another way"]];
  const counted = said.filter(([sign]) => count(sign)).map(([sign, words]) => `${sign} ${count(sign)} ${words}`);
  return found.length ? `${found.length} changed: ${counted.join(", ")}.` : "No cell changed.";
}

function changes(found, words, edited) {
  if (!edited) return [];
  const lines = found.slice(0, LISTED).map(({ name, from, to, table }) => h("li", {},
    `${arrow(from, to)} `, h("code", {}, name), ` (${table}): was ${words[from] ?? from}, is `, mark(VERDICT[to], words[to] ?? to)));
  const more = found.length - lines.length;
  return [h("h4", {}, "What changed"), h("p", {}, summed(found)),
    lines.length > 0 && h("ul", {}, lines, more > 0 && h("li", {}, `and ${more} more`))].filter(Boolean);
}

/** The text of one policy at a time; each keeps what was typed. */
function editor(policies, edits, ask, recolour) {
  const id = `labkit-${Math.random().toString(36).slice(2)}`;
  const said = h("div", { id, class: "labkit-said", "aria-live": "polite" });
  const field = h("textarea", { id: `${id}-text`, rows: 14, spellcheck: "false", autocapitalize: "off", "aria-describedby": id });
  const choice = h("select", { id: `${id}-choice` }, policies.map(({ name, rows }, index) => h("option", { value: index }, `${name} of ${rows.join(", ")}`)));
  const label = h("label", { for: `${id}-text` });
  const back = h("button", { type: "button" }, "Back to the policies as given");
  let timer, turn = 0;
  const number = () => (policies.length > 1 ? Number(choice.value || 0) : 0);
  const show = () => {
    field.value = edits.get(number()) ?? policies[number()].text;
    label.textContent = `Policy ${policies[number()].name}`;
  };
  const check = async () => {
    const mine = (turn += 1);
    const answer = await ask({ edits: Object.fromEntries(edits) });
    if (mine !== turn) return;
    field.setAttribute("aria-invalid", String(Boolean(answer.wrong)));
    said.replaceChildren(...sentences(answer, edits.size > 0));
    if (!answer.wrong) recolour(answer.signs);
  };
  const typed = () => {
    clearTimeout(timer);
    if (field.value === policies[number()].text) edits.delete(number());
    else edits.set(number(), field.value);
    timer = setTimeout(check, PAUSE);
    timer.unref?.();
  };
  field.addEventListener("input", typed);
  choice.addEventListener("change", show);
  back.addEventListener("click", () => {
    clearTimeout(timer);
    edits.clear();
    show();
    check();
  });
  show();
  const element = h("div", { class: "labkit-editor" },
    policies.length > 1 && h("div", { class: "labkit-row" }, h("label", { for: `${id}-choice` }, "Edit"), choice),
    label, field, said, h("div", { class: "labkit-row" }, back));
  return { element, stop: () => clearTimeout(timer) };
}

function sentences({ wrong, advice = [] }, edited) {
  if (wrong) return [h("p", {}, mark(false, "AWS would not store it"), " ", prose(wrong))];
  if (!edited) return [];
  if (!advice.length) return [h("p", {}, mark(true, "AWS would store it"))];
  return [h("p", {}, mark(null, "AWS would store it, but:")), h("ul", {}, advice.map(({ text, source }) =>
    h("li", {}, prose(text), source && [" ", h("a", { href: source, target: "_blank", rel: "noreferrer" }, "AWS's page")])))];
}
