// A button with a panel that opens below it: closes by Escape, by a press elsewhere, and gives focus back.

import { html, useEffect, useId, useRef, useState } from "../core/dom.js";

/** `button` is the button's content, `name` its accessible name where that is no text; `children` may be a function of `close`. */
export function Popover({ button, name, title = name, kind = "", panel = "", children, hasPopup }) {
  const [isOpen, setOpen] = useState(false);
  const [root, opener] = [useRef(null), useRef(null)];
  const id = useId();
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  useEffect(() => {
    if (!isOpen) return undefined;
    const outside = (event) => root.current?.contains(event.target) || setOpen(false);
    addEventListener("pointerdown", outside);
    addEventListener("focusin", outside);
    return () => {
      removeEventListener("pointerdown", outside);
      removeEventListener("focusin", outside);
    };
  }, [isOpen]);
  const onKey = (event) => {
    if (event.key !== "Escape" || !isOpen) return;
    event.stopPropagation();
    close();
  };
  return html`<span class="popover" ref=${root} onKeyDown=${onKey}>
    <button type="button" class=${kind} ref=${opener} aria-label=${name} title=${title} aria-expanded=${isOpen}
      aria-haspopup=${hasPopup} aria-controls=${isOpen ? id : undefined} onClick=${() => setOpen(!isOpen)}>${button}</button>
    ${isOpen && html`<div class="panel-below ${panel}" id=${id}>${typeof children === "function" ? children(close) : children}</div>`}
  </span>`;
}
