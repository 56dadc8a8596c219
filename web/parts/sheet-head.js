// The head of each printed sheet: whose figures, of which campaign, window and zone, and when they were made. Screens hide it.

import { html, useEffect, useRef } from "../core/dom.js";
import { address } from "../core/address.js";
import { now } from "../core/ask.js";
import { campaignOf, campaigns } from "../core/campaigns.js";
import { moment, range } from "../core/format.js";
import { figures } from "../core/poll.js";
import { useWindow } from "../core/screen.js";
import { session } from "../core/session.js";
import { useStore } from "../core/store.js";
import { t } from "../core/words.js";
import { offset } from "../core/zone.js";

/** `label` names the view. */
export function SheetHead({ label }) {
  useStore(campaigns);
  const [{ view, id }, { at }, printed] = [useStore(address), useStore(figures), useRef(null)];
  const { window, zone } = useWindow();
  const { tenant, user } = session.get();
  const name = id && (campaignOf(view, id)?.name ?? t("campaign.numbered", { id }));
  const said = () => t("sheet.printed", { name: user.username, time: moment(now(), zone) });
  useEffect(() => {
    const tell = () => { printed.current.textContent = said(); };
    addEventListener("beforeprint", tell);
    return () => removeEventListener("beforeprint", tell);
  });
  return html`<div class="sheet-head" aria-hidden="true">
    <p><strong>${[tenant.name, name || label].filter(Boolean).join(" · ")}</strong><span>${range(window.from, window.to)} · ${zone.replaceAll("_", " ")} (${offset(at ?? now(), zone)})</span></p>
    <p><span>${at && `${t("status.of")} ${moment(at, zone, { seconds: true })} · `}<span ref=${printed}>${said()}</span></span><span class="where">${location.href}</span></p>
  </div>`;
}
