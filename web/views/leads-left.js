// The tile of leads that are left to call, with the days that they last at this pace.

import { html } from "../core/dom.js";
import { count, day, decimal } from "../core/format.js";
import { t } from "../core/words.js";

/** `row` of the overview; null for a campaign that is not at work, which has none. */
export function leadsLeft(module, row) {
  return row && {
    id: "left", metric: `${module}.overview.leads_left`, unit: "count", value: row.leads_left, around: [row], of: { asked: {} },
    foot: html`<p>${paceOf(row.pace)}</p><p class="muted">${t("tile.left.of", { total: count(row.leads_total) })}</p>`,
  };
}

/** Days that are left at this pace: "3.2 days → Sat 28 Nov". */
export function paceOf(pace) {
  if (pace?.days_left == null) return html`<span class="muted" title=${t("overview.pace.none")}>${t("overview.pace.unknown")}</span>`;
  const days = t("overview.days", { n: pace.days_left, shown: decimal(pace.days_left, 1) });
  const about = t("overview.pace.about", { n: Math.round(pace.leads_finished_per_day), days: pace.basis_days });
  return html`<span title=${about}>${days}${pace.ends_on && ` → ${day(pace.ends_on, { weekday: true })}`}</span>`;
}
