// Filters of the Telesales screen: a team, agents, a source of leads. They are in the address, so that a link shows the same.

import { html } from "../core/dom.js";
import * as api from "../core/api.js";
import { changed, go } from "../core/address.js";
import { useFound, useNames } from "../core/choices.js";
import { t } from "../core/words.js";
import { Combobox } from "../parts/combobox.js";

/** Rows of a list of teams that names one of them. */
const TEAMS = 200;

const agentsOf = ({ agents }) => (agents ?? "").split(",").filter(Boolean);

/** Filters of a place, as parameters of reports. */
export const filtersOf = (place) => ({
  team_id: place.team, agent_ids: agentsOf(place).join(",") || undefined, source: place.source,
});

/** Those that the report of abandoned calls takes: its calls are of no agent. */
export const filtersOfLeads = (place) => ({ source: place.source });

const choose = (change) => go(changed({ ...change, open: undefined, after: undefined }));

/** `sources` are those that the figures on screen name. */
export function Filters({ place, sources }) {
  const agents = agentsOf(place);
  const isNarrow = place.team || agents.length > 0 || place.source;
  return html`<div class="filter-bar" role="group" aria-label=${t("filters")}>
    <${Team} team=${place.team ?? ""} />
    <${AddAgent} agents=${agents} team=${place.team} />
    <${Source} source=${place.source ?? ""} sources=${sources} />
    <${Chosen} agents=${agents} />
    ${isNarrow && html`<button type="button" class="plain" onClick=${() => choose({ team: undefined, agents: undefined, source: undefined })}>${t("filters.clear")}</button>
      ${(place.team || agents.length > 0) && html`<small class="muted">${t("filters.note")}</small>`}`}
  </div>`;
}

function Team({ team }) {
  const { rows, find } = useFound(api.teams);
  const names = useNames(team ? [team] : [], (_, options) => api.teams({ per_page: TEAMS }, options));
  const listed = rows.map(({ id, name }) => ({ value: String(id), label: name }));
  const isListed = !team || listed.some(({ value }) => value === team);
  const options = [{ value: "", label: t("filters.team.all") }, ...(isListed ? [] : [{ value: team, label: names.get(team) ?? t("filters.team.id", { id: team }) }]), ...listed];
  return html`<${Combobox} kind=${team ? "chosen" : ""} name=${t("filters.team")} options=${options} value=${team} onOpen=${() => find("")} find=${find}
    choose=${(value) => choose({ team: value || undefined })} />`;
}

function AddAgent({ agents, team }) {
  const { rows, find } = useFound((params, options) => api.agents({ ...params, team_id: team }, options));
  const options = rows.filter(({ id }) => !agents.includes(String(id))).map(({ id, name, username }) => ({ value: String(id), label: name, note: username }));
  return html`<${Combobox} name=${t("filters.agents")} placeholder=${t(agents.length ? "filters.agents.more" : "filters.agents.all")} options=${options} value="" onOpen=${() => find("")} find=${find}
    choose=${(value) => choose({ agents: [...agents, value].join(",") })} />`;
}

function Source({ source, sources }) {
  const all = [...new Set([...(source ? [source] : []), ...sources])];
  const options = [{ value: "", label: t("filters.source.all") }, ...all.map((value) => ({ value, label: value }))];
  return html`<${Combobox} kind=${source ? "chosen" : ""} name=${t("filters.source")} options=${options} value=${source} choose=${(value) => choose({ source: value || undefined })} />`;
}

/** The chosen agents, each to take away. */
function Chosen({ agents }) {
  const names = useNames(agents, (ids, options) => api.agents({ ids: ids.join(","), per_page: 200 }, options));
  const without = (id) => agents.filter((one) => one !== id).join(",") || undefined;
  return agents.map((id) => {
    const name = names.get(id) ?? t("filters.agent.id", { id });
    return html`<span class="chip" key=${id}>${name}<button type="button" class="quiet" aria-label=${t("filters.without", { name })} title=${t("filters.without", { name })}
      onClick=${() => choose({ agents: without(id) })}><span aria-hidden="true">✕</span></button></span>`;
  });
}
