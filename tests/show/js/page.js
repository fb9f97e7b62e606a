// A page and a model as anywidget gives them to a view: enough for `render({ model, el })`.
import { readFile } from "node:fs/promises";
import { Window } from "happy-dom";

export const VIEWS = new URL("../../../labkit/show/interactive/", import.meta.url);

const window = new Window({ url: "http://127.0.0.1/" });
for (const name of ["document", "Event", "KeyboardEvent", "MouseEvent", "HTMLElement"]) globalThis[name] = window[name];

/** The traits, and what the page did with them. `reply` is Python's part: question in, answer out. */
export function fakeModel(traits, { reply } = {}) {
  const values = { title: "A view", record: {}, question: {}, answer: {}, ...structuredClone(traits) };
  const listeners = new Map();
  const model = {
    asked: [],
    get: (name) => values[name],
    set(name, value) {
      values[name] = value;
      for (const listener of [...(listeners.get(`change:${name}`) ?? [])]) listener();
    },
    save_changes() {
      model.asked.push(values.question);
      if (reply) model.set("answer", { ...reply(values.question), n: values.question.n });
    },
    send() { throw new Error("the comm is closed"); },
    on(event, listener) { listeners.set(event, [...(listeners.get(event) ?? []), listener]); },
    off(event, listener) { listeners.set(event, (listeners.get(event) ?? []).filter((other) => other !== listener)); },
    listening: () => [...listeners.values()].flat().length,
  };
  return model;
}

/** A model whose kernel is gone: whatever would go to it throws. */
export function deadModel(traits) {
  const model = fakeModel(traits);
  model.save_changes = () => { throw new Error("Syncing error: no comm channel defined"); };
  return model;
}

/** Draw a view: the element it is in, and what ends it. */
export async function draw(name, model) {
  const { default: view } = await import(new URL(`${name}.js`, VIEWS));
  const el = document.createElement("div");
  document.body.replaceChildren(el);
  const end = view.render({ model, el });
  return { el, end };
}

/** The sample record of a view, as Python's tests write it (tests/show/samples.py). */
export async function sample(name) {
  const path = process.env.LABKIT_SAMPLES;
  return JSON.parse(await readFile(`${path}/${name}.json`, "utf8"));
}

export function press(element, key, more = {}) {
  element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
}

/** Let promises settle. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));
