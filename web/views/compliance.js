// Compliance: is each campaign under its limit of abandoned calls, and by how much?

import { html } from "../core/dom.js";
import * as api from "../core/api.js";
import { address, screen } from "../core/address.js";
import { limit, moment, percent } from "../core/format.js";
import { usePolled } from "../core/poll.js";
import { session } from "../core/session.js";
import { useStore } from "../core/store.js";
import { t } from "../core/words.js";
import { Figure } from "../parts/figure.js";
import { Meter } from "../parts/headroom.js";
import { Failure, Nothing, Panel } from "../parts/panel.js";
import { Skeleton } from "../parts/skeleton.js";
import { Strip } from "../parts/strip.js";

/** Campaigns that are watched at once: the newest active ones. */
const WATCHED = 20;
/** States, the worst first, each with its shape. */
const STATES = { over: "✖", near: "▲", under: "✓" };

export function Compliance() {
  const [place, who] = [useStore(address), useStore(session)];
  const zone = place.tz ?? who.tenant.timezone;
  const { answer, fault } = usePolled("compliance", load);
  const rows = answer?.rows.map((row) => ({ ...row, ...standing(row.current) })).sort((one, other) => other.share - one.share);
  return html`<${Strip} zone=${zone} />
    <div class="heading"><h1>${t("compliance")}</h1><span class="muted">${t("compliance.about")}</span></div>
    ${fault && html`<${Failure} fault=${fault} />`}
    ${!rows && !fault && html`<${Skeleton} />`}
    ${rows && html`<${Panel} kind="whole" title=${t("compliance.campaigns")} note=${answer.isPart && t("compliance.part", { n: WATCHED })}>
      ${rows.length === 0 ? html`<${Nothing}>${t("nothing.campaigns")}<//>` : html`<${Rows} rows=${rows} zone=${zone} />`}
    <//>`}`;
}

async function load(signal, fresh) {
  const options = { signal, fresh };
  const { body } = await api.campaigns("telesales", { status: "active", per_page: WATCHED }, options);
  const answers = await Promise.all(body.data.map(({ id }) => api.abandonRate({ campaign_id: id }, options)));
  return {
    at: new Date(Math.min(Date.now(), ...answers.map(({ at }) => at))), isPart: body.total > body.data.length,
    rows: answers.map(({ body: { data } }) => data),
  };
}

/** A campaign against its limit: `{state, share}`, share of the limit that is used. */
function standing({ attempts_abandoned: abandoned, attempts_total: dials, limit_pct: limit, breached }) {
  const share = dials > 0 ? (abandoned * 100) / (Number(limit) * dials) : 0;
  return { share, state: breached ? "over" : share >= 0.8 && dials >= 100 ? "near" : "under" };
}

function Rows({ rows, zone }) {
  return html`<div class="table-frame" tabindex="0" role="group" aria-label=${t("compliance.campaigns")}><table class="rows compliance cards">
    <thead><tr><th scope="col" class="text">${t("campaign")}</th><th scope="col" class="text">${t("compliance.of-dials")}</th><th scope="col">${t("compliance.of-answers")}</th>
      <th scope="col" class="text">${t("compliance.left")}</th><th scope="col">${t("compliance.abandoned")}</th><th scope="col" class="text">${t("compliance.last-breach")}</th></tr></thead>
    <tbody>${rows.map((row) => html`<${Row} key=${row.current.campaign_id} row=${row} zone=${zone} />`)}</tbody>
  </table></div>`;
}

function Row({ row: { current, breaches, state }, zone }) {
  const of = { asked: { campaign_id: current.campaign_id, timezone: zone, date_from: current.window_from, date_to: current.window_to } };
  const figure = (name, more = {}) => html`<${Figure} metric="telesales.abandon-rate.current.${name}" value=${current[name]} of=${of} around=${[current]} row=${current.campaign_id} ...${more} />`;
  return html`<tr>
    <th scope="row" class="text"><span class="shape ${state}" aria-hidden="true">${STATES[state]}</span> <a href=${screen("telesales", current.campaign_id)}>${current.campaign_name}</a>
      <small class=${state === "over" ? "bad" : "muted"}>${t(`compliance.${state}`)}</small></th>
    <td class="text bar-cell" data-label=${t("compliance.of-dials")}><${Meter} rate=${Number(current.abandon_rate_pct)} limit=${Number(current.limit_pct)} />
      <span>${figure("abandon_rate_pct", { unit: "percent", over: current.attempts_total })} <small class="muted">${t("compliance.limit", { limit: limit(current.limit_pct) })}</small></span></td>
    <td data-label=${t("compliance.of-answers")}>${figure("abandon_rate_of_answers_pct", { unit: "percent", over: current.answers_total })}</td>
    <td class="text" data-label=${t("compliance.left")}>${state === "over" ? html`<span class="bad">${t("compliance.none-left")}</span>` : t("compliance.more", { n: current.abandons_left })}</td>
    <td data-label=${t("compliance.abandoned")}>${figure("attempts_abandoned")} <small class="muted">/ ${figure("attempts_total")}</small></td>
    <td class="text" data-label=${t("compliance.last-breach")}>${breaches.length > 0 ? `${moment(breaches[0].detected_at, zone)} · ${percent(breaches[0].abandon_rate_pct)}` : t("compliance.never")}</td>
  </tr>`;
}
