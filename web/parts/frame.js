// The frame around every screen: navigation, the campaign, language, theme, account.

import { html } from "../core/dom.js";
import * as api from "../core/api.js";
import { address, screen, go } from "../core/address.js";
import { LISTED, campaigns, campaignOptions } from "../core/campaigns.js";
import { useFound } from "../core/choices.js";
import { finding, help } from "../core/keys.js";
import { may, session, signOut } from "../core/session.js";
import { choose, settings } from "../core/settings.js";
import { useStore } from "../core/store.js";
import { THEMES } from "../core/theme.js";
import { LANGUAGES, language, t } from "../core/words.js";
import { chooseLanguage } from "../core/language.js";
import { VIEWS } from "../views/list.js";
import { Combobox } from "./combobox.js";
import { SheetHead } from "./sheet-head.js";
import { Menu } from "./menu.js";
import { Unkept } from "./unkept.js";

export function Frame({ children }) {
  const [who, own] = [useStore(session), useStore(settings)];
  const place = useStore(address);
  const view = VIEWS.find(({ name }) => name === place.view);
  return html`<a class="skip" href="#content" onClick=${skip}>${t("skip")}</a>
    <header class="frame">
      <a class="brand" href=${screen("overview")} aria-label="Callboard"><${Mark} /><span>Callboard</span></a>
      <nav aria-label=${t("navigation")}>${VIEWS.filter((view) => view.label && view.isOpen(may)).map((view) => html`<a key=${view.name}
        href=${screen(view.name)} aria-current=${view.name === place.view || view.within?.includes(place.view) ? "page" : undefined}>${t(view.label)}</a>`)}</nav>
      <${Campaigns} place=${place} />
      <span class="corner">
        <button type="button" class="quiet" aria-label=${t("search")} title="${t("search")} (/)" aria-haspopup="dialog" onClick=${() => finding.set(true)}><${Glass} /></button>
        <${Menu} name=${t("language")} button=${language.get()} items=${Object.entries(LANGUAGES).map(([name, label]) => ({
          label, isChosen: name === language.get(), choose: () => chooseLanguage(name),
        }))} />
        <${Menu} name=${t("theme")} button=${html`<span aria-hidden="true">◐</span>`} items=${THEMES.map((theme) => ({
          label: t(`theme.${theme ?? "device"}`), isChosen: theme === own.theme, choose: () => choose({ theme }),
        }))} />
        <${Menu} name=${t("account")} kind="quiet person" button=${initials(who.user.username)} items=${[
          { label: t("keys.title"), choose: () => help.set(true) },
          { label: t("sign-out"), choose: signOut },
        ]} />
      </span>
    </header>
    <${Unkept} /><main id="content" tabindex="-1"><${SheetHead} label=${t(view?.label ?? "telesales.all")} />${children}</main>`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("content").focus();
}

const initials = (name) => name.split(/[\s._-]+/).map((part) => part[0]).join("").slice(0, 2).toUpperCase();

const Mark = () => html`<svg viewBox="0 0 16 16" width="20" height="20" aria-hidden="true"><rect width="16" height="16" rx="3.5" fill="var(--accent)" />
  <path d="M4 11.5V8.5M8 11.5V4.5M12 11.5V6.5" stroke="var(--bg)" stroke-width="2" stroke-linecap="round" /></svg>`;

const Glass = () => html`<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M10.5 10.5 14 14M12 7A5 5 0 1 1 2 7a5 5 0 0 1 10 0Z" fill="none"
  stroke="currentColor" stroke-width="1.6" stroke-linecap="round" /></svg>`;

function Campaigns({ place }) {
  const [known, { pins }] = [useStore(campaigns), useStore(settings)];
  const found = useFound(api.search);
  const listed = campaignOptions(known, pins);
  // Those that the lists have no room for are found by typing.
  const others = found.rows.filter(({ kind }) => kind.endsWith("_campaign")).map(({ kind, id, name }) => ({ value: `${kind.slice(0, -9)}/${id}`, label: name, note: t(`search.${kind}`) }));
  const options = [...listed, ...others.filter(({ value }) => !listed.some((option) => option.value === value))];
  if (options.length === 0) return html`<span class="combobox"></span>`;
  const choose = (value) => {
    const [view, id] = value.split("/");
    // A team is looked at from campaign to campaign.
    const { team, agents, source } = view === place.view ? place : {};
    go(screen(view, id, { team, agents, source }));
  };
  return html`<${Combobox} kind="campaign" name=${t("campaign")} placeholder=${t("campaign.choose")} options=${options}
    value=${place.id && `${place.view}/${place.id}`} choose=${choose}
    find=${listed.length >= LISTED && ((text) => found.find(text.trim() ? text : null))} />`;
}
