// The files that were ordered: how far each is, whether it is whole, who ordered it, and the same once more.

import { html, useEffect, useState } from "../core/dom.js";
import * as api from "../core/api.js";
import { changed, go } from "../core/address.js";
import { LOOK, awaitFile, heed, nameOf, taken } from "../core/awaited.js";
import { bytes, count, moment, range, span } from "../core/format.js";
import { refresh, usePolled } from "../core/poll.js";
import { now } from "../core/ask.js";
import { useWindow } from "../core/screen.js";
import { session } from "../core/session.js";
import { useStore } from "../core/store.js";
import { windowOf } from "../core/window.js";
import { LANGUAGES, t } from "../core/words.js";
import { local, plusDays } from "../core/zone.js";
import { Menu } from "../parts/menu.js";
import { Failure, Nothing, Panel } from "../parts/panel.js";
import { named } from "./exported.js";

/** Files that are listed at once, and at most. */
const [LISTED, MOST] = [20, 200];
const STATES = ["running", "ready", "failed", "expired"];
const isOpen = ({ status }) => status === "queued" || status === "running";

/** Seconds until a file is ready, about. */
const restOf = ({ estimated_seconds: seconds, progress_pct: done }) => Math.max(1, Math.ceil((seconds ?? 0) * (1 - done / 100)));

/** Seconds until the next look: the sooner a file is ready, the sooner. */
function nextLook(files) {
  const rests = files.filter(isOpen).map(restOf);
  return rests.length > 0 ? Math.min(10, Math.max(LOOK, Math.min(...rests) / 5)) : undefined;
}

export function Files() {
  const { place, zone } = useWindow();
  const [listed, setListed] = useState(LISTED);
  const params = { mine: place.mine, status: STATES.includes(place.status) ? place.status : undefined, per_page: listed };
  const { answer, fault } = usePolled(`files ${JSON.stringify(params)}`, async (signal, fresh) => {
    const { body, at } = await api.files(params, { signal, fresh });
    return { files: body.data, total: body.total, at };
  }, ({ files }) => nextLook(files));
  useEffect(() => answer && heed(answer.files), [answer]);
  const last = useStore(taken);
  const isFiltered = params.mine || params.status;
  return html`<${Panel} title=${t("exports.files")} tools=${html`<${Filters} place=${place} />`}>
    <p class="hidden" role="status">${last && t("exports.taken", { name: last.name })}</p>
    ${fault && html`<${Failure} fault=${fault} />`}
    ${answer?.files.length > 0 && html`<ol class="files">${answer.files.map((file) => html`<${File} key=${file.job_id} file=${file} zone=${zone} />`)}</ol>`}
    ${answer?.total > answer?.files.length && listed < MOST && html`<button type="button" class="plain more" onClick=${() => setListed(Math.min(MOST, listed * 3))}>${t("bars.more", { n: answer.total - answer.files.length })}</button>`}
    ${answer?.files.length === 0 && html`<${Nothing}>${isFiltered
      ? html`${t("nothing.files.chosen")} <a href=${changed({ mine: undefined, status: undefined })}>${t("nothing.files.all")}</a>` : t("nothing.files")}<//>`}
  <//>`;
}

function Filters({ place }) {
  const whose = (mine) => html`<label><input type="radio" name="whose" checked=${(place.mine ?? "") === mine} onChange=${() => go(changed({ mine: mine || undefined }))} />
    <span>${t(mine ? "exports.mine" : "exports.everybody")}</span></label>`;
  return html`<span role="radiogroup" aria-label=${t("exports.whose")} class="segments">${whose("")}${whose("true")}</span>
    <select aria-label=${t("exports.state")} value=${place.status ?? ""} onChange=${(event) => go(changed({ status: event.target.value || undefined }))}>
      <option value="">${t("exports.state.any")}</option>${STATES.map((state) => html`<option key=${state} value=${state}>${t(`exports.state.${state}`)}</option>`)}</select>`;
}

function File({ file, zone }) {
  const name = file.campaign_name ?? t("telesales.all");
  const about = [
    daysOf(file), file.timezone.replaceAll("_", " "), LANGUAGES[file.lang], file.template && t("exports.laid-out", { name: file.template }),
  ];
  const who = file.created_by === session.get().user.id ? t("exports.you") : file.created_by_username;
  return html`<li class="file ${file.status}" aria-label="${name}, ${named(file.kind, file.report_type)}">
    <span class="ending" aria-hidden="true">${file.format}</span>
    <div class="about">
      <p class="name">${name}<span class="muted"> · ${named(file.kind, file.report_type)}</span></p>
      <p class="muted">${about.filter(Boolean).join(" · ")}</p>
      <p class="muted"><${Whole} file=${file} />${file.size_bytes != null && html`<span>${bytes(file.size_bytes)}</span>`}
        <span>${[who, moment(file.created_at, zone)].filter(Boolean).join(", ")}</span></p>
    </div>
    <div class="stage"><${Stage} file=${file} /></div>
    <div class="acts"><${Acts} file=${file} name=${name} /></div>
  </li>`;
}

/** The window of a file in days of its own zone. */
function daysOf({ from, to, timezone: zone }) {
  if (!from || !to) return t("exports.all-days");
  const [first, end] = [local(new Date(from), zone), local(new Date(to), zone)];
  const isWhole = first.time === "00:00:00" && end.time === "00:00:00";
  return isWhole ? range(first.date, plusDays(end.date, -1)) : `${moment(from, zone)} – ${moment(to, zone)}`;
}

/** Rows in the file, of those that there are in its window. */
function Whole({ file: { job_id: job, rows, rows_expected: expected } }) {
  if (!(expected > 0)) return null;
  const data = (metric, value) => html`<data value=${value} data-metric="exports.${metric}" data-row=${job}>${count(value)}</data>`;
  if (rows == null) return html`<span>${t("exports.expected", { n: expected })}</span>`;
  return html`<span class=${rows === expected ? "good" : ""}>${data("rows", rows)} ${t("exports.rows-of")} ${data("rows_expected", expected)} ${t("exports.rows-unit", { n: expected })}${rows === expected && html` <span aria-hidden="true">✓</span>`}</span>`;
}

function Stage({ file }) {
  const { status, progress_pct: done, expires_in_seconds: left, error } = file;
  if (status === "ready") return html`<span class="good"><span aria-hidden="true">✓</span> ${t("exports.state.ready")}</span><small class="muted">${t("exports.left", { span: span(left) })}</small>`;
  if (status === "expired") return html`<span class="muted">${t("exports.state.expired")}</span>`;
  if (status === "failed" && error === "Cancelled.") return html`<span class="muted">${t("exports.cancelled")}</span>`;
  if (status === "failed") return html`<span class="bad"><span aria-hidden="true">✖</span> ${t("exports.state.failed")}</span><small>${error}</small>`;
  return html`<progress max="100" value=${status === "queued" ? undefined : done} aria-label=${t("exports.progress")}></progress>
    <small class="muted">${status === "queued" ? t("exports.queued") : t("exports.doing", { done: `${done}%`, span: span(restOf(file)) })}</small>`;
}

function Acts({ file, name }) {
  const [fault, setFault] = useState(null);
  const attempt = async (action) => {
    setFault(null);
    try {
      await action();
    } catch (fault) {
      setFault(fault);
    }
    refresh();
  };
  const again = (window) => attempt(async () => awaitFile((await api.again(file.job_id, window)).data.job_id));
  const days = (of) => {
    const { from, to } = windowOf(of, file.timezone, now());
    return { label: t(`exports.again.${of}`, { days: range(from, to) }), choose: () => again({ from, to }) };
  };
  if (isOpen(file)) {
    // One that is finished by now is not cancelled: the list says so.
    const cancel = () => attempt(() => api.cancel(file).catch((fault) => {
      if (fault.status !== 409) throw fault;
    }));
    return html`<button type="button" onClick=${cancel} aria-label="${t("exports.cancel")}: ${name}">${t("exports.cancel")}</button>`;
  }
  return html`${fault && html`<span class="bad" role="alert">${fault.message || t("fault.away")}</span>`}
    ${file.download_url && html`<a class="button" href=${file.download_url} download="" aria-label="${t("exports.download")}: ${nameOf(file.download_url)}" title=${nameOf(file.download_url)}><span aria-hidden="true">⤓</span> ${t("exports.download")}</a>`}
    <${Menu} name="${t("exports.again")}, ${name}" button=${html`${t("exports.again")} <span aria-hidden="true">▾</span>`} items=${[
      { label: t("exports.again.same"), choose: () => again({}) }, days("last-month"), days("month"), days("7d"),
    ]} />`;
}
