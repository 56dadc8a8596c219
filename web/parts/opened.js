// The sheet with the calls or leads behind a figure. Its list is loaded when the first one is opened.

import { html, useEffect, useRef, useState } from "../core/dom.js";
import { changed, go } from "../core/address.js";
import { entry, only } from "../core/catalogue.js";
import { later } from "../core/later.js";
import { read } from "../core/opening.js";
import { t } from "../core/words.js";

/** `open`: as the address has it. */
export function Opened({ open, after }) {
  const dialog = useRef(null);
  const [List, setList] = useState(null);
  const list = read(open);
  const close = () => go(changed({ open: undefined, after: undefined }));
  useEffect(() => {
    const from = document.activeElement;
    dialog.current.showModal();
    later("views/opened-list.js").then((loaded) => setList(() => loaded.OpenedList), close);
    return () => from?.isConnected && from.focus();
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    close();
  };
  return html`<dialog class="sheet" ref=${dialog} onCancel=${cancel} aria-label=${t("opened")} onClick=${(event) => event.target === dialog.current && close()}>
    <header><h2>${only(entry(list?.id)?.label) || t(list?.route.endsWith("/leads") ? "opened.leads.name" : "opened")}</h2>
      <button type="button" class="quiet" onClick=${close} aria-label=${t("close")} title=${t("close")}><span aria-hidden="true">✕</span></button></header>
    ${list ? List && html`<${List} key=${open} list=${list} after=${after} />` : html`<p class="nothing">${t("opened.unknown")}</p>`}
  </dialog>`;
}
