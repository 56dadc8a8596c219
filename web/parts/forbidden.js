// A view that the reader may not see: nothing was asked.

import { html } from "../core/dom.js";
import { session } from "../core/session.js";
import { t } from "../core/words.js";

export function Forbidden({ permission }) {
  return html`<div class="plain"><h1>${t("forbidden")}</h1>
    <p>${t("forbidden.ask", { account: session.get().tenant.name })} <code>${permission}</code></p></div>`;
}
