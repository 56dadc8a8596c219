// The screen of an AutoCall campaign: are we on pace, is something broken?

import { html } from "../core/dom.js";
import { changed, go } from "../core/address.js";
import { campaigns, campaignOf } from "../core/campaigns.js";
import { bandOf, beside } from "../core/beside.js";
import { bucketsOf, course, trimmed } from "../core/course.js";
import { useReports } from "../core/screen.js";
import { useStore } from "../core/store.js";
import { comparisonOf } from "../core/window.js";
import { t } from "../core/words.js";
import { Funnel } from "../parts/funnel.js";
import { Heatmap } from "../parts/heatmap.js";
import { Failure, Nothing, Panel } from "../parts/panel.js";
import { Skeleton } from "../parts/skeleton.js";
import { Strip } from "../parts/strip.js";
import { Tile, withoutCalls } from "../parts/tile.js";
import { Warnings } from "../parts/warnings.js";
import { Causes } from "./causes.js";
import { CourseGraph } from "./course-graph.js";
import { Heading } from "./heading.js";
import { LastCall } from "./last-call.js";
import { leadsLeft } from "./leads-left.js";
import { Keys, Paths } from "./keys.js";

const REPORTS = ["kpis", "trend", "hangup", "heatmap", "dtmf", "funnel"];

/** Courses of the trend by the tile that draws them. */
const COURSES = {
  dials: { typical: "dials", metric: "autocall.trend.dialed", value: (row) => row.dialed },
  rate: {
    typical: "answer_rate_pct", metric: "autocall.trend.answer_rate_pct", value: (row) => (row.dialed ? Number(row.answer_rate_pct) : null), over: (row) => row.dialed,
  },
  transfers: { typical: "transfers", metric: "autocall.trend.transfer_count", value: (row) => row.transfer_count },
  talk: {
    typical: "avg_talk_sec", metric: "autocall.trend.avg_duration_sec", value: (row) => (row.answered ? row.avg_duration_sec : null), over: (row) => row.answered,
  },
};

export function Autocall({ id }) {
  useStore(campaigns);
  const screen = useReports("autocall", id, REPORTS, { besides: (at, options) => beside("autocall", id, at, options) });
  const { place, window, zone, account, parts, fault, isOld } = screen;
  const campaign = campaignOf("autocall", id);
  return html`<${Strip} window=${window} zone=${zone} account=${account} />
    <${Heading} name=${campaign?.name ?? t("campaign.numbered", { id })} status=${campaign?.status} window=${window} zone=${zone} vs=${place.vs} />
    ${screen.extra?.row && html`<${Warnings} warnings=${screen.extra.row.warnings} module="autocall" zone=${zone} />`}
    ${fault && html`<${Failure} fault=${fault} />`}
    ${screen.extra?.failed.map((one) => html`<${Failure} key=${one.name} part=${t(one.name)} fault=${one.fault} />`)}
    ${parts ? html`<${Figures} ...${screen} isOld=${isOld} />` : !fault && html`<${Skeleton} />`}`;
}

function Figures({ parts, extra, window, zone, place, isOld }) {
  const bucket = bucketsOf(parts.trend.data);
  const tiles = withoutCalls(parts.kpis.data.dialed, tilesOf(parts, extra, { bucket, zone }));
  const shown = tiles.find(({ id }) => id === place.m && COURSES[id]) ?? tiles[0];
  const { kpis, heatmap, hangup, dtmf, funnel, trend } = parts;
  return html`${kpis.data.dialed === 0 && html`<${LastCall} row=${extra.row} zone=${zone} />`}
  <div class="figures ${isOld ? "old" : ""}">
    <div class="tiles">${tiles.map((tile) => html`<${Tile} key=${tile.id} tile=${tile} of=${tile.of === undefined ? kpis : tile.of} isShown=${tile === shown}
      choose=${COURSES[tile.id] && (() => go(changed({ m: tile.id })))} />`)}</div>
    <${CourseGraph} tile=${shown} of=${trend} course=${COURSES[shown.id]} bucket=${bucket} vs=${comparisonOf(window, place.vs)} />
    <div class="columns">
      <div><${Panel} title=${t("heatmap")}>${kpis.data.dialed > 0
        ? html`<${Heatmap} cells=${heatmap.data} of=${heatmap} names=${{ dials: "dialed", metric: "autocall.heatmap.answer_rate_pct" }} />`
        : html`<${Nothing}>${t("nothing.calls")}<//>`}<//>
        <${Paths} of=${dtmf} /></div>
      <div><${Causes} of=${hangup} /></div>
      <div><${Panel} title=${t("funnel")}><${Funnel} module="autocall" stages=${funnel.data} of=${funnel} /><//>
        <${Keys} of=${dtmf} /></div>
    </div>
  </div>`;
}

function tilesOf({ kpis, trend, funnel }, { row, typical }, { bucket, zone }) {
  const { data, before } = kpis;
  const was = before && Number(before.dialed) > 0 ? before : null;
  const drawn = (id) => {
    const series = course(trend.data, trend.before, COURSES[id].value, { bucket, zone, band: bandOf(typical, COURSES[id].typical) });
    return { id, series, values: trimmed(series.now) };
  };
  const dialedLeads = funnel.data[1].count;
  return [
    { ...drawn("dials"), metric: "autocall.kpis.dialed", unit: "count", value: data.dialed, before: before?.dialed },
    {
      ...drawn("rate"), metric: "autocall.kpis.answer_rate_pct", unit: "percent", value: data.answer_rate_pct, before: was?.answer_rate_pct,
      over: data.dialed, part: [data.answered, data.dialed],
    },
    { ...drawn("transfers"), metric: "autocall.kpis.transfer_to_queue_count", unit: "count", value: data.transfer_to_queue_count, before: before?.transfer_to_queue_count },
    {
      ...drawn("talk"), metric: "autocall.kpis.avg_call_duration_sec", unit: "seconds", value: data.avg_call_duration_sec,
      before: before?.answered ? before.avg_call_duration_sec : null, over: data.answered, part: [data.total_talk_time_sec, data.answered],
    },
    leadsLeft("autocall", row) ?? {
      id: "leads", metric: "autocall.kpis.total_leads", unit: "count", value: data.total_leads,
      foot: html`<p class="muted">${t("tile.leads.dialed", { n: dialedLeads })}</p>`,
    },
    { id: "failed", metric: "autocall.kpis.failed", unit: "count", value: data.failed, before: before?.failed },
  ];
}
