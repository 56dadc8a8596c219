// The heading of a screen of figures: its subject, its window in words, and what it is compared with.

import { html } from "../core/dom.js";
import { address } from "../core/address.js";
import { moment, range } from "../core/format.js";
import { pin, pinOf, settings } from "../core/settings.js";
import { useStore } from "../core/store.js";
import { COMPARISONS, comparisonOf } from "../core/window.js";
import { t } from "../core/words.js";

/** A comparison in words: "the same hours a week before". */
export function compared(vs) {
  return vs in COMPARISONS ? t(`vs.${vs}.long`) : vs.split("..").join(" – ");
}

export function Heading({ name, status, window, zone, vs, children }) {
  const shown = window.isDates ? range(window.from, window.to) : `${moment(window.from, zone)} – ${moment(window.to, zone)}`;
  const comparison = comparisonOf(window, vs);
  return html`<div class="heading">
    <h1>${name}</h1><${Pin} />
    ${status && html`<span class="state ${status}">${t(`state.${status}`)}</span>`}
    <span class="muted">${shown}${comparison !== "none" && ` · ${t("heading.compared", { before: compared(comparison) })}`}</span>
    ${children}
  </div>`;
}

/** Keeps the campaign on top of the list of campaigns. */
function Pin() {
  const [campaign, { pins }] = [pinOf(useStore(address)), useStore(settings)];
  if (!campaign) return null;
  const isPinned = pins.includes(campaign);
  return html`<button type="button" class="quiet pin" aria-pressed=${isPinned} aria-label=${t("pin")} title=${t("pin.about")}
    onClick=${() => pin(campaign)}><span aria-hidden="true">${isPinned ? "★" : "☆"}</span></button>`;
}
