// What every view survives. The views are those that have a sample record (tests/show/test_javascript.py writes them).
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { deadModel, draw, fakeModel, press, sample, settled } from "./page.js";

const names = (await readdir(process.env.LABKIT_SAMPLES)).map((file) => file.replace(".json", ""));

const TEXTS = {
  "a script": '<script>alert(1)</script>',
  "an attribute's end": '"><img src=x onerror=alert(1)>',
  "right-to-left text": "\u05e9\u05dc\u05d5\u05dd \u0639\u0644\u064a\u0643\u0645",
  "4 KB in one word": "x".repeat(4096),
};

/** `value` with every text replaced, but for the keys by which its parts name each other. */
function withText(value, text) {
  if (typeof value === "string") return text;
  if (Array.isArray(value)) return value.map((item) => withText(item, text));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withText(item, text)]));
}

for (const name of names) {
  test(`${name} draws its sample, and ends without a trace`, async () => {
    const model = fakeModel(await sample(name));
    const { el, end } = await draw(name, model);
    assert.ok(el.querySelector("section[aria-label]").textContent.length > 50);
    assert.ok(el.querySelector("[role=status]"));
    end();
    assert.equal(model.listening(), 0);
  });

  test(`${name} draws an empty record`, async () => {
    const { el, end } = await draw(name, fakeModel({ record: {} }));
    assert.ok(el.textContent.trim(), "it says that there is nothing");
    end();
  });

  for (const [kind, text] of Object.entries(TEXTS)) {
    test(`${name} shows ${kind} as text`, async () => {
      const { title, record } = await sample(name);
      const { el, end } = await draw(name, fakeModel({ title, record: withText(record, text) }));
      assert.ok(el.textContent.includes(text));
      assert.equal(el.querySelectorAll("script, img").length, 0);
      assert.deepEqual([...el.querySelectorAll("*")].filter((element) => element.hasAttribute("onerror")), []);
      end();
    });
  }

  test(`${name} outlives its kernel`, async () => {
    const { el, end } = await draw(name, deadModel(await sample(name)));
    for (const button of el.querySelectorAll("button:not(:disabled)")) button.click();
    for (const field of el.querySelectorAll("input, textarea")) {
      field.value = "another";
      press(field, "Enter");
    }
    await settled();
    assert.ok(el.querySelector("section").textContent.length > 50);
    end();
  });
}
