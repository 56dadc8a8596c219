// The list that is open beside a screen, as a text in its address: the figure's id, then the parameters of its list.

import { opened } from "./catalogue.js";
import { changed } from "./address.js";

const escaped = (text) => String(text).replace(/[%~]/g, (sign) => encodeURIComponent(sign).replace("~", "%7E"));

/** The text of a list; `id` is the figure's, empty for a list behind none. */
export function openText(id, { route, params }) {
  const pairs = Object.entries(params).map(([name, value]) => `${name}:${escaped(value)}`);
  return [id, route, ...pairs].join("~");
}

/** The address that opens a figure; undefined where it opens nothing. */
export function opening(id, around, key, asked) {
  const list = opened(id, around, key, asked);
  return list ? changed({ open: openText(id, list), after: undefined }) : undefined;
}

/** What an address opens: `{id, route, params}`; null if it opens nothing that could be a list. */
export function read(open) {
  const [id, route = "", ...pairs] = open.split("~");
  if (!/^\/api\/(autocall|telesales)\/[\w/%.-]*(attempts|calls|leads)$/.test(route)) return null;
  const params = pairs.map((pair) => {
    const at = pair.indexOf(":");
    return [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))];
  });
  return { id, route, params: Object.fromEntries(params) };
}
