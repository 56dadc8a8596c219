// The page begins here: texts, then the session, then the view that the address names.

import { html, render, useEffect, useState } from "./core/dom.js";
import { address, follow, takeCode } from "./core/address.js";
import * as api from "./core/api.js";
import { unauthenticated } from "./core/ask.js";
import { loadCampaigns } from "./core/campaigns.js";
import { catalogue, loadCatalogue } from "./core/catalogue.js";
import { finding, help, listenToKeys } from "./core/keys.js";
import { later } from "./core/later.js";
import { isAway, link, may, resume, session } from "./core/session.js";
import { useStore } from "./core/store.js";
import { language, preferred, speak, t } from "./core/words.js";
import { Frame } from "./parts/frame.js";
import { Finder } from "./parts/finder.js";
import { Forbidden } from "./parts/forbidden.js";
import { Opened } from "./parts/opened.js";
import { SignIn } from "./views/sign-in.js";
import { VIEWS } from "./views/list.js";

const loadKeysHelp = async () => (await later("parts/keys-help.js")).KeysHelp;
const loadLinkAsked = async () => (await later("parts/link-asked.js")).LinkAsked;

function App() {
  const [who, place] = [useStore(session), useStore(address)];
  const [linked, isLate] = [useStore(link), useStore(isAway)];
  const expired = useStore(unauthenticated);
  useStore(language);
  useStore(catalogue);
  const [isHelping, isFinding] = [useStore(help), useStore(finding)];
  useEffect(() => {
    if (!who) return;
    loadCampaigns().catch(() => {}); // the combobox stays away
    loadCatalogue(who.language).catch(() => {}); // numbers stay, without labels and links
  }, [who?.user.id]);
  if (who === undefined) return isLate && html`<p class="plain" role="status">${t("fault.away.again")}</p>`;
  if (!who) return html`<${SignIn} isSpent=${linked?.isSpent} />`;
  const view = VIEWS.find(({ name }) => name === place.view) ?? VIEWS[0];
  return html`<${Frame}>
    ${view.isOpen(may) ? html`<${View} key="${view.name}/${place.id}" view=${view} place=${place} />` : html`<${Forbidden} what=${t(view.label ?? `module.${view.name}`)} permission=${view.needs} />`}
  <//>
  ${place.open && html`<${Opened} open=${place.open} after=${place.after} />`}
  ${linked && html`<${Rare} load=${loadLinkAsked} linked=${linked} />`}
  ${isFinding && html`<${Finder} />`}
  ${isHelping && html`<${Rare} load=${loadKeysHelp} />`}
  ${expired > 0 && html`<${SignIn} again=${true} />`}`;
}

/** What few readers open, and the first view does without. */
function Rare({ load, ...given }) {
  const [component, setComponent] = useState(null);
  useEffect(() => {
    load().then((loaded) => setComponent(() => loaded));
  }, []);
  return component && html`<${component} ...${given} />`;
}

/** A view, loaded when it is first opened. */
function View({ view, place }) {
  const [component, setComponent] = useState(() => view.component ?? null);
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    document.title = `${view.label ? `${t(view.label)} · ` : ""}Callboard`;
    if (component) return;
    view.load().then((loaded) => setComponent(() => loaded), () => setMissing(true));
  }, []);
  // A file that is gone was replaced by another version of the page.
  if (isMissing) return html`<p class="plain">${t("version.new")} <button type="button" onClick=${() => location.reload()}>${t("version.reload")}</button></p>`;
  return component && html`<${component} id=${place.id} />`;
}

// The code of a link leaves the address before anything else, and the session is asked for while texts load.
const code = takeCode();
const asked = api.session();
document.addEventListener("click", follow);
listenToKeys();
speak(preferred()).then(() => {
  render(html`<${App} />`, document.getElementById("page"));
  return resume(asked, code);
});
