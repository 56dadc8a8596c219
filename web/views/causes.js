// Reasons that calls ended: hangup causes in words.

import { html } from "../core/dom.js";
import { named } from "../core/catalogue.js";
import { percent } from "../core/format.js";
import { t } from "../core/words.js";
import { Bars } from "../parts/bars.js";
import { Figure } from "../parts/figure.js";
import { Nothing, Panel } from "../parts/panel.js";

/** `of`: the report hangup. */
export function Causes({ of }) {
  const { total_calls: total, by_hangup_cause: causes } = of.data;
  const most = Math.max(1, ...causes.map(({ count }) => count));
  const rows = causes.map((cause) => {
    const words = named("hangup_cause", cause.hangup_cause.toUpperCase());
    return {
      key: cause.hangup_cause, label: words?.label ?? cause.hangup_cause, title: words ? `${cause.hangup_cause}: ${words.description}` : cause.hangup_cause,
      share: (cause.count / most) * 100,
      figures: html`<${Figure} metric="autocall.hangup.by_hangup_cause.count" value=${cause.count} of=${of} around=${[cause, of.data]} row=${cause.hangup_cause} />
        <span class="share">${percent(cause.pct, 1)}</span>`,
    };
  });
  return html`<${Panel} title=${t("causes")} note=${total > 0 && html`Σ <${Figure} metric="autocall.hangup.total_calls" value=${total} of=${of} around=${[of.data]} />`}>
    ${rows.length > 0 ? html`<${Bars} rows=${rows} />` : html`<${Nothing}>${t("nothing.causes")}<//>`}
  <//>`;
}
