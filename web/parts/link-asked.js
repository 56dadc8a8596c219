// A sign-in link that was opened while somebody is signed in: one of the two goes on.

import { html, useEffect, useRef } from "../core/dom.js";
import { exchange, link, session } from "../core/session.js";
import { t } from "../core/words.js";

/** `linked`: `{code}`, or `{isSpent}` after a try. */
export function LinkAsked({ linked }) {
  const dialog = useRef(null);
  useEffect(() => dialog.current.showModal(), []);
  const { user, tenant } = session.get();
  const stay = () => link.set(null);
  return html`<dialog ref=${dialog} class="help" aria-label=${t("link")} onClose=${stay}>
    <h2>${t("link")}</h2>
    <p>${t(linked.isSpent ? "link.spent" : "link.ask", { name: user.username, account: tenant.name })}</p>
    <p class="choices">${linked.code && html`<button type="button" class="main" onClick=${() => exchange(linked.code)}>${t("link.take")}</button>`}
      <button type="button" onClick=${stay}>${t("link.stay")}</button></p>
  </dialog>`;
}
