// Campaigns at work, those with the worst warnings first: are we on pace, is something broken?

import { html, useEffect, useState } from "../core/dom.js";
import * as api from "../core/api.js";
import { changed, go, screen } from "../core/address.js";
import { campaignOptions, campaigns } from "../core/campaigns.js";
import { count, moment } from "../core/format.js";
import { later } from "../core/later.js";
import { usePolled } from "../core/poll.js";
import { useWindow } from "../core/screen.js";
import { may } from "../core/session.js";
import { useStore } from "../core/store.js";
import { t } from "../core/words.js";
import { Change } from "../parts/change.js";
import { Figure } from "../parts/figure.js";
import { Failure, Nothing, Panel } from "../parts/panel.js";
import { Skeleton } from "../parts/skeleton.js";
import { Strip } from "../parts/strip.js";
import { Table } from "../parts/table.js";
import { inWords, Warnings } from "../parts/warnings.js";
import { paceOf } from "./leads-left.js";

/** Campaigns that are named where none is at work. */
const RESTING = 50;

const SHAPES = { breach: "✖", warning: "▲", note: "○" };

export function Overview() {
  const { zone, place } = useWindow();
  const modules = Object.keys(api.MODULES).filter((module) => may(api.MODULES[module].permission));
  const [page, setPage] = useState(1);
  const { answer, fault } = usePolled(`overview ${zone} ${page}`, async (signal, fresh) => {
    const answers = await Promise.all(modules.map((module) => api.overview(module, { timezone: zone, page }, { signal, fresh })));
    return { at: new Date(Math.min(...answers.map(({ at }) => at))), pages: answers };
  });
  const all = answer?.pages.flatMap(({ body }, index) => body.data.map((row) => ({ ...row, module: modules[index] }))) ?? [];
  const isOnly = page === 1 && all.length === 1;
  // Comes while the campaigns are asked for: the only one may be of Telesales.
  useEffect(() => {
    if (modules.includes("telesales")) later("views/telesales.js").catch(() => {}); // its own view says so
  }, []);
  useEffect(() => {
    if (isOnly) go(screen(all[0].module, all[0].id), { replace: true });
  }, [isOnly]);
  return html`<${Strip} zone=${zone} />
    <div class="heading"><h1>${t("nav.campaigns")}</h1>${all.length > 0 && html`<span class="muted">${t("overview.about")}</span>`}</div>
    ${fault && html`<${Failure} fault=${fault} />`}
    ${!answer && !fault && html`<${Skeleton} />`}
    ${answer && all.length === 0 && page === 1 && html`<${Nobody} />`}
    ${answer && all.length > 0 && answer.pages.map(({ body, window }, index) => html`<${Module} key=${modules[index]} module=${modules[index]} body=${body} window=${window} zone=${zone} place=${place} setPage=${setPage} />`)}`;
}

/** No campaign is at work: because there is none, or because all of them rest. */
function Nobody() {
  const known = useStore(campaigns);
  const resting = campaignOptions(known, []);
  const [Ways, setWays] = useState(null);
  useEffect(() => {
    later("views/ways.js").then((loaded) => setWays(() => loaded.Ways), () => {});
  }, []);
  if (Object.values(known).every((list) => list === null)) return html`<${Skeleton} />`;
  if (resting.length === 0) return Ways && html`<${Ways} />`;
  return html`<${Panel} kind="whole" title=${t("campaigns.count", { n: resting.length })}><${Nothing}>${t("nothing.at-work")}<//>
    <ul class="resting">${resting.slice(0, RESTING).map(({ value, label, note }) => html`<li key=${value}><a href=${screen(...value.split("/"))}>${label}</a> <small class="muted">${note}</small></li>`)}</ul><//>`;
}

function Module({ module, body, window, zone, place, setPage }) {
  const [from, to] = window;
  const of = { asked: { module, timezone: zone, date_from: from, date_to: to } };
  const pages = body.last_page > 1 && html`<span class="pages">
    <button type="button" class="plain" disabled=${body.current_page === 1} onClick=${() => setPage(body.current_page - 1)}>${t("pages.before")}</button>
    <span>${body.current_page} / ${body.last_page}</span>
    <button type="button" class="plain" disabled=${body.current_page >= body.last_page} onClick=${() => setPage(body.current_page + 1)}>${t("pages.after")}</button></span>`;
  return html`<${Panel} kind="whole" title=${t(`module.${module}`)} note=${t("campaigns.count", { n: body.total })} tools=${pages}>
    <${Warnings} warnings=${body.warnings} module=${module} zone=${zone} />
    ${body.data.length === 0 ? html`<${Nothing}>${t("nothing.campaigns")}<//>`
      : html`<${Table} name=${t(`module.${module}`)} kind="cards" columns=${columns(module, zone, of)} rows=${body.data} keyOf=${(row) => row.id} sort=${place.sort} sortBy=${(sort) => go(changed({ sort }))} />`}
  <//>`;
}

function columns(module, zone, of) {
  const figure = (row, name, more = {}) => html`<${Figure} metric="${module}.overview.${name}" value=${row[name]} of=${of} around=${[row]} row=${row.id} ...${more} />`;
  return [
    { id: "name", label: t("campaign"), isText: true, value: (row) => row.name, draw: (row) => html`<a href=${screen(module, row.id)}>${row.name}</a> <span class="state ${row.status}">${t(`state.${row.status}`)}</span>` },
    { id: "warnings", label: t("warnings"), isText: true, draw: (row) => html`<${Worst} warnings=${row.warnings} />` },
    { id: "dials", label: t("overview.dials"), value: (row) => row.dials_today, draw: (row) => figure(row, "dials_today") },
    {
      id: "rate", label: t("overview.rate"), value: (row) => Number(row.answer_rate_pct),
      draw: (row) => html`${figure(row, "answer_rate_pct", { unit: "percent", over: row.dials_today })}${" "}
        ${row.dials_today > 0 && row.answer_rate_before_pct != null && html`<small><${Change} unit="percent" now=${row.answer_rate_pct} before=${row.answer_rate_before_pct} polarity="up" /></small>`}`,
    },
    { id: "progress", label: t("overview.in-progress"), value: (row) => row.in_progress, draw: (row) => figure(row, "in_progress") },
    { id: "left", label: t("overview.left"), value: (row) => row.leads_left, draw: (row) => html`${figure(row, "leads_left")} <small class="muted">/ ${count(row.leads_total)}</small>` },
    { id: "pace", label: t("overview.pace"), value: (row) => row.pace?.days_left, draw: (row) => paceOf(row.pace) },
    { id: "last", label: t("overview.last"), value: (row) => Date.parse(row.last_call_at ?? 0), draw: (row) => row.last_call_at ? moment(row.last_call_at, zone) : "—" },
  ];
}

function Worst({ warnings }) {
  if (warnings.length === 0) return html`<span class="good"><span aria-hidden="true">✓</span><span class="hidden">${t("warnings.none")}</span></span>`;
  const [worst] = warnings;
  const kind = { breach: "bad", warning: "warn", note: "muted" }[worst.severity];
  return html`<span class=${kind} title=${warnings.map(inWords).join("\n")}><span aria-hidden="true">${SHAPES[worst.severity]}</span> ${inWords(worst)}${warnings.length > 1 && ` +${warnings.length - 1}`}</span>`;
}
