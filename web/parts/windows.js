// The window of the figures: presets as a radio group, and two dates of one's own.

import { html, useState } from "../core/dom.js";
import { changed, go } from "../core/address.js";
import { range } from "../core/format.js";
import { PRESETS } from "../core/window.js";
import { t } from "../core/words.js";
import { Popover } from "./popover.js";

/** `window` as windowOf gives it. */
export function Windows({ window }) {
  const isOwn = !PRESETS.includes(window.name);
  const choose = (w) => go(changed({ w, open: undefined, after: undefined }));
  return html`<div class="windows">
    <div role="radiogroup" aria-label=${t("window")} class="segments">
      ${PRESETS.map((name) => html`<label key=${name} title=${t(`window.${name}.about`)}><input type="radio" name="window" value=${name}
        checked=${window.name === name} onChange=${() => choose(name)} /><span>${t(`window.${name}`)}</span></label>`)}
    </div>
    <${Popover} kind="segment ${isOwn ? "chosen" : ""}" name=${t("window.own")} panel="dates"
      button=${isOwn ? html`<span>${range(window.from, window.to)}</span>` : html`<span aria-hidden="true">…</span>`}>
      ${(close) => html`<${Dates} window=${window} choose=${(w) => { close(); choose(w); }} />`}
    <//>
  </div>`;
}

function Dates({ window, choose }) {
  const [from, setFrom] = useState(window.from.slice(0, 10));
  const [to, setTo] = useState(window.to.slice(0, 10));
  const isValid = /^\d{4}-/.test(from) && /^\d{4}-/.test(to) && from <= to;
  const submit = (event) => {
    event.preventDefault();
    if (isValid) choose(`${from}..${to}`);
  };
  return html`<form onSubmit=${submit}>
    <label>${t("window.from")}<input type="date" value=${from} required onInput=${(event) => setFrom(event.target.value)} /></label>
    <label>${t("window.to")}<input type="date" value=${to} required min=${from} onInput=${(event) => setTo(event.target.value)} /></label>
    ${!isValid && html`<p class="bad" role="alert">${t("window.wrong")}</p>`}
    <button class="main">${t("window.show")}</button>
  </form>`;
}
