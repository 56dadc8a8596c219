// Exports: one button that says what will be in the file, and the files there are.

import { html, useEffect, useState } from "../core/dom.js";
import * as api from "../core/api.js";
import { go, screen } from "../core/address.js";
import { byInterest, campaigns } from "../core/campaigns.js";
import { bytes, range, span } from "../core/format.js";
import { refresh, usePolled } from "../core/poll.js";
import { useWindow } from "../core/screen.js";
import { useStore } from "../core/store.js";
import { t } from "../core/words.js";
import { local } from "../core/zone.js";
import { Combobox } from "../parts/combobox.js";
import { Failure, Nothing, Panel } from "../parts/panel.js";
import { Strip } from "../parts/strip.js";

const REPORTS = ["full", "kpis", "trend", "hangup", "dtmf", "funnel"];
const FORMATS = ["xlsx", "csv"];

/** Seconds between looks at a job that is being made. */
const LOOK = 2;

export function Exports({ id }) {
  const { window, zone, account } = useWindow();
  const known = useStore(campaigns);
  const chosen = known.autocall?.find((campaign) => String(campaign.id) === id) ?? byInterest(known.autocall ?? [])[0];
  if (!known.autocall) return null;
  return html`<${Strip} window=${window} zone=${zone} account=${account} compares=${false} />
    <div class="heading"><h1>${t("exports")}</h1></div>
    ${chosen ? html`<${Screen} key=${chosen.id} campaign=${chosen} all=${known.autocall} window=${window} zone=${zone} />` : html`<${Nothing}>${t("nothing.campaigns")}<//>`}`;
}

function Screen({ campaign, all, window, zone }) {
  const [ordered, setOrdered] = useState(null);
  const { answer, fault } = usePolled(`exports ${campaign.id}`, async (signal, fresh) => {
    const { body, at } = await api.exportsOf(campaign.id, { per_page: 50 }, { signal, fresh });
    return { jobs: body.data, at };
  });
  const busy = answer?.jobs.some(({ status }) => status === "queued" || status === "running");
  useEffect(() => {
    if (!busy && !ordered) return undefined;
    const timer = setTimeout(refresh, LOOK * 1000);
    return () => clearTimeout(timer);
  }, [answer]);
  const ready = ordered && answer?.jobs.find(({ job_id: job, status }) => job === ordered && status === "ready");
  useEffect(() => {
    if (!ready) return;
    setOrdered(null);
    download(ready.download_url);
  }, [ready?.job_id]);
  return html`<div class="parts">
    <${Panel} kind="wide" title=${t("exports.take")}><${Order} campaign=${campaign} all=${all} window=${window} zone=${zone} ordered=${(job) => { setOrdered(job); refresh(); }} /><//>
    <${Panel} kind="whole" title=${t("exports.files")}>
      ${fault && html`<${Failure} fault=${fault} />`}
      ${answer && (answer.jobs.length > 0 ? html`<${Jobs} campaign=${campaign} jobs=${answer.jobs} />` : html`<${Nothing}>${t("nothing.exports")}<//>`)}
    <//></div>`;
}

/** Name of a file, as its link ends. */
const nameOf = (url) => decodeURIComponent(new URL(url, location.href).pathname.split("/").pop());

/** Fetches a file once, as a press on its link would. */
function download(url) {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}

function Order({ campaign, all, window, zone, ordered }) {
  const [report, setReport] = useState("full");
  const [format, setFormat] = useState("xlsx");
  const [state, setState] = useState({ isBusy: false, fault: null });
  const days = window.isDates ? [window.from, window.to] : [window.from, window.to].map((end) => local(new Date(end), zone).date);
  const submit = async (event) => {
    event.preventDefault();
    setState({ isBusy: true, fault: null });
    try {
      const { data } = await api.orderExport(campaign.id, { report_type: report, from: days[0], to: days[1], format, timezone: zone });
      setState({ isBusy: false, fault: null });
      ordered(data.job_id);
    } catch (fault) {
      setState({ isBusy: false, fault });
    }
  };
  const options = all.map(({ id, name }) => ({ value: id, label: name }));
  const what = t("exports.button", { campaign: campaign.name, days: range(...days), zone, report: t(`exports.${report}`), format });
  return html`<form class="order" onSubmit=${submit}>
    <div class="fields">
      <label>${t("exports.campaign")}<${Combobox} name=${t("exports.campaign")} options=${options} value=${campaign.id} choose=${(id) => go(screen("exports", id))} /></label>
      <label>${t("exports.what")}<select value=${report} onChange=${(event) => setReport(event.target.value)}>
        ${REPORTS.map((name) => html`<option value=${name}>${t(`exports.${name}`)}</option>`)}</select></label>
      <label>${t("exports.format")}<select value=${format} onChange=${(event) => setFormat(event.target.value)}>
        ${FORMATS.map((name) => html`<option value=${name}>${name}</option>`)}</select></label>
    </div>
    <button class="main big" disabled=${state.isBusy}><span aria-hidden="true">⤓</span> ${what}</button>
    ${state.fault && html`<${Failure} fault=${state.fault} />`}
  </form>`;
}

function Jobs({ campaign, jobs }) {
  return html`<div class="table-frame" tabindex="0" role="group" aria-label=${t("exports.files")}><table class="rows cards">
    <thead><tr><th scope="col" class="text">${t("exports.file")}</th><th scope="col" class="text">${t("exports.what")}</th><th scope="col">${t("exports.size")}</th><th scope="col" class="text">${t("exports.state")}</th></tr></thead>
    <tbody>${jobs.map((job) => html`<tr key=${job.job_id}>
      <th scope="row" class="text">${job.download_url ? html`<a href=${job.download_url} download="">${nameOf(job.download_url)}</a>` : html`<span class="muted">${job.job_id}</span>`}</th>
      <td class="text" data-label=${t("exports.what")}>${t(`exports.${job.report_type}`)}</td>
      <td data-label=${t("exports.size")}>${bytes(job.file_size)}</td>
      <td class="text" data-label=${t("exports.state")}><${State} campaign=${campaign} job=${job} /></td></tr>`)}</tbody>
  </table></div>`;
}

function State({ campaign, job }) {
  const cancel = async () => {
    await api.cancelExport(campaign.id, job.job_id).catch(() => {}); // it is finished: the list says so
    refresh();
  };
  switch (job.status) {
    case "ready": return html`<span class="good">✓</span> ${t("exports.ready", { span: span(job.expires_in_seconds) })}`;
    case "failed": return html`<span class="bad">✖ ${job.error}</span>`;
    case "expired": return html`<span class="muted">${t("exports.expired")}</span>`;
    default: return html`<progress max="100" value=${job.progress_pct ?? 0} aria-label=${t("exports.progress")}></progress> ${job.progress_pct ?? 0}%
      <button type="button" class="plain" onClick=${cancel}>${t("exports.cancel")}</button>`;
  }
}
