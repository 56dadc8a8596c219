// An empty account: three ways in, instead of zeros. It becomes the overview by itself when the first call has come.

import { html, useEffect, useRef, useState } from "../core/dom.js";
import * as api from "../core/api.js";
import { loadCampaigns } from "../core/campaigns.js";
import { refresh } from "../core/poll.js";
import { may, session } from "../core/session.js";
import { t } from "../core/words.js";
import { Panel } from "../parts/panel.js";

/** Milliseconds between looks for the first call. */
const LOOK = 5000;
/** Lines of a file whose faults are told. */
const TOLD = 5;

export function Ways() {
  useEffect(() => {
    const timer = setInterval(() => document.hidden || refresh(), LOOK);
    return () => clearInterval(timer);
  }, []);
  const { user, tenant } = session.get();
  return html`<p class="ways-about">${t("ways.about")} <span class="muted" role="status">${t("ways.looking")}</span></p>
    <div class="parts ways">
      <${Panel} title=${t("ways.file")}>${may("ingest_write") ? html`<${Drop} />` : html`<p>${t("forbidden.ask", { account: tenant.name })} <code>ingest_write</code></p>`}<//>
      <${Panel} title=${t("ways.dialer")}><p>${t("ways.dialer.about")}</p>
        <${Command} lines=${[`TOKEN=$(callboard token issue --tenant ${tenant.id} --username ${user.username})`,
          'curl -H "Authorization: Bearer $TOKEN" \\', '     -H "Content-Type: application/x-ndjson" \\', `     --data-binary @calls.ndjson ${location.origin}/api/ingest`]}
          note=${html`${t("ways.dialer.where")} <a href="/openapi.json">openapi.json</a>`} /><//>
      <${Panel} title=${t("ways.import")}><p>${t("ways.import.about")}</p>
        <${Command} lines=${[`callboard import calls.ndjson --tenant ${tenant.id}`]} note=${t("ways.import.gzip")} /><//>
      <${Panel} kind="lines" title=${t("ways.lines")}><p>${t("ways.lines.about")}</p><${Command} lines=${LINES} /><//>
    </div>
    <p class="muted ways-demo">${t("ways.demo.about")} <code>callboard demo</code></p>`;
}

/** A campaign, a lead and a call of it: all that a first report needs. */
const LINES = [
  '{"kind":"autocall_campaign","id":1,"name":"Renewal"}',
  '{"kind":"autocall_lead","id":7,"campaign_id":1,"phone":"0912345678"}',
  '{"kind":"autocall_attempt","uuid":"a-1","campaign_id":1,"lead_id":7,"attempt_number":1,"started_at":"2026-11-24T09:12:40+07:00","answered_at":"2026-11-24T09:12:52+07:00","ended_at":"2026-11-24T09:14:35+07:00","result":"answered","billsec":103}',
];

/** Lines to take away, and what else is to say of them. */
function Command({ lines, note }) {
  const [isCopied, setCopied] = useState(false);
  const text = lines.join("\n");
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true));
  return html`<div class="command"><pre tabindex="0">${text}</pre>
    <p><span class="muted">${note}</span>${navigator.clipboard && html`<button type="button" class="plain" onClick=${copy}>${t(isCopied ? "take.copied" : "take.copy")}</button>`}</p></div>`;
}

/** A file of lines, dropped or chosen: what is valid of it is stored, and the rest is told. */
function Drop() {
  const [{ isBusy, isOver, told, fault }, setState] = useState({});
  const input = useRef(null);
  const send = async (file) => {
    if (!file || isBusy) return;
    setState({ isBusy: true });
    try {
      setState({ told: (await api.ingest(file)).data });
      await loadCampaigns();
    } catch (fault) {
      setState({ fault });
    }
    refresh();
  };
  const drop = (event) => {
    event.preventDefault();
    send(event.dataTransfer.files[0]);
  };
  const over = (event) => {
    event.preventDefault();
    setState((was) => ({ ...was, isOver: event.type === "dragover" }));
  };
  const faults = told?.errors ?? Object.entries(fault?.errors ?? {}).map(([line, errors]) => ({ line, errors }));
  return html`<p>${t("ways.file.about")}</p>
    <div class="ways-drop ${isOver ? "over" : ""}" onDrop=${drop} onDragOver=${over} onDragLeave=${over}>
      <p aria-hidden="true" class="sign">⤓</p><p>${t("ways.file.drop")}</p>
      <button type="button" disabled=${isBusy} onClick=${() => input.current.click()}>${t(isBusy ? "ways.file.busy" : "ways.file.choose")}</button>
      <input ref=${input} type="file" accept=".ndjson,.jsonl,.json,.txt" hidden onChange=${(event) => send(event.target.files[0])} />
    </div>
    <div role="status">${told && html`<p class="good">${t("ways.file.stored", { n: told.stored })}</p>`}
      ${told?.rejected > 0 && html`<p class="bad">${t("ways.file.rejected", { n: told.rejected })}</p>`}
      ${fault && html`<p class="bad">${fault.message || t("fault.away")}</p>`}
      ${faults.length > 0 && html`<ul class="faults">${faults.slice(0, TOLD).map(({ line, errors }) => html`<li key=${line}><code>${line}</code> ${inWords(errors)}</li>`)}</ul>`}</div>`;
}

const inWords = (errors) => (Array.isArray(errors) ? errors.join(" ") : Object.entries(errors).map(([field, texts]) => `${field} ${texts.join(" ")}`).join("; "));
