// Texts of the page, one language at a time. The catalogue's labels come from the server, in the same language.

import { later } from "./later.js";
import { store } from "./store.js";

/** Languages by their own names. */
export const LANGUAGES = { en: "English", vi: "Tiếng Việt" };

/** The language that is shown; texts of another are loaded first. */
export const language = store("en");

let texts = {};
let plurals;
let numbers;

/** The language to begin with: the user's, the account's, else the browser's. */
export function preferred(...named) {
  const chosen = named.find((name) => name in LANGUAGES);
  return chosen ?? (navigator.languages.find((name) => name.slice(0, 2) in LANGUAGES) ?? "en").slice(0, 2);
}

/** Shows another language. */
export async function speak(name) {
  const loaded = await (name === "vi" ? later("words/vi.js") : later("words/en.js"));
  texts = loaded.default;
  plurals = new Intl.PluralRules(name);
  numbers = new Intl.NumberFormat(name === "vi" ? "vi-VN" : "en-GB");
  document.documentElement.lang = name;
  language.set(name);
}

/**
 * A text, with values in place of names in braces; numbers are counts. One that depends on a number has a text for each
 * plural form, chosen by the value `n`, which is printed as `shown` where that is given.
 */
export function t(key, values = {}) {
  let text = texts[key] ?? key;
  if (typeof text === "object") text = text[plurals.select(values.n)] ?? text.other;
  const put = (name) => (name === "n" ? values.shown ?? values.n : values[name]) ?? "";
  return text.replace(/\{(\w+)\}/g, (_, name) => (typeof put(name) === "number" ? numbers.format(put(name)) : put(name)));
}
