// A change against before: arrow, sign and colour, so that none of them is needed alone.

import { html } from "../core/dom.js";
import { changeOf } from "../core/format.js";
import { t } from "../core/words.js";

/** Changes below these do not count as any: half of the last digit that is shown. */
const STILL = { points: 0.05, share: 0.05, time: 0.5 };

/** `polarity`: the change that is good, up, down or neutral. Draws nothing where there is no earlier figure. */
export function Change({ unit, now, before, polarity = "neutral" }) {
  const change = changeOf(unit, now, before);
  if (!change) return html`<span class="change none" title=${t("change.none.about")}>${t("change.none")}</span>`;
  if (change.size < STILL[change.of]) return html`<span class="change">${t("change.same")}</span>`;
  const isUp = change.sign > 0;
  const verdict = polarity === "neutral" ? "" : (polarity === "up") === isUp ? "good" : "bad";
  const text = change.of === "points" ? t("change.points", { n: change.size, shown: change.text }) : change.text;
  return html`<span class="change ${verdict}">
    <span aria-hidden="true">${isUp ? "▲" : "▼"} </span>
    <span class="hidden">${t(isUp ? "change.up" : "change.down")} </span>${text}
  </span>`;
}
