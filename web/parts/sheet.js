// A sheet over the screen, from its right edge: closes by Escape, by its button and by a press beside it; focus returns.

import { html, useEffect, useRef } from "../core/dom.js";
import { t } from "../core/words.js";

export function Sheet({ name, title = name, close, kind = "", children }) {
  const dialog = useRef(null);
  useEffect(() => {
    const from = document.activeElement;
    dialog.current.showModal();
    return () => from?.isConnected && from.focus();
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    close();
  };
  return html`<dialog class="sheet ${kind}" ref=${dialog} onCancel=${cancel} aria-label=${name} onClick=${(event) => event.target === dialog.current && close()}>
    <header><h2>${title}</h2>
      <button type="button" class="quiet" onClick=${close} aria-label=${t("close")} title=${t("close")}><span aria-hidden="true">✕</span></button></header>
    ${children}
  </dialog>`;
}
