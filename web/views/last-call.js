// A window without calls says when the last one was, and shows that day.

import { html } from "../core/dom.js";
import { changed } from "../core/address.js";
import { moment } from "../core/format.js";
import { local } from "../core/zone.js";
import { t } from "../core/words.js";

/** `row` of the overview; null where there is none. */
export function LastCall({ row, zone }) {
  const at = row?.last_call_at;
  if (!at) return html`<p class="notice">${t("nothing.calls")}</p>`;
  const { date } = local(new Date(at), zone);
  return html`<p class="notice">${t("nothing.calls")} ${t("last.call", { time: moment(at, zone) })} <a href=${changed({ w: `${date}..${date}`, open: undefined })}>${t("last.show")}</a></p>`;
}
