// The numbers that calls come from, the worst first: is one of them blocked?

import { html } from "../core/dom.js";
import { entry, named, only } from "../core/catalogue.js";
import { t } from "../core/words.js";
import { Figure } from "../parts/figure.js";
import { Nothing, Panel } from "../parts/panel.js";
import { Table } from "../parts/table.js";

const FIGURES = [
  ["total_calls", "count"], ["asr_pct", "percent", "total_calls"], ["acd_sec", "seconds", "answered_calls"],
  ["short_call_ratio_pct", "percent", "total_calls"], ["health_calls_today", "count"],
];

/** States of health, the worst first, each with its shape. */
const HEALTH = { suspected_block: "✖", warning: "▲", healthy: "✓", no_data: "○" };

/** `of`: the report caller-id-health. */
export function CallerIds({ of }) {
  const order = Object.keys(HEALTH);
  const rows = [...of.data].sort((one, other) => order.indexOf(one.health_status) - order.indexOf(other.health_status) || other.total_calls - one.total_calls);
  const columns = [
    { id: "cid", label: t("caller-ids.cid"), isText: true, draw: (row) => html`<span class="number">${row.cid}</span> <small class="muted">${row.display_name}</small>` },
    { id: "health", label: t("caller-ids.health"), isText: true, draw: (row) => html`<${Health} status=${row.health_status} />` },
    ...FIGURES.map(([id, unit, over]) => {
      const metric = `telesales.caller-id-health.${id}`;
      return {
        id, label: t(`caller-ids.${id}`), about: only(entry(metric)?.description),
        draw: (row) => html`<${Figure} metric=${metric} unit=${unit} value=${row[id]} of=${of} around=${[row]} row=${row.cid} over=${over && row[over]} />`,
      };
    }),
  ];
  return html`<${Panel} title=${t("caller-ids")}>
    ${rows.length > 0 ? html`<${Table} name=${t("caller-ids")} columns=${columns} rows=${rows} keyOf=${(row) => row.cid} />` : html`<${Nothing}>${t("nothing.caller-ids")}<//>`}
  <//>`;
}

function Health({ status }) {
  const words = named("caller_id_health", status);
  return html`<span class="badge ${status}" title=${words?.description}><span aria-hidden="true">${HEALTH[status]}</span> ${words?.label ?? status}</span>`;
}
