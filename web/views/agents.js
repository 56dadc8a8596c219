// Agents and what they did, sortable, with a row of sums.

import { html } from "../core/dom.js";
import { address, changed, go } from "../core/address.js";
import { count } from "../core/format.js";
import { entry, only } from "../core/catalogue.js";
import { useStore } from "../core/store.js";
import { t } from "../core/words.js";
import { Figure } from "../parts/figure.js";
import { Nothing, Panel } from "../parts/panel.js";
import { Table } from "../parts/table.js";

/** Columns of figures: member, unit, denominator. */
const FIGURES = [
  ["dials", "count"], ["answers", "count"], ["avg_aht_sec", "seconds", "answers"], ["conversions", "count"], ["conv_rate", "percent", "answers"],
];

/** `of`: the report agent-performance. */
export function Agents({ of }) {
  const { sort = "-dials" } = useStore(address);
  const columns = [
    { id: "name", label: t("agents.name"), isText: true, value: (row) => row.name, draw: (row) => html`<span title=${row.username}>${row.name}</span>` },
    ...FIGURES.map(([id, unit, over]) => {
      const metric = `telesales.agent-performance.${id}`;
      return {
        id, label: t(`agents.${id}`), about: only(entry(metric)?.description), value: (row) => row[id],
        draw: (row) => html`<${Figure} metric=${metric} unit=${unit} value=${row[id]} of=${of} around=${[row]} row=${row.agent_id} over=${over && row[over]} />`,
      };
    }),
  ];
  const sum = (id) => count(of.data.reduce((total, row) => total + row[id], 0));
  const foot = [t("sum"), sum("dials"), sum("answers"), "", sum("conversions"), ""];
  return html`<${Panel} title=${t("agents")} note=${t("agents.count", { n: of.data.length })}>
    ${of.data.length > 0 ? html`<${Table} name=${t("agents")} columns=${columns} rows=${of.data} keyOf=${(row) => row.agent_id} sort=${sort} foot=${foot}
      sortBy=${(by) => go(changed({ sort: by }))} />` : html`<${Nothing}>${t("nothing.calls")}<//>`}
  <//>`;
}
