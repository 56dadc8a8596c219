// Who is signed in, and what they may do.

import * as api from "./api.js";
import { forget } from "./ask.js";
import { keep } from "./bearer.js";
import { preferred, speak, language } from "./words.js";
import { store } from "./store.js";

/** `{user, tenant, permissions, account}`, null while nobody is signed in. */
export const session = store(null);

export async function signIn(username, password) {
  const { token } = await api.login(username, password);
  keep(token);
  await begin();
}

async function begin() {
  const [who, account] = await Promise.all([api.me(), api.account()]);
  const wanted = preferred(account.body.data.language, language.get());
  if (wanted !== language.get()) await speak(wanted);
  session.set({ ...who.body.data, account: account.body.data });
}

export async function signOut() {
  await api.logout().catch(() => {}); // signed out here in any case
  end();
}

/** Ends the session in this tab. */
export function end() {
  keep("");
  forget();
  session.set(null);
}

/** True if the reader has a permission. */
export const may = (permission) => session.get()?.permissions.includes(permission) ?? false;
