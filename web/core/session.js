// The user who is signed in, and their permissions. The session is a cookie that scripts cannot read.

import * as api from "./api.js";
import { Fault, expect, forget } from "./ask.js";
import { address, changed, go } from "./address.js";
import { drop, settings, take } from "./settings.js";
import { store } from "./store.js";
import { language, preferred, speak } from "./words.js";
import { isZone } from "./zone.js";

/** `{user, tenant, permissions, thresholds, language, accountLanguage}`, the language in which it began, and that of the account; null while nobody is signed in, undefined until that is known. */
export const session = store(undefined);

/** A sign-in link that waits for an answer, because somebody is signed in: `{code}`; or one that was of no use: `{isSpent}`. */
export const link = store(null);

/** Tells the other tabs that the session has ended. */
const tabs = new BroadcastChannel("callboard session");
tabs.onmessage = () => end();

/** True while the server has not answered who is signed in. */
export const isAway = store(false);

/** True if the installation has no account yet. */
export const isNew = store(false);

/** Milliseconds between tries, and between looks for a first account. */
const PAUSE = 2000;
const LOOK = 5000;

/**
 * Takes up the session of this browser, or that of a link, by its code. `asked` is the answer of the session's route. Tries
 * again until the server answers.
 */
export async function resume(asked, code) {
  try {
    const { data, has_accounts: hasAccounts = true } = (await asked).body;
    isNew.set(!hasAccounts);
    if (!hasAccounts) setTimeout(() => resume(api.session()), LOOK);
    if (code && data) link.set({ code });
    if (data) await begin(data);
    else if (code) await exchange(code);
    else session.set(null);
    isAway.set(false);
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    isAway.set(true);
    setTimeout(() => resume(api.session(), code), PAUSE);
  }
}

/** Signs in by the code of a link. */
export async function exchange(code) {
  link.set(null);
  expect(false); // a code that is refused says nothing of the session that is there
  try {
    await begin((await api.signIn({ code })).data);
  } catch (fault) {
    if (fault.status !== 401) throw fault;
    link.set({ isSpent: true });
    session.set(session.get() ?? null);
    expect(session.get() !== null);
  }
}

export async function signIn(username, password) {
  await begin((await api.signIn({ username, password })).data);
}

async function begin({ settings: own, language: theirs, ...who }) {
  forget();
  expect(true);
  take(own);
  const { language: chosen, zone } = settings.get();
  const wanted = preferred(chosen, theirs, language.get());
  // An address says all that is on screen, so that it shows the same to others.
  if (zone && zone !== who.tenant.timezone && !address.get().tz) go(changed({ tz: zone }), { replace: true });
  const spoken = wanted !== language.get() && speak(wanted);
  // Figures are asked for while their texts come, and shown with them.
  document.body.classList.toggle("unseen", Boolean(spoken));
  session.set({ ...who, language: wanted, accountLanguage: theirs });
  try {
    await spoken;
  } finally {
    document.body.classList.remove("unseen");
  }
}

export async function signOut() {
  await api.signOut();
  tabs.postMessage("signed out");
  end();
}

/** Ends the session in this tab. */
function end() {
  expect(false);
  forget();
  drop();
  session.set(null);
}

/** The zone of an address, else of the user, else of the account. */
export const zoneOf = (tz) => (tz && isZone(tz) ? tz : settings.get()?.zone ?? session.get().tenant.timezone);

/** The share of its limit from which a campaign is near it, and the dials below which it is not said. */
export const nearLimit = () => {
  const { warn_abandon_near_pct: percent, warn_abandon_near_dials: dials } = session.get().thresholds;
  return { share: percent / 100, dials };
};

/** True if the reader has a permission. */
export const may = (permission) => session.get()?.permissions.includes(permission) ?? false;
