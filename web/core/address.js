// The address after `#`: the whole state of the page, in a grammar that stays valid.
//
//   #/view[/id][/sub][?key=value…]     keys in the order of KEYS, defaults left out, values percent-encoded
//
// A choice made by hand is an entry of the history; typing and polling replace the present one.

import { store } from "./store.js";

const KEYS = ["w", "tz", "vs", "m", "team", "agents", "source", "sort", "open", "every", "after", "mine", "status"];
const DEFAULTS = { w: "today", every: "60" };

/** The place that an address means: `{view, id, sub}` and a member for each key that is given. */
export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const [view = "", id = "", sub = ""] = path.split("/").map(decoded);
  const place = { view: view || "overview", id, sub, ...DEFAULTS };
  for (const pair of query.split("&")) {
    const at = pair.indexOf("=");
    if (at > 0 && KEYS.includes(pair.slice(0, at))) place[pair.slice(0, at)] = decoded(pair.slice(at + 1));
  }
  return place;
}

/** The address of a place. */
export function format(place) {
  const path = [place.view, place.id, place.sub].filter((step) => step !== "" && step != null);
  const given = KEYS.filter((key) => place[key] && place[key] !== DEFAULTS[key]);
  const query = given.map((key) => `${key}=${encoded(place[key])}`).join("&");
  return `#/${path.map(encoded).join("/")}${query && `?${query}`}`;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function encoded(text) {
  return encodeURIComponent(text).replace(/%(3A|2C|2F|5B|5D)/g, decodeURIComponent);
}

/** The present place. */
export const address = store(parse(location.hash));

addEventListener("hashchange", () => address.set(parse(location.hash)));

/** The code of a sign-in link, which is taken out of the address; undefined without one. */
export function takeCode() {
  const [, code] = /^#sign-in=(.+)$/.exec(location.hash) ?? [];
  if (!code) return undefined;
  history.replaceState(null, "", "#/");
  address.set(parse(location.hash));
  return code;
}

/** The address of the present place with changes; undefined takes a key away. */
export function changed(changes) {
  return format({ ...address.get(), ...changes });
}

/** Another screen: keeps window, zone, comparison and pace, drops what belongs to the present screen. */
export function screen(view, id = "", more = {}) {
  const { w, tz, vs, every } = address.get();
  return format({ view, id, w, tz, vs, every, ...more });
}

/** Goes to an address. */
export function go(to, { replace = false } = {}) {
  if (to === location.hash) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  address.set(parse(to));
}

/** Handles clicks on links within the page, so that they make one entry and no request. */
export function follow(event) {
  const link = event.target.closest?.("a[href^='#/']");
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  go(link.getAttribute("href"));
}
