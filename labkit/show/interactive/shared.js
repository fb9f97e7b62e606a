// What every interactive view needs. Node imports this file as it is; widget.py joins it to a view's own.

/** An element. Children that are no elements become text, so nothing in a record is ever read as markup. */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same in SVG. */
export function s(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "href" && !/^(?:https|blob):/.test(value)) continue; // no record makes a link that runs
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** `text` with what stands in backticks as code. */
export function prose(text) {
  return String(text ?? "").split(/`([^`]+)`/).map((part, index) => (index % 2 ? h("code", {}, part) : part));
}

const SIGNS = { true: ["✓", "allow"], false: ["✗", "deny"], null: ["–", "neither"] };

/** A verdict: true, false or null (neither), always with its sign; `words` say it for everybody. */
export function mark(verdict, words) {
  const [sign, kind] = SIGNS[String(verdict ?? null)];
  return h("span", { class: `labkit-mark labkit-${kind}` }, `${sign} ${words}`);
}

/** One stop for Tab, arrow keys inside (a roving tabindex): https://www.w3.org/WAI/ARIA/apg/practices/keyboard-interface/
 *
 * `items` gives the stops as rows: `[[a, b, c]]` is a line across, `[[a], [b]]` one down, more of both a grid.
 * Returns what moves the focus there by itself. */
export function roving(container, items, { moved = () => {} } = {}) {
  const place = (element) => {
    const rows = items();
    const row = rows.findIndex((cells) => cells.includes(element));
    return row < 0 ? [0, 0] : [row, rows[row].indexOf(element)];
  };
  const go = (element, { focus = true } = {}) => {
    for (const item of items().flat()) item.tabIndex = item === element ? 0 : -1;
    if (focus) element.focus();
    moved(element);
  };
  container.addEventListener("keydown", (event) => {
    const stop = items().flat().find((item) => item === event.target);
    if (!stop || event.altKey || event.metaKey) return;
    const next = step(items(), place(stop), event.key, event.ctrlKey);
    if (!next) return;
    event.preventDefault();
    go(next);
  });
  container.addEventListener("focusin", (event) => {
    if (items().flat().includes(event.target) && event.target.tabIndex !== 0) go(event.target, { focus: false });
  });
  items().flat().forEach((item, index) => { item.tabIndex = index ? -1 : 0; });
  return go;
}

function step(rows, [row, column], key, whole) {
  const across = rows[row], last = rows.length - 1;
  const line = rows.length === 1 || rows.every((cells) => cells.length === 1);
  if (line) { // up and left are the same on one line
    const stops = rows.flat(), at = row + column;
    const to = { ArrowUp: at - 1, ArrowLeft: at - 1, ArrowDown: at + 1, ArrowRight: at + 1, Home: 0, End: stops.length - 1 };
    return stops[to[key]];
  }
  return {
    ArrowUp: rows[row - 1]?.[column],
    ArrowDown: rows[row + 1]?.[column],
    ArrowLeft: across[column - 1],
    ArrowRight: across[column + 1],
    Home: whole ? rows[0][0] : across[0],
    End: whole ? rows[last].at(-1) : across.at(-1),
  }[key];
}

/** Whether the reader asked for less motion. */
export function still() {
  return globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
}

/** `seconds` as the tables have them, in at most two units: `59 min 30 s`. */
export function duration(seconds) {
  let left = Math.floor(Math.abs(seconds));
  const parts = [];
  for (const [length, name] of [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]]) {
    if (left >= length) parts.push(`${Math.floor(left / length)} ${name}`);
    left %= length;
  }
  return parts.slice(0, 2).join(" ") || "0 s";
}

/** The clock of the record: it runs in the page, unless it is frozen. */
export function ticking(record) {
  const hands = [];
  let base = record.now ?? 0, since = performance.now(), frozen = Boolean(record.frozen);
  const now = () => (frozen ? base : base + (performance.now() - since) / 1000);
  const timer = setInterval(() => { if (!frozen) for (const hand of hands) hand(); }, 1000);
  timer.unref?.();
  return {
    now,
    frozen: () => frozen,
    freeze(wanted) {
      base = now();
      since = performance.now();
      frozen = wanted;
    },
    each(hand) { hands.push(hand); hand(); },
    stop: () => clearInterval(timer),
  };
}

/** Offers `text` as a file of that name. */
export function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** How long a question may stay without an answer. Milliseconds. */
export const PATIENCE = 8000;

/** What anywidget asks of a view's module.
 *
 * `build({ root, model, say, ask, watch })` draws into `root`, and may return what ends it.
 * `say(text)` announces a change (never each second), with `{ drawn: true }` to screen readers alone because the view
 * shows it already; `ask(question)` puts a question to Python and promises its answer; `watch(trait, draw)` calls
 * `draw(value)` now and on every change. */
export function view(name, build) {
  return {
    render({ model, el }) {
      const root = h("section", { class: `labkit labkit-${name}`, "aria-label": model.get("title") });
      const status = h("p", { class: "labkit-status", role: "status" });
      const say = (text, { drawn = false } = {}) => {
        status.classList.toggle("labkit-unseen", drawn);
        status.replaceChildren(...prose(text)); // a screen reader would read the backticks out
      };
      const listening = [], waiting = new Map();
      const on = (event, callback) => {
        model.on(event, callback);
        listening.push(() => model.off(event, callback));
      };
      const watch = (trait, draw) => {
        on(`change:${trait}`, () => draw(model.get(trait)));
        draw(model.get(trait));
      };
      on("change:answer", () => settle(waiting, model.get("answer"), say));
      const ask = (question) => asked(model, waiting, question, say);
      // Else JupyterLab takes the arrow keys and Enter for shortcuts of the notebook's:
      // https://lumino.readthedocs.io/en/latest/api/classes/commands.CommandRegistry.html
      const frame = h("div", { class: "labkit-frame", "data-lm-suppress-shortcuts": "true" }, root, status);
      frame.addEventListener("keydown", keptByControl);
      el.replaceChildren(frame);
      const end = build({ root, model, say, ask, watch });
      return () => {
        for (const stop of listening) stop();
        for (const { timer } of waiting.values()) clearTimeout(timer);
        end?.();
      };
    },
  };
}

/** A field's own keys: JupyterLab's shortcuts for whatever has the focus (`:focus`) match it before the frame is asked. */
function keptByControl(event) {
  const plain = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);
  if (plain && event.target.matches("input, select, textarea")) event.stopPropagation();
}

const SILENT = "No answer: the kernel has stopped or was restarted. Run the cell again.";

function asked(model, waiting, question, say) {
  const n = (model.get("question")?.n ?? 0) + 1;
  return new Promise((resolve) => {
    const asking = { resolve, late: false };
    asking.timer = setTimeout(() => { asking.late = true; say(SILENT); }, PATIENCE);
    asking.timer.unref?.();
    waiting.set(n, asking);
    try {
      model.set("question", { ...question, n });
      model.save_changes();
    } catch {
      clearTimeout(asking.timer);
      waiting.delete(n);
      say(SILENT);
    }
  });
}

function settle(waiting, answer, say) {
  const question = waiting.get(answer?.n);
  if (!question) return;
  waiting.delete(answer.n);
  clearTimeout(question.timer);
  if (question.late) say(""); // a busy kernel answers after all
  if (answer.error) say(answer.error);
  else question.resolve(answer);
}

const VERDICTS = { "✓": true, "✗": false, "–": null };

/** What stands after its sign, if it has one: `drawn.py` sends `✓`, `✗`, `–` or nothing. */
export function signed(sign, text) {
  if (!(sign in VERDICTS)) return prose(text);
  const found = mark(VERDICTS[sign], "");
  found.append(...prose(text));
  return found;
}

/** The blocks of a View (`drawn.py`): notes, tables, and two texts that part at a character. */
export function blocks(list) {
  return list.map((block) => {
    if ("rows" in block) return blockTable(block);
    if ("parts" in block) return blockComparison(block);
    return h("p", {}, block.sign ? signed(block.sign, block.note) : prose(block.note), block.source && [" ", blockSource(block.source)]);
  });
}

function blockSource(source) {
  return h("a", { href: source, target: "_blank", rel: "noreferrer" }, "AWS's page");
}

/** A table that scrolls by itself where it is too wide; what is folded opens with Enter. */
function blockTable({ caption, head, rows, folded }) {
  const drawn = h("div", { class: "labkit-wide", tabindex: "0", role: "group", "aria-label": caption }, h("table", { class: "labkit-lines" },
    h("caption", { class: folded && "labkit-unseen" }, prose(caption)),
    h("thead", {}, h("tr", {}, head.map((name) => h("th", { scope: "col" }, prose(name))))),
    h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell, index) =>
      h(index ? "td" : "th", { scope: !index && "row" }, cell.code ? h("code", { dir: "auto" }, cell.sign ? signed(cell.sign, cell.text) : cell.text) : signed(cell.sign, cell.text))))))));
  return folded ? h("details", {}, h("summary", {}, prose(caption)), drawn) : drawn;
}

function blockComparison({ caption, first, second, at, parts }) {
  const width = Math.max(first[0].length, second[0].length) + 1;
  const line = ([name], place) => [name.padEnd(width), parts.map((part) => (part[0] === "equal" ? part[place] : h("u", {}, part[place]))), "\n"];
  return h("figure", {}, h("figcaption", {}, prose(caption)),
    h("pre", { class: "labkit-strict", tabindex: "0", role: "group", "aria-label": caption },
      line(first, 1), line(second, 2), " ".repeat(width + Math.min(at, 4096)), `^ character ${at + 1}`));
}
