// An empty account: three ways in, instead of zeros. It becomes the overview by itself when the first call has come.

import { html, useEffect } from "../core/dom.js";
import { refresh } from "../core/poll.js";
import { t } from "../core/words.js";
import { Panel } from "../parts/panel.js";

/** Milliseconds between looks for the first call. */
const LOOK = 5000;

export function Ways() {
  useEffect(() => {
    const timer = setInterval(() => document.hidden || refresh(), LOOK);
    return () => clearInterval(timer);
  }, []);
  const line = '{"kind":"autocall_campaign","id":1,"name":"First"}';
  return html`<p class="ways-about">${t("ways.about")}</p>
    <div class="parts">
      <${Panel} title=${t("ways.dialer")}><p>${t("ways.dialer.about")}</p>
        <pre>curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/x-ndjson" \\
     --data-binary '${line}' ${location.origin}/api/ingest</pre><//>
      <${Panel} title=${t("ways.import")}><p>${t("ways.import.about")}</p><pre>callboard import calls.ndjson --tenant ID</pre><//>
      <${Panel} title=${t("ways.demo")}><p>${t("ways.demo.about")}</p><pre>script/demo</pre><//>
    </div>`;
}
