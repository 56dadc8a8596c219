// The sheet with the calls or leads behind a figure. Its list is loaded when the first one is opened.

import { html, useEffect, useState } from "../core/dom.js";
import { changed, go } from "../core/address.js";
import { entry, only } from "../core/catalogue.js";
import { later } from "../core/later.js";
import { read } from "../core/opening.js";
import { t } from "../core/words.js";
import { Sheet } from "./sheet.js";

/** `open`: as the address has it. */
export function Opened({ open, after }) {
  const [List, setList] = useState(null);
  const list = read(open);
  const close = () => go(changed({ open: undefined, after: undefined }));
  useEffect(() => {
    later("views/opened-list.js").then((loaded) => setList(() => loaded.OpenedList), close);
  }, []);
  const title = only(entry(list?.id)?.label) || t(list?.route.endsWith("/leads") ? "opened.leads.name" : "opened");
  return html`<${Sheet} name=${t("opened")} title=${title} close=${close}>
    ${list ? List && html`<${List} key=${open} list=${list} after=${after} />` : html`<p class="nothing">${t("opened.unknown")}</p>`}
  <//>`;
}
