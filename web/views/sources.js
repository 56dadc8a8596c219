// Sources of leads, and what became of the leads from each.

import { html } from "../core/dom.js";
import { entry, only } from "../core/catalogue.js";
import { t } from "../core/words.js";
import { Figure } from "../parts/figure.js";
import { Nothing, Panel } from "../parts/panel.js";
import { Table } from "../parts/table.js";

const FIGURES = [["total_leads", "count"], ["dialed_count", "count"], ["contacted_count", "count"], ["conv_count", "count"], ["conv_rate_pct", "percent", "total_leads"]];

/** `of`: the report lead-source-attribution. */
export function Sources({ of }) {
  const columns = [
    { id: "source", label: t("sources.source"), isText: true, draw: (row) => row.source },
    ...FIGURES.map(([id, unit, over]) => {
      const metric = `telesales.lead-source-attribution.${id}`;
      return {
        id, label: t(`sources.${id}`), about: only(entry(metric)?.description),
        draw: (row) => html`<${Figure} metric=${metric} unit=${unit} value=${row[id]} of=${of} around=${[row]} row=${row.source} over=${over && row[over]} />`,
      };
    }),
  ];
  return html`<${Panel} title=${t("sources")} note=${t("sources.note")}>
    ${of.data.length > 0 ? html`<${Table} name=${t("sources")} columns=${columns} rows=${of.data} keyOf=${(row) => row.source} />` : html`<${Nothing}>${t("nothing.leads")}<//>`}
  <//>`;
}
