// The frame around every screen: navigation, the campaign, language, theme, account.

import { html } from "../core/dom.js";
import { address, screen, go } from "../core/address.js";
import { campaigns, campaignOptions } from "../core/campaigns.js";
import { help } from "../core/keys.js";
import { may, session, signOut } from "../core/session.js";
import { choose, settings } from "../core/settings.js";
import { useStore } from "../core/store.js";
import { THEMES } from "../core/theme.js";
import { LANGUAGES, language, t } from "../core/words.js";
import { chooseLanguage } from "../core/language.js";
import { VIEWS } from "../views/list.js";
import { Combobox } from "./combobox.js";
import { Menu } from "./menu.js";
import { Unkept } from "./unkept.js";

export function Frame({ children }) {
  const [who, own] = [useStore(session), useStore(settings)];
  const place = useStore(address);
  return html`<a class="skip" href="#content" onClick=${skip}>${t("skip")}</a>
    <header class="frame">
      <a class="brand" href=${screen("overview")} aria-label="Callboard"><${Mark} /><span>Callboard</span></a>
      <nav aria-label=${t("navigation")}>${VIEWS.filter((view) => view.label && view.isOpen(may)).map((view) => html`<a key=${view.name}
        href=${screen(view.name)} aria-current=${view.name === place.view || view.within?.includes(place.view) ? "page" : undefined}>${t(view.label)}</a>`)}</nav>
      <${Campaigns} place=${place} />
      <span class="corner">
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
    <${Unkept} /><main id="content" tabindex="-1">${children}</main>`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("content").focus();
}

const initials = (name) => name.split(/[\s._-]+/).map((part) => part[0]).join("").slice(0, 2).toUpperCase();

const Mark = () => html`<svg viewBox="0 0 16 16" width="20" height="20" aria-hidden="true"><rect width="16" height="16" rx="3.5" fill="var(--accent)" />
  <path d="M4 11.5V8.5M8 11.5V4.5M12 11.5V6.5" stroke="var(--bg)" stroke-width="2" stroke-linecap="round" /></svg>`;

function Campaigns({ place }) {
  const [known, { pins }] = [useStore(campaigns), useStore(settings)];
  const options = campaignOptions(known, pins);
  if (options.length === 0) return html`<span class="combobox"></span>`;
  const choose = (value) => {
    const [view, id] = value.split("/");
    go(screen(view, id));
  };
  return html`<${Combobox} kind="campaign" name=${t("campaign")} placeholder=${t("campaign.choose")} options=${options}
    value=${place.id && `${place.view}/${place.id}`} choose=${choose} />`;
}
