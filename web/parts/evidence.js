// Evidence of compliance: orders the file, which is downloaded when it is ready; the list of exports has it, too.

import { html, useState } from "../core/dom.js";
import * as api from "../core/api.js";
import { awaitFile } from "../core/awaited.js";
import { session } from "../core/session.js";
import { preferred, t } from "../core/words.js";

/** Of one campaign, `{id, name}`, or of all that the screen shows. `zone`: that of its days. */
export function Evidence({ campaign, zone }) {
  const [said, setSaid] = useState({ isBusy: false, text: "", isWrong: false });
  const order = async () => {
    setSaid({ isBusy: true, text: "", isWrong: false });
    try {
      const lang = preferred(session.get().accountLanguage);
      const { data } = await api.orderEvidence({ campaign_id: campaign?.id, timezone: zone, lang });
      awaitFile(data.job_id);
      setSaid({ isBusy: false, text: t("evidence.ordered"), isWrong: false });
    } catch (fault) {
      setSaid({ isBusy: false, text: fault.message || t("fault.unknown"), isWrong: true });
    }
  };
  const name = campaign ? t("evidence.of", { name: campaign.name }) : t("evidence.all");
  return html`<button type="button" class="plain" disabled=${said.isBusy} onClick=${order} aria-label=${campaign && name}>
      <span aria-hidden="true">⤓</span>${!campaign && ` ${name}`}</button>
    <small role="status" class=${said.isWrong ? "bad" : "muted"}>${said.text || null}</small>`;
}
