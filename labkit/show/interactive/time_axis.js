// The time axis: bars of what lives how long, and a hand to drag; Python says what is refused there.
import { PATIENCE, duration, h, mark, prose, view } from "./shared.js";

export default view("time-axis", ({ root, say, ask, watch }) => {
  watch("record", (record) => {
    const focused = root.contains(document.activeElement);
    if (!record.bars?.length) root.replaceChildren(h("p", {}, "There is nothing that lives for a while."));
    else root.replaceChildren(...axis(record, root.getAttribute("aria-label"), say, ask));
    if (focused) root.querySelector("input")?.focus(); // what had the focus is drawn anew
  });
});

const MINUTE = 60, HOUR = 3600;

function axis(record, title, say, ask) {
  const { start, end, now, bars } = record;
  const slider = h("input", { type: "range", min: 0, max: 1, step: "any", "aria-label": "The clock's hand", input: () => stand(stretched(Number(slider.value))), keydown: (event) => arrow(event) });
  const chart = h("div", { class: "labkit-chart" });
  const time = h("strong", {}), lines = h("tbody", {});
  const rows = bars.map(track);
  // The places are Python's: log(1 + minutes / 5), so that an hour is seen beside thirty days.
  const whole = Math.log1p((end - start) / 300);
  const place = (at) => Math.log1p(Math.max(0, at - start) / 300) / whole;
  const stretched = (to) => start + Math.expm1(to * whole) * 300;
  const later = latest(now, (instant) => ask({ at: instant }), (answer) => draw(answer));
  let at = now;
  const stand = (to) => {
    at = Math.min(end, Math.max(start, to)); // never rounded: a second's fraction decides whether something has begun
    slider.value = place(at);
    slider.setAttribute("aria-valuetext", `${utc(at)}, ${beside(at, now)}`);
    chart.style.setProperty("--hand", place(at));
    time.textContent = `${utc(at)} (${beside(at, now)})`;
    move?.setAttribute("aria-disabled", String(at - now < 1));
    later(at);
  };
  const arrow = (event) => {
    const steps = { ArrowRight: MINUTE, ArrowUp: MINUTE, ArrowLeft: -MINUTE, ArrowDown: -MINUTE, PageUp: HOUR, PageDown: -HOUR };
    const to = { Home: start, End: end }[event.key] ?? at + steps[event.key];
    if (Number.isNaN(to) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    stand(to);
  };
  const draw = ({ standings }) => {
    lines.replaceChildren(...standings.map((one, index) => line(bars[index], one)));
    standings.forEach(({ valid }, index) => rows[index].bar.classList.toggle("labkit-over", valid === false));
  };
  const next = () => {
    const ends = bars.map((bar) => bar.ends).filter((moment) => moment !== null && moment > at);
    if (!ends.length) return say("Nothing else ends.");
    const to = Math.min(...ends);
    stand(to);
    say(`${bars.filter((bar) => bar.ends === to).map(({ name }) => name).join(" and ")} ends here: ${utc(to)}`, { drawn: true });
  };
  const advance = async () => {
    if (at - now < 1) return say("Drag the hand to a later time first.");
    const answer = await ask({ advance: at });
    say(`The account's clock now stands at ${utc(answer.now)}.`);
  };
  const move = record.movable ? h("button", { type: "button", click: advance }, "Advance the account's clock to here") : null;
  chart.append(
    h("span", {}), h("div", { class: "labkit-hand-row" }, slider),
    ...rows.flatMap(({ name, element }) => [name, element]),
    h("span", { "aria-hidden": "true" }), h("div", { class: "labkit-ticks", "aria-hidden": "true" }, record.ticks.map(tick)));
  chart.style.setProperty("--now", place(now));
  draw(record);
  stand(now);
  return [
    h("h3", {}, title),
    h("p", {}, "The hand stands at ", time),
    chart,
    h("div", { class: "labkit-row" },
      h("button", { type: "button", click: next }, "To the next end ▶"),
      h("button", { type: "button", click: () => stand(now) }, "Back to now"),
      move),
    h("table", {},
      h("caption", {}, "What holds where the hand stands"),
      h("thead", {}, h("tr", {}, ["what", "stands", "what that means"].map((name) => h("th", { scope: "col" }, name)))),
      lines),
  ];
}

function track({ name, from, until }) {
  const bar = h("span", { class: "labkit-bar labkit-moves" });
  bar.style.left = `${from * 100}%`;
  bar.style.width = `${Math.max(0, until - from) * 100}%`;
  return { bar, name: h("span", { class: "labkit-name", "aria-hidden": "true" }, name), element: h("div", { class: "labkit-track", "aria-hidden": "true" }, h("span", { class: "labkit-now" }), bar, h("span", { class: "labkit-hand" })) };
}

function tick({ place, text }) {
  const element = h("span", {}, text);
  element.style.left = `${place * 100}%`;
  return element;
}

function line({ name, page }, { valid, words, means }) {
  return h("tr", {},
    h("th", { scope: "row" }, name),
    h("td", {}, mark(valid, words)),
    h("td", {}, prose(means), page && [" ", h("a", { href: page, target: "_blank", rel: "noopener", "aria-label": `AWS about: ${name}` }, "AWS")]));
}

function utc(seconds) {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function beside(at, now) {
  const seconds = Math.round(at - now);
  if (!seconds) return "now";
  return seconds > 0 ? `${duration(seconds)} from now` : `${duration(seconds)} ago`;
}

/** One question at a time, and then the newest one: a hand that is dragged asks more than anybody answers. */
function latest(known, ask, answered) {
  let wanted = known, busy = false, since = 0;
  const next = async () => {
    const asked = wanted;
    [busy, since] = [true, Date.now()];
    answered(await ask(asked));
    busy = false;
    if (wanted !== asked) next();
  };
  return (value) => {
    if (value === wanted) return;
    wanted = value;
    if (!busy || Date.now() - since > PATIENCE) next();
  };
}
