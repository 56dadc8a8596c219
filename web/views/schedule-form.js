// A schedule to make or to change.

import { html, useId, useState } from "../core/dom.js";
import * as api from "../core/api.js";
import { byInterest, campaigns } from "../core/campaigns.js";
import { weekday } from "../core/format.js";
import { useStore } from "../core/store.js";
import { LANGUAGES, t } from "../core/words.js";
import { zones } from "../core/zone.js";
import { Combobox } from "../parts/combobox.js";
import { named, scheduled, slotsOf } from "./exported.js";
import { nameOf, receiver } from "./webhooks.js";

/** Days of the week as schedules name them. */
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const WINDOWS = ["today", "yesterday", "last_7_days", "last_30_days", "this_month", "last_month"];
/** Fields that tell their faults themselves; an inner one stands before its outer one. */
const FIELDS = [
  "name", "report", "params.campaign_id", "window", "format", "lang", "template", "at.time", "at.days", "at.day_of_month", "at.timezone",
  "deliver.email", "deliver.webhook", "deliver",
];
const RHYTHMS = ["daily", "weekly", "monthly"];

/** `schedule`: the one to change; without it, a new one is made. `webhooks`: those to choose from. */
export function ScheduleForm({ schedule, templates, webhooks, zone, saved }) {
  const files = scheduled();
  const [form, setForm] = useState(() => (schedule ? formOf(schedule) : blank(files[0], zone)));
  const [{ isBusy, fault }, setState] = useState({ isBusy: false, fault: null });
  const change = (changes) => setForm({ ...form, ...changes });
  const submit = async (event) => {
    event.preventDefault();
    if (!form.email.trim() && !form.webhook) return setState({ isBusy: false, fault: { errors: { deliver: [t("schedules.whom.none")] } } });
    setState({ isBusy: true, fault: null });
    try {
      const body = bodyOf(form, schedule);
      await (schedule ? api.changeSchedule(schedule.id, body) : api.addSchedule(body));
      saved();
    } catch (fault) {
      setState({ isBusy: false, fault });
    }
  };
  const told = faultsOf(fault);
  const field = { form, change, told };
  return html`<form class="schedule-form" onSubmit=${submit}>
    <${What} ...${field} files=${files} templates=${templates} />
    <${When} ...${field} />
    <${Whom} ...${field} webhooks=${webhooks} schedule=${schedule} />
    <${Field} label=${t("schedules.name")} fault=${told("name")}>${(id) => html`<input id=${id} type="text" maxlength="255" value=${form.name} placeholder=${suggested(form)} onInput=${(event) => change({ name: event.target.value })} />`}<//>
    ${fault && html`<p class="bad" role="alert">${fault.errors && Object.keys(fault.errors).length > 0 ? [t("schedules.faulty"), told()].filter(Boolean).join(" ") : fault.message || t("fault.away")}</p>`}
    <p class="choices"><button class="main" disabled=${isBusy}>${t(schedule ? "schedules.save" : "schedules.make")}</button></p>
  </form>`;
}

/** A label, its control and what is wrong with it. */
function Field({ label, fault, children }) {
  const id = useId();
  return html`<div class="field"><label for=${id}>${label}</label>${children(id)}${fault && html`<p class="bad">${fault}</p>`}</div>`;
}

const Select = ({ label, value, options, fault, set, required }) => html`<${Field} label=${label} fault=${fault}>${(id) => html`<select id=${id} value=${value} required=${required} onChange=${(event) => set(event.target.value)}>
  ${options.map(([key, text]) => html`<option key=${key} value=${key}>${text}</option>`)}</select>`}<//>`;

function What({ form, change, told, files, templates }) {
  const known = useStore(campaigns);
  const [module, id] = form.report.split(".");
  const list = byInterest(known[module] ?? []).map((campaign) => [String(campaign.id), campaign.name]);
  const needsCampaign = module === "autocall" && id !== "attempts";
  const own = form.campaign && !list.some(([key]) => key === form.campaign) ? [[form.campaign, t("campaign.numbered", { id: form.campaign })]] : [];
  const slots = needsCampaign && id === "full" ? [] : slotsOf({ module, id }, templates);
  const choose = (report) => change({ report, template: "", campaign: report.startsWith(`${module}.`) ? form.campaign : "" });
  const reports = files.some((file) => `${file.module}.${file.id}` === form.report) ? files : [...files, { module, id }];
  return html`<fieldset><legend>${t("schedules.what")}</legend>
    <${Field} label=${t("exports.what")} fault=${told("report")}>${(key) => html`<select id=${key} value=${form.report} onChange=${(event) => choose(event.target.value)}>
      ${Object.keys(api.MODULES).map((name) => html`<optgroup label=${t(`module.${name}`)}>${reports.filter((file) => file.module === name).map((file) => html`<option value="${name}.${file.id}">${named(name, file.id)}</option>`)}</optgroup>`)}</select>`}<//>
    <${Select} label=${t("campaign")} required=${needsCampaign} value=${form.campaign} fault=${told("params.campaign_id")} set=${(campaign) => change({ campaign })}
      options=${[["", t(needsCampaign ? "campaign.choose" : "schedules.all-campaigns")], ...own, ...list]} />
    <${Select} label=${t("schedules.window")} value=${form.window} fault=${told("window")} set=${(window) => change({ window })} options=${WINDOWS.map((name) => [name, t(`schedules.window.${name}`)])} />
    <${Select} label=${t("exports.format")} value=${form.format} fault=${told("format")} set=${(format) => change({ format })} options=${["xlsx", "csv"].map((name) => [name, name])} />
    <${Select} label=${t("exports.language")} value=${form.lang} fault=${told("lang")} set=${(lang) => change({ lang })} options=${[["", t("schedules.language.account")], ...Object.entries(LANGUAGES)]} />
    ${slots.map((slot) => html`<${Select} label=${t("exports.template")} value=${form.template} fault=${told("template")} set=${(template) => change({ template })}
      options=${[["", t("exports.template.none")], ...slot.templates.map(({ name, title }) => [name, title || name])]} />`)}
  </fieldset>`;
}

function When({ form, change, told }) {
  const days = DAYS.map((name, index) => [name, weekday((index + 1) % 7)]);
  const toggle = (name) => change({ days: DAYS.filter((day) => form.days.includes(day) !== (day === name)) });
  const options = [...new Set([form.zone, "UTC", ...zones()])].map((name) => ({ value: name, label: name.replaceAll("_", " ") }));
  return html`<fieldset><legend>${t("schedules.when")}</legend>
    <${Select} label=${t("schedules.rhythm")} value=${form.rhythm} set=${(rhythm) => change({ rhythm })} options=${RHYTHMS.map((name) => [name, t(`schedules.${name}`)])} />
    <${Field} label=${t("schedules.time")} fault=${told("at.time")}>${(id) => html`<input id=${id} type="time" required value=${form.time} onInput=${(event) => change({ time: event.target.value })} />`}<//>
    ${form.rhythm === "weekly" && html`<div class="field whole days" role="group" aria-label=${t("schedules.days")}>${days.map(([name, label]) => html`<label><input type="checkbox" checked=${form.days.includes(name)} onChange=${() => toggle(name)} /><span>${label}</span></label>`)}
      ${told("at.days") && html`<p class="bad">${told("at.days")}</p>`}</div>`}
    ${form.rhythm === "monthly" && html`<${Field} label=${t("schedules.day")} fault=${told("at.day_of_month")}>${(id) => html`<input id=${id} type="number" min="1" max="31" required value=${form.day} onInput=${(event) => change({ day: event.target.value })} />`}<//>`}
    <div class="field"><label>${t("zone")}<${Combobox} name=${t("schedules.zone")} options=${options} value=${form.zone} choose=${(name) => change({ zone: name })} /></label>${told("at.timezone") && html`<p class="bad">${told("at.timezone")}</p>`}</div>
  </fieldset>`;
}

/** `schedule`: the one to change, whose webhook may be in no list. */
function Whom({ form, change, told, webhooks, schedule }) {
  const listed = webhooks.map((webhook) => [String(webhook.id), receiver(webhook.id, nameOf(webhook))]);
  const own = schedule?.deliver.webhook;
  const isListed = own == null || listed.some(([id]) => id === String(own));
  const options = isListed ? listed : [[String(own), receiver(own, schedule.webhook_name)], ...listed];
  return html`<fieldset><legend>${t("schedules.whom")}</legend>
    <div class="whole"><${Field} label=${t("schedules.email")} fault=${told("deliver.email")}>${(id) => html`<textarea id=${id} rows="2" inputmode="email" spellcheck=${false} placeholder=${t("schedules.email.example")} value=${form.email} onInput=${(event) => change({ email: event.target.value })}></textarea>`}<//></div>
    ${options.length > 0 && html`<div class="whole"><${Select} label=${t("schedules.webhook")} value=${form.webhook} fault=${told("deliver.webhook")} set=${(webhook) => change({ webhook })}
      options=${[["", t("schedules.webhook.none")], ...options]} /></div>`}
    ${told("deliver") && html`<p class="bad whole">${told("deliver")}</p>`}
  </fieldset>`;
}

const blank = (file, zone) => ({
  report: `${file.module}.${file.id}`, campaign: "", window: "yesterday", format: "xlsx", template: "", lang: "", rhythm: "daily",
  days: DAYS.slice(0, 5), day: 1, time: "08:00", zone, email: "", webhook: "", name: "",
});

function formOf({ report, params, window, format, template, lang, at, deliver, name }) {
  const rhythm = at.day_of_month ? "monthly" : at.days ? "weekly" : "daily";
  return {
    report, campaign: String(params.campaign_id ?? ""), window, format, template: template ?? "", lang: lang ?? "", rhythm,
    days: at.days ?? DAYS.slice(0, 5), day: at.day_of_month ?? 1, time: at.time, zone: at.timezone, email: (deliver.email ?? []).join(", "),
    webhook: String(deliver.webhook ?? ""), name,
  };
}

/** The name of a schedule to which nobody gives one. */
function suggested({ report, window }) {
  const [module, id] = report.split(".");
  return `${t(`module.${module}`)}, ${named(module, id)}, ${t(`schedules.window.${window}`)}`;
}

/** The members of a request; parameters that this form does not show stay. */
function bodyOf(form, schedule) {
  const { campaign_id: _, ...others } = schedule?.report === form.report ? schedule.params : {};
  const on = { daily: {}, weekly: { days: form.days }, monthly: { day_of_month: Number(form.day) } }[form.rhythm];
  const email = form.email.split(/[\s,;]+/).filter(Boolean);
  return {
    name: form.name.trim() || suggested(form), report: form.report, window: form.window, format: form.format,
    params: { ...others, ...(form.campaign && { campaign_id: Number(form.campaign) }) },
    template: form.template || null, lang: form.lang || null, at: { time: form.time, ...on, timezone: form.zone },
    deliver: { ...(email.length > 0 && { email }), ...(form.webhook && { webhook: Number(form.webhook) }) },
  };
}

/** Faults by their fields: `told("at.time")` is that of a field and of what is within it, `told()` those of no field. */
function faultsOf(fault) {
  const of = new Map();
  for (const [key, texts] of Object.entries(fault?.errors ?? {})) {
    const field = FIELDS.find((name) => key === name || key.startsWith(`${name}.`));
    of.set(field, [of.get(field), ...texts].filter(Boolean).join(" "));
  }
  return (field) => of.get(field);
}
