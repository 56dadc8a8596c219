// Keys for the whole page. Single letters do nothing while somebody types, or composes a letter.

import { address, changed, go, screen } from "./address.js";
import { now } from "./ask.js";
import { refresh } from "./poll.js";
import { session, zoneOf } from "./session.js";
import { pin, pinOf } from "./settings.js";
import { store } from "./store.js";
import { moved, windowOf } from "./window.js";

/** Views after `g`. */
const PLACES = { o: "overview", c: "compliance", t: "telesales", e: "exports" };

/** Every key with the name of what it does, for the list of keys. */
export const KEYS = [
  ["?", "keys.help"], ["/ Ctrl+K", "keys.search"], ["g o", "nav.campaigns"], ["g t", "nav.telesales"], ["g c", "nav.compliance"],
  ["g e", "nav.exports"], ["1 … 6", "keys.tile"], ["← →", "keys.move"], ["t", "keys.today"], ["v", "keys.compare"],
  ["e", "keys.export"], ["r", "keys.refresh"], [".", "keys.pin"], ["Esc", "keys.close"],
];

/** Single letters may be turned off: they disturb those who speak to their device. */
export const letters = store(true);

/** True while the list of keys is open. */
export const help = store(false);

/** True while the search is open. */
export const finding = store(false);

let isGoing = false;

export function listenToKeys() {
  addEventListener("keydown", (event) => {
    if (!session.get() || event.isComposing || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "k") return search(event);
    if (event.ctrlKey || event.metaKey || isTyping(event.target)) return;
    if (!letters.get() && event.key.length === 1) return;
    const wasGoing = isGoing;
    isGoing = event.key === "g";
    if (wasGoing && PLACES[event.key]) return go(screen(PLACES[event.key]));
    ACTIONS[event.key]?.(event);
    if (/^[1-6]$/.test(event.key)) tile(Number(event.key));
  });
}

const ACTIONS = {
  "/": search,
  "?": () => help.set(true),
  e: () => go(screen("exports", ["autocall", "telesales"].includes(address.get().view) ? address.get().view : "", { sub: address.get().id })),
  t: () => go(changed({ w: "today" })),
  r: refresh,
  ".": () => pinOf(address.get()) && pin(pinOf(address.get())),
  v: () => go(changed({ vs: address.get().vs === "none" ? undefined : "none" })),
  ArrowLeft: (event) => move(event, -1),
  ArrowRight: (event) => move(event, 1),
};

function isTyping(target) {
  return target.closest("input:not([type=radio]), select, textarea, [contenteditable], [role=menu], dialog") !== null;
}

function search(event) {
  event.preventDefault();
  finding.set(true);
}

function tile(number) {
  document.querySelectorAll(".tiles .tile")[number - 1]?.querySelector("h2 button")?.click();
}

function move(event, direction) {
  // Arrow keys with a meaning of their own keep it.
  if (!document.querySelector(".windows") || event.target.closest("[role=grid], [role=radiogroup], .table-frame")) return;
  event.preventDefault();
  const { w, tz } = address.get();
  const window = windowOf(w, zoneOf(tz), now());
  const to = moved(window, direction);
  go(changed({ w: to, open: undefined }));
}
