// Keys that callers pressed, with what they mean in the script, and their paths through it.

import { html } from "../core/dom.js";
import { percent } from "../core/format.js";
import { t } from "../core/words.js";
import { Bars } from "../parts/bars.js";
import { Figure } from "../parts/figure.js";
import { Nothing, Panel } from "../parts/panel.js";

/** `of`: the report dtmf. */
export function Keys({ of }) {
  const { total_answered: answered, no_input: none, no_input_rate_pct: noneRate, by_digit: digits } = of.data;
  const most = Math.max(1, none, ...digits.map(({ count }) => count));
  const keys = digits.map((row) => ({
    key: row.digit, label: html`<kbd>${row.digit}</kbd> ${row.label ?? html`<span class="muted">${t("keys.unknown")}</span>`}`, share: (row.count / most) * 100,
    figures: html`<${Figure} metric="autocall.dtmf.by_digit.count" value=${row.count} of=${of} around=${[row, of.data]} row=${row.digit} />
      <span class="share">${percent(row.pct, 1)}</span>`,
  }));
  keys.push({
    key: "none", label: html`<span class="muted">${t("keys.none")}</span>`, share: (none / most) * 100,
    figures: html`<${Figure} metric="autocall.dtmf.no_input" value=${none} of=${of} around=${[of.data]} />
      <span class="share">${percent(noneRate, 1)}</span>`,
  });
  if (answered === 0) return html`<${Panel} title=${t("keys")}><${Nothing}>${t("nothing.answers")}<//><//>`;
  return html`<${Panel} title=${t("keys")} note=${t("keys.of", { n: answered })}><${Bars} rows=${keys} /><//>`;
}

/** Paths through the script, the most frequent first. */
export function Paths({ of }) {
  const paths = of.data.by_script_path;
  const most = Math.max(1, ...paths.map(({ count }) => count));
  const rows = paths.map((row) => ({
    key: row.path, label: html`<span class="path">${row.path.split(" -> ").join(" › ")}</span>`, title: row.path, share: (row.count / most) * 100,
    figures: html`<${Figure} metric="autocall.dtmf.by_script_path.count" value=${row.count} of=${of} around=${[row, of.data]} row=${row.path} />`,
  }));
  return html`<${Panel} title=${t("paths")} kind="last">${rows.length > 0 ? html`<${Bars} rows=${rows} first=${8} />` : html`<${Nothing}>${t("nothing.paths")}<//>`}<//>`;
}
