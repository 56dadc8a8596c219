// Calls or leads behind a figure: as many as it says, newest first, a page at a time.

import { html, useEffect, useState } from "../core/dom.js";
import * as api from "../core/api.js";
import { named } from "../core/catalogue.js";
import { address, changed } from "../core/address.js";
import { count, duration, moment } from "../core/format.js";
import { may, zoneOf } from "../core/session.js";
import { t } from "../core/words.js";
import { Failure } from "../parts/panel.js";

const LIMIT = 50;
/** Parameters of a list that everybody sees in the address of the screen anyway. */
const SHARED = ["from", "to", "date_from", "date_to", "timezone", "campaign_id"];

/** Names of parameters that have one on the page. */
const NAMES = { team_id: "filters.team", agent_ids: "filters.agents", source: "filters.source", cid: "search.caller_id", disposition: "search.disposition" };

export function OpenedList({ list, after }) {
  const [state, setState] = useState({ answer: null, fault: null });
  useEffect(() => {
    const abort = new AbortController();
    const params = { ...list.params, limit: LIMIT, after, count: after ? "true" : undefined };
    api.list(list.route, params, { signal: abort.signal }).then(
      ({ body }) => setState({ answer: body, fault: null }),
      (fault) => fault.name !== "AbortError" && setState({ answer: null, fault }),
    );
    return () => abort.abort();
  }, [after]);
  const { answer, fault } = state;
  const zone = zoneOf(address.get().tz);
  const isLeads = list.route.endsWith("/leads");
  const filters = Object.entries(list.params).filter(([name]) => !SHARED.includes(name));
  return html`<p class="muted filters">${answer && html`<strong><data value=${answer.total} data-metric="total">${count(answer.total)}</data></strong>${" "}${t(isLeads ? "opened.leads" : "opened.calls", { n: answer.total })}`}
      ${filters.map(([name, value]) => html` <span class="filter">${NAMES[name] ? t(NAMES[name]) : name}: ${value}</span>`)}</p>
    ${!may("calls_read") && html`<p class="muted">${t("opened.masked")}</p>`}
    ${fault && html`<${Failure} fault=${fault} />`}
    ${answer && (isLeads ? html`<${Leads} rows=${answer.data} zone=${zone} />` : html`<${Calls} rows=${answer.data} zone=${zone} />`)}
    ${answer && html`<p class="pages">
      ${after && html`<a href=${changed({ after: undefined })}>${t("opened.first")}</a>`}
      ${answer.next && html`<a href=${changed({ after: answer.next })}>${t("opened.more")}</a>`}</p>`}`;
}

function Calls({ rows, zone }) {
  const result = (row) => (row.result ? named("call_result", row.result)?.label ?? row.result : t("opened.in-progress"));
  const cause = (row) => row.hangup_cause && (named("hangup_cause", row.hangup_cause.toUpperCase())?.label ?? row.hangup_cause);
  return html`<div class="table-frame" tabindex="0" role="group" aria-label=${t("opened.calls.name")}><table class="rows calls cards">
    <thead><tr><th scope="col" class="text">${t("call.started")}</th><th scope="col" class="text">${t("call.phone")}</th><th scope="col" class="text">${t("call.result")}</th>
      <th scope="col">${t("call.talk")}</th><th scope="col" class="text">${t("call.agent")}</th><th scope="col" class="text">${t("call.more")}</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.uuid}>
      <th scope="row" class="text number">${moment(row.started_at, zone, { seconds: true })}</th>
      <td class="text number" data-label=${t("call.phone")}>${row.lead?.phone}</td>
      <td class="text" data-label=${t("call.result")}>${result(row)}${cause(row) && cause(row) !== result(row) && html` <small class="muted">${cause(row)}</small>`}</td>
      <td data-label=${t("call.talk")}>${duration((row.billsec ?? row.talk_sec) || null)}</td>
      <td class="text" data-label=${t("call.agent")}>${row.agent_name ?? "—"}</td>
      <td class="text" data-label=${t("call.more")}>${more(row)}</td>
    </tr>`)}</tbody></table></div>`;
}

/** What else is known of a call, in a few words. */
function more(row) {
  const keys = row.dtmf ? `${t("call.keys")} ${row.dtmf}` : "";
  return [keys, row.disposition ?? row.agent_disposition, row.transfer && named("transfer", row.transfer)?.label, row.cid ?? row.caller_id].filter(Boolean).join(" · ");
}

function Leads({ rows, zone }) {
  const last = (row) => row.last_result && `${named("call_result", row.last_result)?.label ?? row.last_result}, ${moment(row.last_attempt_at ?? row.last_dial_at, zone)}`;
  return html`<div class="table-frame" tabindex="0" role="group" aria-label=${t("opened.leads.name")}><table class="rows calls cards">
    <thead><tr><th scope="col" class="text">${t("lead.id")}</th><th scope="col" class="text">${t("call.phone")}</th><th scope="col" class="text">${t("lead.about")}</th>
      <th scope="col">${t("lead.calls")}</th><th scope="col" class="text">${t("lead.last")}</th><th scope="col" class="text">${t("lead.created")}</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.id}>
      <th scope="row" class="text number">${row.id}</th><td class="text number" data-label=${t("call.phone")}>${row.phone_number}</td>
      <td class="text" data-label=${t("lead.about")}>${[row.full_name, row.status && t(`lead.${row.status}`), row.source].filter(Boolean).join(" · ")}</td>
      <td data-label=${t("lead.calls")}>${count(row.total_attempts ?? row.total_dials)}</td><td class="text" data-label=${t("lead.last")}>${last(row) ?? "—"}</td>
      <td class="text number" data-label=${t("lead.created")}>${moment(row.created_at, zone)}</td>
    </tr>`)}</tbody></table></div>`;
}
