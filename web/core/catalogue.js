// The catalogue of figures: labels, meanings, and the list behind each number.

import * as api from "./api.js";
import { store } from "./store.js";

/** `{entries: Map by id, values}`, empty until it has come. */
export const catalogue = store({ entries: new Map(), values: {} });

export async function loadCatalogue(lang) {
  const { body } = await api.metrics(lang);
  catalogue.set({ entries: new Map(body.data.map((entry) => [entry.id, entry])), values: body.values });
}

export const entry = (id) => catalogue.get().entries.get(id);

/** The only text of an object by language. */
export const only = (texts) => Object.values(texts ?? {})[0] ?? "";

const causes = new WeakMap();

/** A member of a closed set in words: `{label, description}`; null for one that it does not know. */
export function named(set, value) {
  const members = catalogue.get().values[set];
  if (!members) return null;
  if (!causes.has(members)) causes.set(members, new Map(members.map((member) => [String(member.value), member])));
  const member = causes.get(members).get(String(value));
  return member ? { label: only(member.label), description: only(member.description) } : null;
}

// To open a number: the rule of section 13 of docs/contract.md, in fifteen lines. `around` are the objects around the
// number, the nearest first; `key` is the name of its member; `asked` are the parameters of the report's request.
function putIn(text, around, key) {
  if (typeof text !== "string" || !/^\{.*\}$/.test(text)) return text;
  if (text === "{*}") return key;
  const name = text.slice(1, -1);
  return around.find((object) => name in object)?.[name] ?? null;
}

/** The list behind a figure: `{route, params}`, null where it has none. */
export function opened(id, around, key, asked) {
  const calls = entry(id)?.calls;
  if (!calls) return null;
  const scope = [...around, asked];
  const set = Object.entries(calls.set).map(([name, text]) => [name, putIn(text, scope, key)]);
  const steps = calls.list.split("/").map((step) => encodeURIComponent(putIn(step, scope, key)));
  const given = Object.entries({ ...asked, ...Object.fromEntries(set) }).filter(([, value]) => value != null);
  return { route: steps.join("/"), params: Object.fromEntries(given) };
}
