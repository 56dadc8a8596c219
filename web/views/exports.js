// Exports: take a file, see where the files are and whether they are whole, and have files sent by schedules.

import { html, useEffect, useState } from "../core/dom.js";
import * as api from "../core/api.js";
import { byInterest, campaigns } from "../core/campaigns.js";
import { useWindow } from "../core/screen.js";
import { may } from "../core/session.js";
import { settings } from "../core/settings.js";
import { useStore } from "../core/store.js";
import { t } from "../core/words.js";
import { Nothing, Panel } from "../parts/panel.js";
import { Strip } from "../parts/strip.js";
import { filesOf, lacking, mayOrder } from "./exported.js";
import { Files } from "./files.js";
import { Order } from "./order.js";
import { Schedules } from "./schedules.js";

export function Exports() {
  const { place, window, zone, account } = useWindow();
  const known = useStore(campaigns);
  const templates = useTemplates();
  const subjects = subjectsOf(known, useStore(settings).pins);
  const isHere = ({ module, id }) => `${module}/${id}` === wanted(place);
  const subject = subjects.find(isHere) ?? subjects[0];
  return html`<${Strip} window=${window} zone=${zone} account=${account} compares=${false} />
    <div class="heading"><h1>${t("exports")}</h1></div>
    <div class="exports">
      <div>
        ${subject
          ? html`<${Panel} title=${t("exports.take")}><${Order} subject=${subject} subjects=${subjects} templates=${templates} window=${window} zone=${zone} />
              ${lacking().length > 0 && html`<p class="muted lacking">${t("exports.lacking")} ${lacking().map((name) => html`<code>${name}</code> `)}</p>`}<//>`
          : html`<${Untaken} isKnown=${isKnown(known)} />`}
        ${mayOrder() && html`<${Files} />`}
      </div>
      ${may("exports_manage") && html`<${Schedules} templates=${templates} zone=${zone} />`}
    </div>`;
}

/** Schedules by themselves. */
export function SchedulesAlone() {
  const { zone } = useWindow();
  const templates = useTemplates();
  return html`<${Strip} zone=${zone} />
    <div class="heading"><h1>${t("schedules")}</h1></div>
    <div class="exports alone"><${Schedules} templates=${templates} zone=${zone} /></div>`;
}

/** The subject of an address: module and campaign. `#/exports/1` is campaign 1 of AutoCall. */
const wanted = ({ id, sub }) => (/^\d+$/.test(id) ? `autocall/${id}` : `${id}/${sub}`);

const isKnown = (known) => Object.keys(api.MODULES).every((module) => known[module] || !may(api.MODULES[module].permission));

/** Whatever a file can be of: campaigns of AutoCall, all calls of Telesales, and its campaigns; pinned ones first. */
function subjectsOf({ autocall, telesales }, pins) {
  const of = (module, list) => byInterest(list ?? []).map(({ id, name }) => ({ module, id: String(id), name }));
  const all = [
    ...(filesOf("autocall").length > 0 ? of("autocall", autocall) : []),
    ...(telesales && filesOf("telesales").length > 0 ? [{ module: "telesales", id: "", name: t("telesales.all") }, ...of("telesales", telesales)] : []),
  ];
  const isPinned = ({ module, id }) => pins.includes(`${module}/${id}`);
  return [...all.filter(isPinned), ...all.filter((one) => !isPinned(one))];
}

function Untaken({ isKnown: isLoaded }) {
  if (!isLoaded) return null;
  const mayTake = filesOf("autocall").length + filesOf("telesales").length > 0;
  return html`<${Panel} title=${t("exports.take")}><${Nothing}>${t(mayTake ? "exports.empty" : "exports.forbidden")}<//><//>`;
}

/** Templates of the account; none until they have come. */
function useTemplates() {
  const [templates, setTemplates] = useState([]);
  useEffect(() => {
    api.templates().then(({ body }) => setTemplates(body.data), () => {}); // files have their own layout without
  }, []);
  return templates;
}
