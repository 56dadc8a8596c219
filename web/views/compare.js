// Campaigns beside each other, by the three measures of AutoCall.

import { html } from "../core/dom.js";
import * as api from "../core/api.js";
import { changed, go, screen } from "../core/address.js";
import { campaigns } from "../core/campaigns.js";
import { duration, percent } from "../core/format.js";
import { usePolled } from "../core/poll.js";
import { useWindow } from "../core/screen.js";
import { useStore } from "../core/store.js";
import { t } from "../core/words.js";
import { Failure, Nothing, Panel } from "../parts/panel.js";
import { Skeleton } from "../parts/skeleton.js";
import { Strip } from "../parts/strip.js";
import { Table } from "../parts/table.js";

/** Campaigns that the API compares at once. */
const MOST = 50;
const METRICS = { answer_rate_pct: (value) => percent(value), avg_duration_sec: duration, transfer_rate_pct: (value) => percent(value) };

export function Compare() {
  const known = useStore(campaigns);
  const at = useWindow();
  const all = (known.autocall ?? []).filter(({ status }) => status !== "draft").slice(0, MOST);
  if (!known.autocall) return html`<${Skeleton} />`;
  return html`<${Strip} window=${at.window} zone=${at.zone} account=${at.account} compares=${false} />
    <div class="heading"><h1>${t("compare")}</h1><span class="muted">${t("compare.about")}</span></div>
    ${all.length > 0 ? html`<${Rows} all=${all} ...${at} />` : html`<${Nothing}>${t("nothing.campaigns")}<//>`}`;
}

function Rows({ all, window, zone, place }) {
  const params = { campaign_ids: all.map(({ id }) => id).join(","), from: window.from, to: window.to, timezone: zone };
  const { answer, fault, isOld } = usePolled(JSON.stringify(params), async (signal, fresh) => {
    const names = Object.keys(METRICS);
    const answers = await Promise.all(names.map((metric) => api.comparison({ ...params, metric }, { signal, fresh })));
    const rows = all.map((campaign, index) => ({
      ...campaign, ...Object.fromEntries(names.map((name, at) => [name, answers[at].body.data[index].metric_value])),
    }));
    return { at: new Date(Math.min(...answers.map((one) => one.at))), rows };
  });
  if (fault) return html`<${Failure} fault=${fault} />`;
  if (!answer) return html`<${Skeleton} />`;
  const most = (name) => Math.max(...answer.rows.map((row) => Number(row[name])), 1e-9);
  const columns = [
    { id: "name", label: t("campaign"), isText: true, value: (row) => row.name, draw: (row) => html`<a href=${screen("autocall", row.id)}>${row.name}</a>` },
    { id: "status", label: t("campaign.state"), isText: true, draw: (row) => html`<span class="state ${row.status}">${t(`state.${row.status}`)}</span>` },
    ...Object.entries(METRICS).map(([name, show]) => ({
      id: name, label: t(`compare.${name}`), value: (row) => Number(row[name]),
      draw: (row) => html`<span class="bar-beside"><span class="bar" aria-hidden="true"><span style=${{ width: `${(Number(row[name]) / most(name)) * 100}%` }}></span></span>
        <data value=${row[name]} data-metric="autocall.comparison.metric_value" data-row=${`${row.id} ${name}`}>${show(row[name])}</data></span>`,
    })),
  ];
  return html`<div class=${isOld ? "old" : ""}><${Panel} kind="whole" title=${t("compare.campaigns")}>
    <${Table} name=${t("compare.campaigns")} columns=${columns} rows=${answer.rows} keyOf=${(row) => row.id} sort=${place.sort ?? "-answer_rate_pct"} sortBy=${(sort) => go(changed({ sort }))} />
  <//></div>`;
}
