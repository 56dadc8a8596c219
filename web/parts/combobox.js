// A text box that filters a list to choose from (ARIA's combobox pattern).

import { html, useEffect, useId, useRef, useState } from "../core/dom.js";
import { t } from "../core/words.js";

/** Rows that are listed at once; more are found by typing. */
const SHOWN = 60;

/** Folds case and marks, so that `nguyen` finds `Nguyễn`. */
export const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/gi, "d").toLowerCase();

/**
 * `options`: `{value, label, note, mark}` in order; `value` is the chosen one; `choose(value)`; `kind` adds a class. `find(text)`,
 * where given, looks elsewhere while somebody types.
 */
export function Combobox({ name, options, value, choose, kind = "", placeholder = "", onOpen, find }) {
  const [text, setText] = useState(null);
  const [at, setAt] = useState(0);
  const [id, list, box] = [useId(), useRef(null), useRef(null)];
  const isOpen = text !== null;
  const chosen = options.find((option) => option.value === value);
  const sought = folded(text ?? "").split(/\s+/).filter(Boolean);
  const found = options.filter(({ label, note = "" }) => sought.every((word) => folded(`${label} ${note}`).includes(word)));
  const shown = isOpen ? found.slice(0, SHOWN) : [];
  const open = () => {
    onOpen?.();
    setText("");
    setAt(Math.max(0, options.slice(0, SHOWN).findIndex((option) => option.value === value)));
  };
  const take = (option) => {
    setText(null);
    if (option && option.value !== value) choose(option.value);
  };
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at, isOpen]);
  const onKey = (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (!isOpen) open();
      else setAt(Math.min(Math.max(at + step, 0), shown.length - 1));
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      take(shown[at]);
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      setText(null);
    }
  };
  const onInput = (event) => {
    setText(event.target.value);
    setAt(0);
    find && find(event.target.value);
  };
  return html`<span class="combobox ${kind}">
    <input ref=${box} type="text" role="combobox" aria-label=${name} title=${name} aria-expanded=${isOpen} aria-controls=${id}
      aria-autocomplete="list" aria-activedescendant=${isOpen && shown[at] ? `${id}-${at}` : undefined} autocomplete="off"
      spellcheck=${false} placeholder=${isOpen ? chosen?.label ?? placeholder : placeholder} value=${text ?? chosen?.label ?? ""}
      onFocus=${(event) => event.target.select()} onClick=${() => isOpen || open()} onInput=${onInput} onKeyDown=${onKey}
      onBlur=${() => setText(null)} />
    ${isOpen && html`<div role="listbox" id=${id} aria-label=${name} ref=${list}>
      ${shown.map((option, index) => html`<div role="option" id="${id}-${index}" key=${option.value} class=${index === at ? "at" : ""}
        aria-selected=${option.value === value} onPointerDown=${(event) => { event.preventDefault(); take(option); }}>
        <span>${option.mark}${option.label}</span>${option.note && html`<small>${option.note}</small>`}
      </div>`)}
      ${shown.length === 0 && html`<div role="option" aria-disabled="true" aria-selected="false" class="none">${t("combobox.none")}</div>`}
    </div>`}
    ${!isOpen && html`<span id=${id} hidden></span>`}
  </span>`;
}
