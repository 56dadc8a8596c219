// Warnings in one line, the worst first, each a link to where it can be seen.

import { html, useState } from "../core/dom.js";
import * as api from "../core/api.js";
import { screen } from "../core/address.js";
import { decimal, limit, moment, percent, span } from "../core/format.js";
import { refresh } from "../core/poll.js";
import { t } from "../core/words.js";

/** Shapes of severities, so that colour is not needed. */
const SHAPES = { breach: "✖", warning: "▲", note: "○" };
const ORDER = Object.keys(SHAPES);
/** Warnings that are shown at once. */
const FIRST = 2;

/** The view in which a warning can be seen. */
function place(warning, module) {
  if (warning.code.startsWith("abandon")) return screen("compliance");
  if (warning.code === "export_failed") return screen("exports", "", { status: "failed" });
  if (warning.code === "webhook_suspended") return null;
  return screen(warning.campaign_id ? module : "telesales", warning.campaign_id ?? "");
}

/** `module` of the campaigns that the warnings are of; `names` gives a campaign's name where that is not on screen. */
export function Warnings({ warnings, module, zone, names }) {
  const [isWhole, setWhole] = useState(false);
  if (warnings.length === 0) return null;
  const sorted = [...warnings].sort((one, other) => ORDER.indexOf(one.severity) - ORDER.indexOf(other.severity));
  const shown = isWhole ? sorted : sorted.slice(0, FIRST);
  return html`<ul class="warnings" aria-label=${t("warnings")}>
    ${shown.map((warning) => html`<li key="${warning.code} ${warning.campaign_id} ${warning.subject}" class=${warning.severity}><${Warning} warning=${warning} to=${place(warning, module)} zone=${zone} name=${names?.(warning.campaign_id)} /><${Aside} warning=${warning} module=${module} /></li>`)}
    ${sorted.length > shown.length && html`<li><button type="button" class="plain" onClick=${() => setWhole(true)}>${t("bars.more", { n: sorted.length - shown.length })}</button></li>`}
  </ul>`;
}

function Warning({ warning, to, zone, name }) {
  const since = warning.since && t("warnings.since", { time: moment(warning.since, zone) });
  const text = html`<span aria-hidden="true">${SHAPES[warning.severity]}</span><span class="hidden">${t(`severity.${warning.severity}`)}: </span>
    ${name && html`<strong>${name}</strong>${" "}`}${inWords(warning)}${since && html`, ${since}`}`;
  return to ? html`<a href=${to}>${text}${" "}<span aria-hidden="true">›</span></a>` : html`<span>${text}</span>`;
}

/** Puts a warning aside for a day, for this reader. */
function Aside({ warning, module }) {
  const put = async () => {
    const { code, campaign_id, subject } = warning;
    await api.putAside({ module, code, campaign_id, subject });
    refresh();
  };
  return html`<button type="button" class="quiet aside" aria-label=${t("warnings.aside")} title=${t("warnings.aside")} onClick=${put}><span aria-hidden="true">✕</span></button>`;
}

/** A warning in a few words. */
export function inWords({ code, subject, figures }) {
  const shown = Object.entries(figures).map(([name, value]) => [name, figure(name, value)]);
  return t(`warning.${code}`, { ...Object.fromEntries(shown), n: figures.calls ?? figures.leads_left, subject: subject ?? "" });
}

/** A figure of a warning, by the ending of its name. */
function figure(name, value) {
  if (name === "limit_pct") return limit(value);
  if (name.endsWith("_pct")) return percent(value, 1);
  if (name.endsWith("_sec")) return span(value);
  return name === "days_left" ? decimal(value, 1) : value;
}
