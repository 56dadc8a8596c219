// A view that the reader may not see: nothing was asked.

import { html } from "../core/dom.js";
import { session } from "../core/session.js";
import { t } from "../core/words.js";

/** `what` names the view. */
export function Forbidden({ what, permission }) {
  return html`<div class="plain"><h1>${t("forbidden", { what })}</h1>
    <p>${t("forbidden.ask", { account: session.get().tenant.name })} <code>${permission}</code></p></div>`;
}
