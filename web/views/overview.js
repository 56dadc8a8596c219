// Campaigns: all that the reader may see, active ones first. With one alone it is opened at once.

import { html, useEffect } from "../core/dom.js";
import { address, changed, go, screen } from "../core/address.js";
import { byInterest, campaigns } from "../core/campaigns.js";
import { count, day } from "../core/format.js";
import { local } from "../core/zone.js";
import { session } from "../core/session.js";
import { useStore } from "../core/store.js";
import { t } from "../core/words.js";
import { Nothing, Panel } from "../parts/panel.js";
import { Table } from "../parts/table.js";

export function Overview() {
  const [known, place, who] = [useStore(campaigns), useStore(address), useStore(session)];
  const modules = Object.keys(known).filter((module) => known[module]);
  const all = modules.flatMap((module) => known[module].map((campaign) => ({ ...campaign, module })));
  useEffect(() => {
    if (all.length === 1) go(screen(all[0].module, all[0].id), { replace: true });
  }, [all.length]);
  const date = (instant) => instant && local(new Date(instant), who.tenant.timezone).date;
  const columns = [
    { id: "name", label: t("campaign"), isText: true, value: (row) => row.name, draw: (row) => html`<a href=${screen(row.module, row.id)}>${row.name}</a>` },
    { id: "status", label: t("campaign.state"), isText: true, draw: (row) => html`<span class="state ${row.status}">${t(`state.${row.status}`)}</span>` },
    { id: "leads", label: t("campaign.leads"), value: (row) => row.total_leads, draw: (row) => count(row.total_leads) },
    { id: "begun", label: t("campaign.begun"), value: (row) => Date.parse(row.started_at ?? row.created_at), draw: (row) => day(date(row.started_at ?? row.created_at), { year: true }) },
  ];
  return html`<div class="heading"><h1>${t("nav.campaigns")}</h1></div>
    ${modules.map((module) => html`<${Panel} key=${module} kind="whole" title=${t(`module.${module}`)} note=${t("campaigns.count", { n: known[module].length })}>
      ${known[module].length > 0 ? html`<${Table} name=${t(`module.${module}`)} columns=${columns} rows=${byInterest(all.filter((row) => row.module === module))}
        keyOf=${(row) => row.id} sort=${place.sort} sortBy=${(by) => go(changed({ sort: by }))} />` : html`<${Nothing}>${t("nothing.campaigns")}<//>`}
    <//>`)}`;
}
