// Abandoned calls against their limit: a bar with the limit as a line, and the rest in words.

import { html } from "../core/dom.js";
import { decimal, limit as limited, percent } from "../core/format.js";
import { nearLimit } from "../core/session.js";
import { t } from "../core/words.js";

/** `current` as the report abandon-rate gives it. */
export function Headroom({ current }) {
  const { abandon_rate_pct: rate, limit_pct: limit, breached, attempts_total: dials } = current;
  if (dials === 0) return html`<p class="muted">${t("headroom.none")}</p>`;
  return html`<${Meter} rate=${Number(rate)} limit=${Number(limit)} />
    <p class=${breached ? "bad" : "muted"}>${t(breached ? "headroom.over" : "headroom.of", { rate: percent(rate), limit: limited(limit) })}</p>`;
}

/** `role=meter`, drawn to 1.25 times the limit. */
export function Meter({ rate, limit }) {
  const whole = limit * 1.25;
  const state = rate > limit ? "over" : rate >= nearLimit().share * limit ? "near" : "under";
  return html`<span class="meter ${state}" role="meter" aria-label=${t("headroom")} aria-valuemin="0" aria-valuemax=${limit} aria-valuenow=${Math.min(rate, limit)}
    aria-valuetext=${t("headroom.text", { rate: decimal(rate, 2), limit: limited(limit).slice(0, -1) })}>
    <span class="fill" style=${{ width: `${Math.min(100, (rate / whole) * 100)}%` }}></span>
    <span class="limit" style=${{ left: `${(limit / whole) * 100}%` }}></span>
  </span>`;
}
