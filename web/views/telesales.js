// The screen of Telesales: the whole account, or one campaign of it.

import { html } from "../core/dom.js";
import * as api from "../core/api.js";
import { address, changed, go } from "../core/address.js";
import { campaigns, campaignOf } from "../core/campaigns.js";
import { apart, bandOf, beside } from "../core/beside.js";
import { bucketsOf, course, trimmed } from "../core/course.js";
import { useReports } from "../core/screen.js";
import { useStore } from "../core/store.js";
import { comparisonOf } from "../core/window.js";
import { t } from "../core/words.js";
import { Funnel } from "../parts/funnel.js";
import { Heatmap } from "../parts/heatmap.js";
import { Headroom } from "../parts/headroom.js";
import { Failure, Nothing, Panel } from "../parts/panel.js";
import { Skeleton } from "../parts/skeleton.js";
import { Strip } from "../parts/strip.js";
import { Tile, withoutCalls } from "../parts/tile.js";
import { Warnings } from "../parts/warnings.js";
import { Agents } from "./agents.js";
import { CallerIds } from "./caller-ids.js";
import { CourseGraph } from "./course-graph.js";
import { Dispositions } from "./dispositions.js";
import { Filters, filtersOf, filtersOfLeads } from "./filters.js";
import { Heading } from "./heading.js";
import { LastCall } from "./last-call.js";
import { leadsLeft } from "./leads-left.js";
import { Sources } from "./sources.js";

const REPORTS = [
  "dashboard", "time-series", "hour-dow-heatmap", "funnel", "agent-performance", "disposition-breakdown", "caller-id-health",
  "lead-source-attribution",
];

/**
 * Courses of the time series by the tile that draws them. It has no rates: those are quotients of its counts, and open the
 * answers.
 */
const COURSES = {
  dials: { typical: "dials", metric: "telesales.time-series.dials", value: (row) => row.dials },
  rate: {
    typical: "answer_rate_pct", metric: "telesales.time-series.answers", value: (row) => (row.dials ? (row.answers / row.dials) * 100 : null), over: (row) => row.dials,
  },
  conversions: { typical: "conversions", metric: "telesales.time-series.conversions", value: (row) => row.conversions },
  talk: {
    typical: "avg_talk_sec", metric: "telesales.time-series.answers", value: (row) => (row.answers ? row.talk_sec / row.answers : null), over: (row) => row.answers,
  },
};

export function Telesales({ id }) {
  useStore(campaigns);
  const screen = useTelesales(id);
  const { place, window, zone, account, parts, fault } = screen;
  const campaign = campaignOf("telesales", id);
  const name = id ? campaign?.name ?? t("campaign.numbered", { id }) : t("telesales.all");
  return html`<${Strip} window=${window} zone=${zone} account=${account} />
    <${Heading} name=${name} status=${campaign?.status} window=${window} zone=${zone} vs=${place.vs} />
    <${Filters} place=${place} sources=${sourcesOf(id, parts)} />
    ${screen.extra?.row && html`<${Warnings} warnings=${screen.extra.row.warnings} module="telesales" zone=${zone} />`}
    ${fault && html`<${Failure} fault=${fault} />`}
    ${screen.extra?.failed.map((one) => html`<${Failure} key=${one.name} part=${t(one.name)} fault=${one.fault} />`)}
    ${parts ? html`<${Figures} ...${screen} />` : !fault && html`<${Skeleton} />`}`;
}

function useTelesales(id) {
  const place = useStore(address);
  const own = { campaign_id: id || undefined };
  const filters = { ...own, ...filtersOf(place) };
  return useReports("telesales", id, REPORTS, {
    filters,
    besides: async (at, options) => {
      const [abandons, others] = await Promise.all([apart("tile.headroom", api.abandonRate({ ...own, ...filtersOfLeads(place) }, options)), beside("telesales", id, at, options, filters)]);
      const failed = abandons.fault ? [abandons, ...others.failed] : others.failed;
      return { ...others, abandons: abandons.answer?.body.data.current ?? null, failed };
    },
  });
}

/** Sources that were seen, by campaign: where one is chosen, the report has no other. */
const seen = new Map();

function sourcesOf(id, parts) {
  const rows = parts?.["lead-source-attribution"].data ?? [];
  const all = new Set([...(seen.get(id) ?? []), ...rows.map(({ source }) => source)]);
  seen.set(id, all);
  return [...all];
}

function Figures({ parts, extra, window, zone, place, isOld }) {
  const bucket = bucketsOf(parts["time-series"].data);
  const tiles = withoutCalls(parts.dashboard.data.total_dials, tilesOf(parts, extra, { bucket, zone }));
  const shown = tiles.find(({ id }) => id === place.m && COURSES[id]) ?? tiles[0];
  const cells = parts["hour-dow-heatmap"];
  return html`${parts.dashboard.data.total_dials === 0 && html`<${LastCall} row=${extra.row} zone=${zone} />`}
  <div class="figures ${isOld ? "old" : ""}">
    <div class="tiles">${tiles.map((tile) => html`<${Tile} key=${tile.id} tile=${tile} of=${tile.of === undefined ? parts.dashboard : tile.of} isShown=${tile === shown}
      choose=${COURSES[tile.id] && (() => go(changed({ m: tile.id })))} />`)}</div>
    <${CourseGraph} tile=${shown} of=${parts["time-series"]} course=${COURSES[shown.id]} bucket=${bucket} vs=${comparisonOf(window, place.vs)} />
    <div class="columns">
      <div><${Panel} title=${t("heatmap")}>${parts.dashboard.data.total_dials > 0
        ? html`<${Heatmap} cells=${cells.data} of=${cells} names=${{ dials: "dials", metric: "telesales.hour-dow-heatmap.answer_rate_pct" }} />`
        : html`<${Nothing}>${t("nothing.calls")}<//>`}<//>
      </div>
      <div><${Dispositions} of=${parts["disposition-breakdown"]} /></div>
      <div><${Panel} title=${t("funnel")}><${Funnel} module="telesales" stages=${parts.funnel.data} of=${parts.funnel} /><//></div>
    </div>
    <div class="columns halves">
      <div><${Agents} of=${parts["agent-performance"]} /></div>
      <div><${CallerIds} of=${parts["caller-id-health"]} /><${Sources} of=${parts["lead-source-attribution"]} /></div>
    </div>
  </div>`;
}

function tilesOf(parts, { abandons, row, typical }, { bucket, zone }) {
  const { dashboard, "time-series": series, funnel } = parts;
  const { data, before } = dashboard;
  const was = before && before.total_dials > 0 ? before : null;
  const sum = (rows) => rows?.reduce((total, row) => total + row.conversions, 0);
  const drawn = (id) => {
    const found = course(series.data, series.before, COURSES[id].value, { bucket, zone, band: bandOf(typical, COURSES[id].typical) });
    return { id, series: found, values: trimmed(found.now) };
  };
  return [
    { ...drawn("dials"), metric: "telesales.dashboard.total_dials", unit: "count", value: data.total_dials, before: before?.total_dials },
    {
      ...drawn("rate"), metric: "telesales.dashboard.answer_rate_pct", unit: "percent", value: data.answer_rate_pct, before: was?.answer_rate_pct,
      over: data.total_dials, part: [data.total_answers, data.total_dials],
    },
    { ...drawn("conversions"), metric: "telesales.time-series.conversions", unit: "count", value: sum(series.data), before: sum(series.before), of: series },
    {
      ...drawn("talk"), metric: "telesales.dashboard.avg_talk_time_sec", unit: "seconds", value: data.avg_talk_time_sec,
      before: before?.total_answers ? before.avg_talk_time_sec : null, over: data.total_answers, part: [Number(data.total_talk_time_sec), data.total_answers],
    },
    leadsLeft("telesales", row) ?? {
      id: "leads", metric: "telesales.funnel.count", unit: "count", value: funnel.data[0].count, of: funnel, around: [funnel.data[0]],
      foot: html`<p class="muted">${t("tile.leads.dialed", { n: funnel.data[1].count })}</p>`,
    },
    {
      id: "headroom", metric: "telesales.abandon-rate.current.abandons_left", unit: "count", value: abandons?.abandons_left,
      of: null, foot: abandons && html`<${Headroom} current=${abandons} />`,
    },
  ];
}
