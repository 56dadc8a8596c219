// The list of keys, and the choice to do without single letters.

import { html, useEffect, useRef } from "../core/dom.js";
import { KEYS, help, letters } from "../core/keys.js";
import { useStore } from "../core/store.js";
import { t } from "../core/words.js";

export function KeysHelp() {
  const dialog = useRef(null);
  const areOn = useStore(letters);
  useEffect(() => {
    const from = document.activeElement;
    dialog.current.showModal();
    return () => from?.isConnected && from.focus();
  }, []);
  return html`<dialog ref=${dialog} class="help" aria-label=${t("keys.title")} onClose=${() => help.set(false)}
    onClick=${(event) => event.target === dialog.current && dialog.current.close()}>
    <h2>${t("keys.title")}</h2>
    <dl>${KEYS.map(([keys, name]) => html`<dt>${keys.split(" ").map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${t(name)}</dd>`)}</dl>
    <label class="check"><input type="checkbox" checked=${areOn} onChange=${(event) => letters.set(event.target.checked)} /> ${t("keys.letters")}</label>
    <button type="button" class="main" onClick=${() => dialog.current.close()}>${t("close")}</button>
  </dialog>`;
}
