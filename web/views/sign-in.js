// Signing in: the whole page while nobody is, a dialog over the dimmed screen when a session has ended.

import { html, useEffect, useRef, useState } from "../core/dom.js";
import { unauthenticated } from "../core/ask.js";
import { isNew, session, signIn } from "../core/session.js";
import { chooseLanguage } from "../core/language.js";
import { LANGUAGES, language, t } from "../core/words.js";
import { refresh } from "../core/poll.js";
import { useStore } from "../core/store.js";

export function SignIn({ again = false, isSpent = false }) {
  const [dialog, isFirst] = [useRef(null), useStore(isNew)];
  useEffect(() => {
    if (again) dialog.current.showModal();
    else document.title = `${t("sign-in")} · Callboard`;
  }, []);
  const done = () => {
    unauthenticated.set(0);
    refresh();
  };
  if (again) return html`<dialog ref=${dialog} class="sign-in" aria-label=${t("sign-in")} onCancel=${(event) => event.preventDefault()}>
    <p>${t("sign-in.again")}</p><${Form} done=${done} username=${session.get().user.username} /></dialog>`;
  return html`<main class="sign-in">
    <h1><svg viewBox="0 0 16 16" width="28" height="28" aria-hidden="true"><rect width="16" height="16" rx="3.5" fill="var(--accent)" />
      <path d="M4 11.5V8.5M8 11.5V4.5M12 11.5V6.5" stroke="var(--bg)" stroke-width="2" stroke-linecap="round" /></svg> Callboard</h1>
    ${isSpent && html`<p class="bad" role="alert">${t("link.spent")}</p>`}
    ${isFirst ? html`<${FirstVisit} />` : html`<${Form} done=${done} />`}
    ${!isSecureContext && html`<p class="warn">${t("sign-in.open")}</p>`}
    <p class="languages">${Object.entries(LANGUAGES).map(([name, label]) => html`<button type="button" class="plain" lang=${name} aria-pressed=${name === language.get()}
      onClick=${() => chooseLanguage(name)}>${label}</button>`)}</p>
  </main>`;
}

/** An installation without an account: the two commands that make one. The form takes their place by itself. */
function FirstVisit() {
  return html`<section class="first-visit" aria-label=${t("first")}><p><strong>${t("first")}</strong> ${t("first.about")}</p>
    <ol><li>${t("first.tenant")}<pre tabindex="0">callboard tenant create --id 1 --name "My company"</pre></li>
      <li>${t("first.user")}<pre tabindex="0">callboard user create --tenant 1 --username admin --role admin</pre></li></ol>
    <p class="muted" role="status">${t("first.looking")}</p></section>`;
}

function Form({ done, username: known = "" }) {
  const [username, setUsername] = useState(known);
  const [password, setPassword] = useState("");
  const [{ isBusy, fault }, setState] = useState({ isBusy: false, fault: null });
  const submit = async (event) => {
    event.preventDefault();
    if (isBusy) return;
    setState({ isBusy: true, fault: null });
    try {
      await signIn(username, password);
      done();
    } catch (fault) {
      setPassword("");
      setState({ isBusy: false, fault });
    }
  };
  return html`<form onSubmit=${submit}>
    <label>${t("sign-in.username")}<input name="username" autocomplete="username" autocapitalize="none" spellcheck=${false} required
      value=${username} autofocus onInput=${(event) => setUsername(event.target.value)} /></label>
    <label>${t("sign-in.password")}<input name="password" type="password" autocomplete="current-password" required
      value=${password} onInput=${(event) => setPassword(event.target.value)} /></label>
    <p class="bad" role="alert">${fault && sentence(fault)}</p>
    <button class="main" disabled=${isBusy}>${t("sign-in")}</button>
  </form>`;
}

function sentence(fault) {
  if (fault.status === 0) return t("fault.away");
  if (fault.status === 401) return t("sign-in.wrong");
  if (fault.status === 429) return t("sign-in.later", { n: fault.retryAfter });
  return fault.message || t("fault.unknown");
}
