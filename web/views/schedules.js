// Schedules: files that are sent by themselves. What each sends, to whom and when, and how the last time went.

import { html, useState } from "../core/dom.js";
import * as api from "../core/api.js";
import { LOOK } from "../core/awaited.js";
import { campaignOf, campaigns } from "../core/campaigns.js";
import { moment, weekday } from "../core/format.js";
import { refresh, usePolled } from "../core/poll.js";
import { useStore } from "../core/store.js";
import { t } from "../core/words.js";
import { Menu } from "../parts/menu.js";
import { Failure, Nothing, Panel } from "../parts/panel.js";
import { Sheet } from "../parts/sheet.js";
import { named } from "./exported.js";
import { DAYS, ScheduleForm } from "./schedule-form.js";
import { Runs } from "./runs.js";
import { receiver, useWebhooks } from "./webhooks.js";

const isAtWork = ({ last_run: run }) => run?.status === "queued" || run?.status === "running";

export function Schedules({ templates, zone }) {
  const [open, setOpen] = useState(null); // {kind: new, change or runs, schedule}
  const webhooks = useWebhooks();
  useStore(campaigns);
  const { answer, fault } = usePolled("schedules", async (signal, fresh) => {
    const { body, at } = await api.schedules({ per_page: 100 }, { signal, fresh });
    return { all: body.data, at };
  }, ({ all }) => (all.some(isAtWork) ? LOOK : undefined));
  const close = () => setOpen(null);
  const saved = () => {
    close();
    refresh();
  };
  const title = open && { new: () => t("schedules.new"), change: () => t("schedules.change.of", { name: open.schedule.name }), runs: () => t("schedules.runs.of", { name: open.schedule.name }) }[open.kind]();
  return html`<${Panel} title=${t("schedules")} tools=${html`<button type="button" class="plain" onClick=${() => setOpen({ kind: "new" })}>+ ${t("schedules.new")}</button>`}>
    ${fault && html`<${Failure} fault=${fault} />`}
    ${answer?.all.length > 0 && html`<ul class="schedules">${answer.all.map((schedule) => html`<${Schedule} key=${schedule.id} schedule=${schedule} zone=${zone} open=${(kind) => setOpen({ kind, schedule })} />`)}</ul>`}
    ${answer?.all.length === 0 && html`<${Nothing}>${t("nothing.schedules")}<//>`}
    ${open && html`<${Sheet} name=${title} close=${close} kind="narrow">
      ${open.kind === "runs" ? html`<${Runs} schedule=${open.schedule} zone=${zone} />` : html`<${ScheduleForm} schedule=${open.schedule} templates=${templates} webhooks=${webhooks} zone=${zone} saved=${saved} />`}
    <//>`}
  <//>`;
}

function Schedule({ schedule, zone, open }) {
  const [isAsked, setAsked] = useState(false);
  const [fault, setFault] = useState(null);
  const attempt = async (action) => {
    setAsked(false);
    setFault(null);
    try {
      await action();
    } catch (fault) {
      setFault(fault);
    }
    refresh();
  };
  const { id, name, active, next_run_at: next } = schedule;
  const items = [
    { label: t("schedules.run"), choose: () => attempt(() => api.runSchedule(id)) },
    { label: t(active ? "schedules.pause" : "schedules.resume"), choose: () => attempt(() => api.changeSchedule(id, { active: !active })) },
    { label: t("schedules.change"), choose: () => open("change") },
    { label: t("schedules.runs"), choose: () => open("runs") },
    { label: t("schedules.delete"), choose: () => setAsked(true) },
  ];
  return html`<li class="schedule ${active ? "" : "paused"}" aria-label=${name}>
    <div class="about">
      <p class="name">${name}</p>
      <p class="muted">${what(schedule)}</p>
      <p class="muted"><span aria-hidden="true">→</span> ${whom(schedule)}</p>
      <p class="times"><${Last} run=${schedule.last_run} zone=${zone} />
        <span class="muted">${active ? next && t("schedules.next", { time: moment(next, zone) }) : html`<span class="state paused">${t("schedules.paused")}</span>`}</span></p>
    </div>
    <${Menu} name="${t("schedules.menu")}: ${name}" button=${html`<span aria-hidden="true">⋯</span>`} items=${items} />
    ${isAsked && html`<p class="asked" role="alert"><span>${t("schedules.delete.ask")}</span>
      <button type="button" onClick=${() => attempt(() => api.removeSchedule(id))}>${t("schedules.delete.do")}</button>
      <button type="button" class="quiet" onClick=${() => setAsked(false)}>${t("schedules.delete.keep")}</button></p>`}
    ${fault && html`<p class="bad asked" role="alert">${fault.message || t("fault.away")}</p>`}
  </li>`;
}

/** The file of a schedule in a few words. */
function what({ report, params, window, format, at }) {
  const [module, id] = report.split(".");
  const campaign = params.campaign_id;
  const of = campaign == null ? t(`module.${module}`) : campaignOf(module, campaign)?.name ?? t("campaign.numbered", { id: String(campaign) });
  return [of, named(module, id), t(`schedules.window.${window}`), format, rhythm(at)].join(" · ");
}

function rhythm({ time, days, day_of_month: day }) {
  if (day) return t("schedules.monthly.at", { day, time });
  if (!days) return t("schedules.daily.at", { time });
  return `${days.map((name) => weekday((DAYS.indexOf(name) + 1) % 7)).join(", ")} ${time}`;
}

/** Receivers: the first address and how many more, and a webhook. */
function whom({ deliver: { email = [], webhook }, webhook_name: name }) {
  const more = email.length > 1 && ` ${t("schedules.more", { n: email.length - 1 })}`;
  return [email.length > 0 && `${email[0]}${more || ""}`, webhook != null && receiver(webhook, name)].filter(Boolean).join(" · ");
}

function Last({ run, zone }) {
  if (!run) return html`<span class="muted">${t("schedules.never")}</span>`;
  if (run.status === "queued" || run.status === "running") return html`<span><span aria-hidden="true">⟳</span> ${t("schedules.running")}</span>`;
  const time = moment(run.finished_at ?? run.due_at, zone);
  if (run.status === "failed") return html`<span class="bad"><span aria-hidden="true">✖</span> ${time}: ${run.error}</span>`;
  return html`<span class="good"><span aria-hidden="true">✓</span> ${t(`schedules.${run.status}`, { time })}</span>`;
}
