// The order of a file: its choices, and one button that says what will be in it.

import { html, useEffect, useState } from "../core/dom.js";
import * as api from "../core/api.js";
import { go, screen } from "../core/address.js";
import { awaitFile } from "../core/awaited.js";
import { moment, range, span } from "../core/format.js";
import { refresh } from "../core/poll.js";
import { session } from "../core/session.js";
import { LANGUAGES, preferred, t } from "../core/words.js";
import { save } from "../parts/take.js";
import { Combobox } from "../parts/combobox.js";
import { filesOf, isWhole, named, slotsOf } from "./exported.js";

const FORMATS = ["xlsx", "csv"];
/** Milliseconds of quiet before an order is estimated. */
const PATIENCE = 200;
const BUSY = { isBusy: true, fault: null, done: "" };

/** `subject`: `{module, id, name}`, one of `subjects`. */
export function Order({ subject, subjects, templates, window, zone }) {
  const files = filesOf(subject.module);
  const [chosen, setChosen] = useState({ file: {}, format: "xlsx", lang: preferred(session.get().accountLanguage), templates: {} });
  const change = (changes) => setChosen({ ...chosen, ...changes });
  const file = files.find(({ id }) => id === chosen.file[subject.module]) ?? files[0];
  const slots = slotsOf(file, templates);
  const body = bodyOf({ subject, file, slots, chosen, window, zone });
  const estimate = useEstimate(file.isJob ? subject : null, body);
  const [state, setState] = useState({ isBusy: false, fault: null, done: "" });
  const submit = async (event) => {
    event.preventDefault();
    setState(BUSY);
    try {
      const done = await (file.isJob ? ordered(subject, body) : taken(file, body));
      setState({ isBusy: false, fault: null, done });
    } catch (fault) {
      setState({ isBusy: false, fault, done: "" });
    }
  };
  const fault = state.fault ?? estimate?.fault;
  return html`<form class="order" onSubmit=${submit}>
    <${Choices} ...${{ subject, subjects, files, file, slots, chosen, change, window }} />
    <button class="main big" disabled=${state.isBusy}>
      <span class="sign" aria-hidden="true">⤓</span>
      <span><strong>${t("exports.button", { name: subject.name, days: daysOf(window, zone) })}<span class="hidden">, </span></strong>
        <small>${[rowsOf(subject, estimate), named(file.module, file.id), chosen.format, zone.replaceAll("_", " "), secondsOf(estimate)].filter(Boolean).join(", ")}</small></span>
    </button>
    <p class="said" role="status">${state.done || null}</p>
    ${fault && html`<p class="bad" role="alert">${sentence(fault)}</p>`}
  </form>`;
}

const daysOf = (window, zone) => (window.isDates ? range(window.from, window.to) : `${moment(window.from, zone)} – ${moment(window.to, zone)}`);

/** Rows of a file that has rows. */
const rowsOf = ({ module }, estimate) => estimate?.rows > 0 && t(`exports.rows.${module}`, { n: estimate.rows });
const secondsOf = (estimate) => estimate?.estimated_seconds != null && t("exports.about", { span: span(estimate.estimated_seconds) });

function sentence({ status, message, errors }) {
  if (status === 0) return t("fault.away");
  return [message || t("fault.unknown"), ...Object.values(errors).flat()].join(" ");
}

/** The members of an order, as its route names them. */
function bodyOf({ subject, file, slots, chosen, window, zone }) {
  const [from, to] = api.MODULES[subject.module].ends;
  const body = { [from]: window.from, [to]: window.to, timezone: zone, format: chosen.format, lang: chosen.lang || undefined };
  const layouts = slots.map(({ report }) => [report, chosen.templates[report]]).filter(([, name]) => name);
  if (isWhole(file)) body.templates = layouts.length > 0 ? Object.fromEntries(layouts) : undefined;
  else body.template = layouts[0]?.[1];
  return { ...body, ...(subject.module === "autocall" ? { report_type: file.id } : { campaign_id: subject.id || undefined }) };
}

/** Orders a file, which is downloaded when it is ready. */
async function ordered({ module, id }, body) {
  const { data } = await api.order(module, id, body);
  awaitFile(data.job_id);
  refresh();
  return t("exports.ordered");
}

/** Takes a file that is made at once. */
async function taken(file, body) {
  const { blob, name } = await api.reportFile(file.id, body);
  save(name, blob);
  return t("exports.taken", { name });
}

/** Rows and seconds of an order, null until they are known; `{fault}` where it would be refused. */
function useEstimate(subject, body) {
  const key = JSON.stringify([subject, body]);
  const [known, setKnown] = useState({ key: "", answer: null });
  useEffect(() => {
    if (!subject) return undefined;
    const abort = new AbortController();
    const tell = (answer) => abort.signal.aborted || setKnown({ key, answer });
    const ask = () => api.estimate(subject.module, subject.id, body, { signal: abort.signal }).then(({ data }) => tell(data), (fault) => tell({ fault }));
    const timer = setTimeout(ask, PATIENCE);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key]);
  return subject && known.key === key ? known.answer : null;
}

function Choices({ subject, subjects, files, file, slots, chosen, change, window }) {
  const [isOpen, setOpen] = useState(false);
  const options = subjects.map(({ module, id, name }) => ({ value: `${module}/${id}`, label: name, note: t(`module.${module}`) }));
  const choose = (value) => {
    const [module, sub] = value.split("/");
    go(screen("exports", module, { sub }));
  };
  const select = (name, value, all, set) => html`<label>${name}<select value=${value} onChange=${(event) => set(event.target.value)}>
    ${all.map(([key, label]) => html`<option key=${key} value=${key}>${label}</option>`)}</select></label>`;
  const languages = Object.entries(LANGUAGES);
  return html`<p class="folded"><span>${[subject.name, window.isDates ? range(window.from, window.to) : "", chosen.format].filter(Boolean).join(" · ")}</span>
      <button type="button" class="plain" aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>${t("exports.change")}</button></p>
    <div class="fields ${isOpen ? "open" : ""}">
      <label class="wide">${t("exports.of")}<${Combobox} name=${t("exports.of")} options=${options} value="${subject.module}/${subject.id}" choose=${choose} /></label>
      ${select(t("exports.what"), file.id, files.map(({ module, id }) => [id, named(module, id)]), (id) => change({ file: { ...chosen.file, [file.module]: id } }))}
      ${select(t("exports.language"), chosen.lang, chosen.format === "csv" ? [...languages, ["", t("exports.language.none")]] : languages, (lang) => change({ lang }))}
      <div class="field"><span aria-hidden="true">${t("exports.format")}</span><${Formats} format=${chosen.format} choose=${(format) => change({ format, lang: chosen.lang || preferred(session.get().accountLanguage) })} /></div>
      ${slots.map(({ report, id, templates }) => select(
        isWhole(file) ? t("exports.template.of", { name: named(file.module, id) }) : t("exports.template"), chosen.templates[report] ?? "",
        [["", t("exports.template.none")], ...templates.map(({ name, title }) => [name, title || name])],
        (name) => change({ templates: { ...chosen.templates, [report]: name } }),
      ))}
    </div>`;
}

const Formats = ({ format, choose }) => html`<span role="radiogroup" aria-label=${t("exports.format")} class="segments">${FORMATS.map((name) => html`<label key=${name}>
  <input type="radio" name="format" value=${name} checked=${name === format} onChange=${() => choose(name)} /><span>${name}</span></label>`)}</span>`;
