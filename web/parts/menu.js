// A menu: a button that opens a list of actions. Arrow keys move, Enter chooses, Escape closes.

import { html, useEffect, useRef } from "../core/dom.js";
import { Popover } from "./popover.js";

/** `items`: `{label, choose, isChosen}`; those with `isChosen` are a choice of one. */
export function Menu({ name, button, items, kind = "quiet" }) {
  const named = html`<span class="hidden">${name}: </span>${button}`;
  return html`<${Popover} title=${name} button=${named} kind=${kind} hasPopup="menu">
    ${(close) => html`<${Items} name=${name} items=${items} close=${close} />`}
  <//>`;
}

function Items({ name, items, close }) {
  const list = useRef(null);
  useEffect(() => {
    (list.current.querySelector("[aria-checked=true]") ?? list.current.firstElementChild)?.focus();
  }, []);
  const onKey = (event) => {
    const all = [...list.current.children];
    const at = all.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    all[(next + all.length) % all.length].focus();
  };
  return html`<div role="menu" aria-label=${name} ref=${list} onKeyDown=${onKey}>
    ${items.map(({ label, choose, isChosen }) => html`<button type="button" tabindex="-1"
      role=${isChosen === undefined ? "menuitem" : "menuitemradio"} aria-checked=${isChosen}
      onClick=${() => { close(); choose(); }}>${label}</button>`)}
  </div>`;
}
