// A part of a screen: a heading, its content, and its own failure, while the others stand.

import { html, useId } from "../core/dom.js";
import { refresh } from "../core/poll.js";
import { t } from "../core/words.js";

export function Panel({ title, note, kind = "", tools, children }) {
  const id = useId();
  return html`<section class="part ${kind}" aria-labelledby=${id}>
    <header><h2 id=${id}>${title}</h2>${note && html`<span class="muted">${note}</span>`}${tools && html`<span class="tools">${tools}</span>`}</header>
    ${children}
  </section>`;
}

/** A failed request in a sentence, of a part of the screen where that is named, with the request's id for whoever is asked about it. */
export function Failure({ fault, part }) {
  const sentence = fault.status === 403 ? t("fault.forbidden") : fault.status === 404 ? t("fault.missing") : fault.message || t("fault.unknown");
  const details = Object.values(fault.errors ?? {}).flat();
  return html`<div class="failure" role="alert">
    <p>${part && html`<strong>${part}:</strong> `}${sentence}${details.length > 0 && ` ${details.join(" ")}`}</p>
    ${fault.id && html`<p class="muted">${t("fault.id", { id: fault.id })}</p>`}
    <button type="button" onClick=${refresh}>${t("fault.again")}</button>
  </div>`;
}

/** An empty part in a sentence. */
export const Nothing = ({ children }) => html`<p class="nothing">${children}</p>`;
