// Compliance: is each campaign under its limit of abandoned calls, by how much, since when, and can it be shown?

import { html, useState } from "../core/dom.js";
import * as api from "../core/api.js";
import { screen } from "../core/address.js";
import { day, limit, moment, percent } from "../core/format.js";
import { usePolled } from "../core/poll.js";
import { useWindow } from "../core/screen.js";
import { may, nearLimit } from "../core/session.js";
import { t } from "../core/words.js";
import { Evidence } from "../parts/evidence.js";
import { Figure } from "../parts/figure.js";
import { Meter } from "../parts/headroom.js";
import { Failure, Nothing, Panel } from "../parts/panel.js";
import { Skeleton } from "../parts/skeleton.js";
import { Strip } from "../parts/strip.js";

/** States, each with its shape. */
const STATES = { over: "✖", near: "▲", under: "✓" };

export function Compliance() {
  const { zone } = useWindow();
  const { answer, fault } = usePolled(`compliance ${zone}`, (signal, fresh) => api.compliance({ timezone: zone }, { signal, fresh }));
  const rows = answer?.body.data;
  return html`<${Strip} zone=${zone} />
    <div class="heading"><h1>${t("compliance")}</h1><span class="muted">${t("compliance.about")}</span></div>
    ${fault && html`<${Failure} fault=${fault} />`}
    ${!rows && !fault && html`<${Skeleton} />`}
    ${rows && html`<${Panel} kind="whole" title=${t("compliance.campaigns")} tools=${html`<${Tools} zone=${zone} />`}>
      ${rows.length === 0 ? html`<${Nothing}>${t("nothing.campaigns")}<//>` : html`<${Rows} rows=${rows} zone=${zone} />`}
    <//>`}`;
}

function Tools({ zone }) {
  const [isCopied, setCopied] = useState(false);
  const copy = () => navigator.clipboard.writeText(location.href).then(() => setCopied(true));
  return html`${mayProve() && html`<${Evidence} zone=${zone} />`}
    <button type="button" class="plain" onClick=${copy}>${t(isCopied ? "compliance.copied" : "compliance.copy")}</button>
    <button type="button" class="plain" onClick=${() => print()}>${t("compliance.print")}</button>`;
}

/** over, near or under: by what the limit of the account is a share of. */
function stateOf({ current, abandon_basis: basis }) {
  const whole = basis === "answers" ? current.answers_total : current.attempts_total;
  if (current.breached) return "over";
  const share = whole > 0 ? (current.attempts_abandoned * 100) / (Number(current.limit_pct) * whole) : 0;
  const near = nearLimit();
  return share >= near.share && whole >= near.dials ? "near" : "under";
}

const HEADS = [["campaign", true], ["compliance.of-dials", true], ["compliance.of-answers", true], ["compliance.left", true], ["compliance.since", true], ["compliance.days", true], ["compliance.blocked", false]];

/** True if the reader may take evidence, whose calls have phones. */
const mayProve = () => may("calls_read");

function Rows({ rows, zone }) {
  return html`<div class="table-frame" tabindex="0" role="group" aria-label=${t("compliance.campaigns")}><table class="rows compliance cards">
    <thead><tr>${[...HEADS, ...(mayProve() ? [["evidence", true]] : [])].map(([key, isText]) => html`<th scope="col" class=${isText ? "text" : ""}>${t(key)}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<${Row} key=${row.campaign_id} row=${row} zone=${zone} />`)}</tbody>
  </table></div>`;
}

function Row({ row, zone }) {
  const { current, abandon_basis: basis } = row;
  const state = stateOf(row);
  const of = { asked: { timezone: zone } };
  const figure = (name, more = {}) => html`<${Figure} metric="telesales.compliance.current.${name}" value=${current[name]} of=${of} around=${[current, row]} row=${row.campaign_id} ...${more} />`;
  const rate = (name, counted, whole, isLimited) => html`<td class="text ${isLimited ? "bar-cell" : ""}" data-label=${t(`compliance.of-${counted}`)}>
    ${isLimited && html`<${Meter} rate=${Number(current[name])} limit=${Number(current.limit_pct)} />`}
    <span>${figure(name, { unit: "percent", over: whole })}
      ${isLimited && html` <small class="muted">${t("compliance.limit", { limit: limit(current.limit_pct) })}</small>`}</span></td>`;
  return html`<tr>
    <th scope="row" class="text"><span class="shape ${state}" aria-hidden="true">${STATES[state]}</span> <a href=${screen("telesales", row.campaign_id)}>${current.campaign_name}</a>
      ${" "}<small class=${{ over: "bad", near: "warn", under: "muted" }[state]}>${t(`compliance.${state}`)}</small></th>
    ${rate("abandon_rate_pct", "dials", current.attempts_total, basis === "dials")}
    ${rate("abandon_rate_of_answers_pct", "answers", current.answers_total, basis === "answers")}
    <td class="text left" data-label=${t("compliance.left")}>${left(row, state)}</td>
    <td class="text" data-label=${t("compliance.since")}>${row.since ? moment(row.since, zone) : "—"}</td>
    <td class="text" data-label=${t("compliance.days")}><${Ticks} row=${row} zone=${zone} /></td>
    <td data-label=${t("compliance.blocked")}><${Figure} metric="telesales.compliance.blocked_count" value=${row.blocked_count} of=${of} around=${[row]} row=${row.campaign_id} /></td>
    ${mayProve() && html`<td class="text" data-label=${t("evidence")}><${Evidence} campaign=${{ id: row.campaign_id, name: current.campaign_name }} zone=${zone} /></td>`}
  </tr>`;
}

function left({ current, dials_to_recover: recover, abandon_basis: basis }, state) {
  if (state === "over") return html`<span class="bad">${recover == null ? t("compliance.none-left") : t(`compliance.recover.${basis}`, { n: recover })}</span>`;
  return current.abandons_left == null ? "—" : t("compliance.more", { n: current.abandons_left });
}

/** A tick a day: tall where the limit was passed. */
function Ticks({ row, zone }) {
  const bad = row.breach_days.filter(({ breaches }) => breaches > 0);
  const highest = row.highest_rate_pct != null && t("compliance.highest", { rate: percent(row.highest_rate_pct), time: moment(row.highest_at, zone) });
  const about = bad.length === 0 ? t("compliance.never") : `${t("compliance.breach-days", { n: bad.length })}${highest ? `, ${highest}` : ""}`;
  return html`<span class="ticks" role="img" aria-label=${about} title=${about}>${row.breach_days.map(({ date, breaches }) => html`<span key=${date} class=${breaches > 0 ? "bad" : ""} title="${day(date)}: ${breaches}"></span>`)}</span>`;
}
