// Knowledge checks: one question at a time; what is right comes from Python, after the answer.
import { h, mark, prose, view } from "./shared.js";

export default view("knowledge-check", ({ root, say, ask, watch }) => {
  watch("record", (record) => {
    const questions = record.questions ?? [];
    if (!questions.length) root.replaceChildren(h("p", {}, "There is no question."));
    else root.replaceChildren(...check(questions, root.getAttribute("aria-label"), say, ask));
  });
});

function check(questions, title, say, ask) {
  const first = new Map(); // question's id → whether its first answer was right
  const score = h("p", {});
  const answered = ({ id }, right) => {
    if (!first.has(id)) first.set(id, right);
    const good = [...first.values()].filter(Boolean).length;
    score.textContent = `${good} of ${first.size} right at the first answer, ${questions.length - first.size} to go.`;
  };
  const cards = questions.map((question, index) => card(question, `${index + 1}. `, say, ask, answered));
  const stage = h("div", {}), place = h("span", {});
  const back = h("button", { type: "button", click: () => go(at - 1) }, "◀ Back");
  const forward = h("button", { type: "button", click: () => go(at + 1) }, "Next ▶");
  let at = -1;
  const go = (to) => {
    if (!cards[to]) return;
    at = to;
    // Not `disabled`: a button that is pressed until the end would lose the focus.
    back.setAttribute("aria-disabled", String(at === 0));
    forward.setAttribute("aria-disabled", String(at === cards.length - 1));
    place.textContent = `Question ${at + 1} of ${cards.length}`;
    stage.replaceChildren(cards[at]);
  };
  go(0);
  return [h("h3", {}, title), stage, h("div", { class: "labkit-row" }, back, forward, place), score];
}

function card(question, number, say, ask, answered) {
  const kind = question.kind === "ordering" ? ordering(question, say) : choosing(question);
  const verdict = h("div", { class: "labkit-verdict" });
  const button = h("button", { type: "submit" }, "Check my answer");
  let open = true; // until the answer is there
  const submit = async (event) => {
    event.preventDefault();
    if (!open) return again();
    const reply = await ask({ id: question.id, chosen: kind.chosen() });
    open = false;
    answered(question, reply.right);
    kind.reveal(reply.answer);
    const words = reply.right ? "Right." : "Not right.";
    verdict.replaceChildren(
      h("p", {}, mark(reply.right, words)),
      h("p", {}, prose(reply.explanation), " ", h("a", { href: reply.page, target: "_blank", rel: "noopener" }, "AWS says so here")));
    button.textContent = "Answer again";
    say(`${words} ${reply.explanation}`, { drawn: true });
  };
  const again = () => {
    open = true;
    kind.reset();
    verdict.replaceChildren();
    button.textContent = "Check my answer";
    say("");
  };
  return h("form", { submit },
    h("fieldset", {}, h("legend", {}, number, prose(question.text), h("span", { class: "labkit-asked" }, ` (${question.asked})`)), kind.element),
    button, verdict);
}

/** Radio buttons, or checkboxes where several may be right. The form keeps them apart from other views' ones. */
function choosing({ kind, options }) {
  const type = kind === "multiple" ? "checkbox" : "radio";
  const lines = options.map((option) => {
    const input = h("input", { type, name: "option" }), result = h("span", {});
    return { input, result, element: h("div", { class: "labkit-option" }, h("label", {}, input, h("span", {}, prose(option))), result) };
  });
  const inputs = lines.map(({ input }) => input);
  return {
    element: h("div", {}, lines.map(({ element }) => element)),
    chosen: () => inputs.flatMap((input, place) => (input.checked ? [place] : [])),
    reveal(answer) {
      lines.forEach(({ input, result }, place) => {
        input.disabled = true;
        result.replaceChildren(...judged(input.checked, answer.includes(place)));
      });
    },
    reset() {
      for (const { input, result } of lines) {
        [input.disabled, input.checked] = [false, false];
        result.replaceChildren();
      }
    },
  };
}

function judged(chosen, belongs) {
  if (chosen) return [mark(belongs, belongs ? "right" : "wrong")];
  return belongs ? [mark(null, "this is right")] : [];
}

/** A list in which each item moves up and down, with its buttons or with the arrow keys on them. */
function ordering({ options }, say) {
  let order = options.map((_, place) => place), open = true;
  const items = options.map((option, place) => {
    const name = option.replaceAll("`", "");
    const move = (by, sign) => h("button", { type: "button", "aria-label": `Move ${by < 0 ? "up" : "down"}: ${name}`, click: () => shift(place, by) }, sign);
    const result = h("span", {});
    const element = h("li", { keydown: (event) => arrow(event, place) }, move(-1, "▲"), move(1, "▼"), h("span", { class: "labkit-text" }, prose(option)), result);
    return { name, result, element, buttons: [...element.querySelectorAll("button")] };
  });
  const list = h("ol", { class: "labkit-order" });
  const draw = () => {
    list.replaceChildren(...order.map((place) => items[place].element));
    order.forEach((place, at) => {
      const [up, down] = items[place].buttons;
      up.setAttribute("aria-disabled", String(!open || at === 0));
      down.setAttribute("aria-disabled", String(!open || at === order.length - 1));
    });
  };
  const shift = (place, by) => {
    const from = order.indexOf(place), to = from + by;
    if (!open || to < 0 || to >= order.length) return;
    const focused = document.activeElement;
    order.splice(from, 1);
    order.splice(to, 0, place);
    draw();
    if (items[place].buttons.includes(focused)) focused.focus(); // moving took it away
    say(`${items[place].name}: now ${to + 1} of ${order.length}`, { drawn: true });
  };
  const arrow = (event, place) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    shift(place, by);
  };
  draw();
  return {
    element: list,
    chosen: () => order,
    reveal(answer) {
      open = false;
      draw();
      order.forEach((place, at) => {
        const belongs = answer.indexOf(place);
        items[place].result.replaceChildren(mark(belongs === at, belongs === at ? "right" : `belongs at ${belongs + 1}`));
      });
    },
    reset() {
      open = true;
      for (const { result } of items) result.replaceChildren();
      draw();
    },
  };
}
