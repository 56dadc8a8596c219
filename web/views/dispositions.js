// Dispositions, beside the colours that users chose.

import { html } from "../core/dom.js";
import { percent } from "../core/format.js";
import { named } from "../core/catalogue.js";
import { t } from "../core/words.js";
import { Bars } from "../parts/bars.js";
import { Figure } from "../parts/figure.js";
import { Nothing, Panel } from "../parts/panel.js";

/** `of`: the report disposition-breakdown. */
export function Dispositions({ of }) {
  const most = Math.max(1, ...of.data.map(({ count }) => count));
  const rows = of.data.map((row) => ({
    key: row.code, label: row.label ?? row.code, title: named("disposition_category", row.category)?.label, mark: row.color ?? "transparent", share: (row.count / most) * 100,
    figures: html`<${Figure} metric="telesales.disposition-breakdown.count" value=${row.count} of=${of} around=${[row]} row=${row.code} />
      <span class="share">${percent(row.pct, 1)}</span>`,
  }));
  return html`<${Panel} title=${t("dispositions")}>${rows.length > 0 ? html`<${Bars} rows=${rows} />` : html`<${Nothing}>${t("nothing.dispositions")}<//>`}<//>`;
}
