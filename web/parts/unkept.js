// A choice that the server could not keep: it holds on this page, and says that it is not kept.

import { html } from "../core/dom.js";
import { choose, unkept } from "../core/settings.js";
import { useStore } from "../core/store.js";
import { t } from "../core/words.js";

export function Unkept() {
  const failed = useStore(unkept);
  return html`<div role="alert">${failed && html`<p class="unkept"><span>${t("settings.unkept")} ${failed.fault.message || t("fault.away")}</span>
    <button type="button" onClick=${() => choose(failed.change)}>${t("fault.again")}</button>
    <button type="button" class="quiet" onClick=${() => unkept.set(null)}>${t("close")}</button></p>`}</div>`;
}
