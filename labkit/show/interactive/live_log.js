// The live log: rows that are filtered here and read anew by Python, as long as somebody looks.
import { PATIENCE, h, mark, prose, roving, view } from "./shared.js";

const KINDS = { accepted: "accepted", denied: "denied by a policy", failed: "refused otherwise" };

export default view("live-log", (page) => {
  let shown;
  page.watch("record", (record) => {
    shown?.end();
    shown = log(record, page);
  });
  page.watch("answer", (answer) => answer?.stamp && shown.answered(answer));
  return () => shown.end();
});

function log(record, page) {
  const { root, ask, say } = page;
  let { rows = [], refused } = record, chosen = null;
  const filters = choices(() => draw());
  const table = h("div", { class: "labkit-lines", tabindex: "0", role: "group", "aria-label": "Requests, the newest first" });
  const details = h("div", { class: "labkit-details" });
  const count = h("span", {});
  const choose = (row) => {
    chosen = row;
    for (const line of lines()) line.setAttribute("aria-pressed", String(line.row === row));
    details.replaceChildren(...(row ? explained(row, record.explains, ask) : [h("p", {}, "Choose a line to see more of it.")]));
  };
  const lines = () => [...table.querySelectorAll("button")];
  let held = null; // what holds the arrow keys, until the lines are drawn anew
  const draw = () => {
    const shown = rows.filter(filters.lets);
    count.textContent = `${shown.length} of ${rows.length}`;
    const focused = document.activeElement?.row;
    const body = h("tbody", {}, shown.map(drawn));
    table.replaceChildren(shown.length ? sheet(body) : h("p", {}, nothing(rows, refused)));
    held = roving(body, () => [...body.querySelectorAll("button")].map((line) => [line]));
    for (const line of lines()) {
      line.addEventListener("click", () => choose(line.row));
      line.setAttribute("aria-pressed", String(same(line.row, chosen)));
      if (same(line.row, focused)) held(line);
    }
  };
  const followed = following(record, page, (found) => {
    const before = new Set(rows.map(key));
    const fresh = found.rows.filter((row) => !before.has(key(row))).length;
    ({ rows, refused } = found);
    filters.offer(rows);
    draw();
    if (found.refused) say(found.refused, { drawn: true });
    else if (fresh) say(`${fresh} new ${fresh === 1 ? "line" : "lines"}`, { drawn: true });
  });
  filters.offer(rows);
  draw();
  choose(null);
  root.replaceChildren(
    h("h3", {}, root.getAttribute("aria-label")),
    h("div", { class: "labkit-row" }, filters.fields, count, followed.button),
    h("div", { class: "labkit-columns" }, table, details));
  return followed;
}

const key = (row) => JSON.stringify(row);
const same = (one, other) => Boolean(one && other) && key(one) === key(other);

function nothing(rows, refused) {
  if (rows.length) return "No line fits this filter.";
  return refused || "Nothing was asked yet.";
}

/** The three filters: what they let through, and the services that there are to choose from. */
function choices(changed) {
  const select = (name, options) => h("select", { change: changed, "aria-label": name }, options);
  const option = (value, text) => h("option", { value }, text);
  const service = select("Service", option("", "every service"));
  const kind = select("Verdict", [option("", "every verdict"), Object.entries(KINDS).map(([value, text]) => option(value, text))]);
  const text = h("input", { type: "search", "aria-label": "Text", placeholder: "operation, who, ID …", input: changed });
  return {
    fields: [service, kind, text],
    offer(rows) {
      const known = [...service.options].map(({ value }) => value);
      const added = [...new Set(rows.map((row) => row.service))].filter((name) => !known.includes(name)).sort();
      service.append(...added.map((name) => option(name, name)));
    },
    lets: (row) => (!service.value || row.service === service.value)
      && (!kind.value || row.kind === kind.value)
      && Object.values(row).join("\n").toLowerCase().includes(text.value.trim().toLowerCase()),
  };
}

function sheet(body) {
  const head = ["time, service", "operation, who", "answer"].map((name) => h("th", { scope: "col" }, name));
  return h("table", {}, h("thead", {}, h("tr", {}, head)), body);
}

function drawn(row) {
  const line = h("button", { type: "button", "aria-pressed": "false" }, row.what);
  line.row = row;
  return h("tr", {},
    h("td", {}, h("span", { class: "labkit-time" }, row.time.split(" ")[1] ?? row.time), h("span", {}, row.service)),
    h("th", { scope: "row" }, line, row.on && h("code", { dir: "auto" }, " ", row.on), h("span", { class: "labkit-who", dir: "auto" }, row.who)),
    h("td", {}, mark(row.kind === "accepted", row.answer)));
}

function explained(row, explains, ask) {
  const why = h("div", {});
  const button = h("button", { type: "button", click: () => ask({ why: row.id }).then(({ why: notes }) =>
    why.replaceChildren(...notes.map(({ text, verdict, marked, page }) =>
      h("p", {}, marked ? mark(verdict, text) : prose(text), page && [" ", h("a", { href: page, target: "_blank", rel: "noopener" }, "Source")])))) },
  "Why?");
  const parts = [["time", row.time], ["who", row.principal], ["verdict", prose(row.reason)], ["ID", h("code", {}, row.id || "none")]];
  return [
    h("h4", {}, `${row.service}: ${row.what}`),
    h("dl", {}, parts.map(([name, value]) => [h("dt", {}, name), h("dd", { dir: "auto" }, value)])),
    explains && row.explained && h("p", {}, button),
    why,
  ].filter(Boolean);
}

/** Asks for what is new every few seconds, while it is wanted, the page is visible and Python answers. */
function following({ every, follow }, { ask, say }, found) {
  let on = false, lost = false, timer, silence, stamp = "";
  const button = h("button", { type: "button", click: () => turn(!on) }, "Follow");
  const later = (poll, seconds) => {
    clearTimeout(timer);
    if (!on || document.hidden) return;
    timer = setTimeout(poll, seconds * 1000);
    timer.unref?.();
  };
  const poll = () => {
    silence = setTimeout(() => { turn(false); lost = true; }, PATIENCE);
    silence.unref?.();
    ask({ have: stamp });
  };
  const turn = (to) => {
    [on, lost] = [to, false];
    button.setAttribute("aria-pressed", String(on));
    clearTimeout(silence);
    later(poll, 0);
  };
  const seen = () => later(poll, every || 2);
  document.addEventListener("visibilitychange", seen);
  turn(Boolean(follow));
  return {
    button,
    answered(answer) {
      clearTimeout(silence);
      if (lost) { // a cell ran for long, and the kernel answers only now
        turn(true);
        say("");
      }
      stamp = answer.stamp;
      if (answer.rows) found(answer);
      later(poll, every || 2);
    },
    end() {
      turn(false);
      document.removeEventListener("visibilitychange", seen);
    },
  };
}
