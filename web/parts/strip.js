// The strip: the time of the figures and their age, and what decides which figures are shown.

import { html, useEffect, useState } from "../core/dom.js";
import { now } from "../core/ask.js";
import { address, changed, go } from "../core/address.js";
import * as format from "../core/format.js";
import { figures, pace, refresh } from "../core/poll.js";
import { choose as keep } from "../core/settings.js";
import { useStore } from "../core/store.js";
import { COMPARISONS, comparisonOf } from "../core/window.js";
import { t } from "../core/words.js";
import { offset, zones } from "../core/zone.js";
import { Combobox } from "./combobox.js";
import { Menu } from "./menu.js";
import { Windows } from "./windows.js";

/** Seconds beyond the pace after which figures are called old. */
const LATE = 15;

/** `window`, `zone`: of the screen; a screen without a window shows the state alone. */
export function Strip({ window, zone, account, compares = true }) {
  const place = useStore(address);
  return html`<div class="strip">
    <${Status} zone=${zone} />
    ${window && html`<${Windows} window=${window} />`}
    <span class="settings">
      ${window && compares && html`<${Comparison} window=${window} asked=${place.vs} />`}
      ${window && html`<${Zone} zone=${zone} account=${account} />`}
      <${Pace} />
    </span>
  </div>`;
}

function Status({ zone }) {
  const state = useStore(figures);
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const age = state.at ? Math.max(0, Math.round((now() - state.at) / 1000)) : null;
  const isLate = age !== null && age > pace() + LATE;
  const kind = state.state === "away" ? "bad" : state.state === "limited" || isLate ? "warn" : age === null ? "" : "good";
  const wait = Math.max(1, Math.round((state.again - Date.now()) / 1000));
  const notes = {
    away: () => t("status.away", { time: format.clock(new Date(state.since), zone) }),
    limited: () => t("status.limited", { span: format.span(wait) }),
  };
  const note = notes[state.state]?.() ?? "";
  return html`<section class="status" data-state=${kind} aria-label=${t("status")}>
    <span class="dot" aria-hidden="true">${{ good: "●", warn: "▲", bad: "✖" }[kind] ?? "○"}</span>
    <span aria-live="assertive">${note}</span>
    ${!isSecureContext && html`<span class="warn">${t("status.open")}</span>`}
    ${age === null ? (note ? "" : t("status.asking")) : html`<span><span class="wide">${t("status.of")} </span>${format.clock(state.at, zone)}</span>
      <span class="muted">${t("status.age", { span: format.span(age) })} · ${offset(state.at, zone)}</span>`}
  </section>`;
}

function Comparison({ window, asked }) {
  const chosen = comparisonOf(window, asked);
  const names = [...Object.keys(COMPARISONS), "none"];
  const items = names.map((name) => ({
    label: t(`vs.${name}`), isChosen: name === chosen, choose: () => go(changed({ vs: name })),
  }));
  return html`<${Menu} name=${t("vs")} items=${items} button=${html`${names.includes(chosen) ? t(`vs.${chosen}`) : chosen}${" "}<span aria-hidden="true">▾</span>`} />`;
}

function Zone({ zone, account }) {
  const options = [...new Set([account, "UTC", ...zones()])].map((name) => ({ value: name, label: name.replaceAll("_", " ") }));
  const choose = (name) => {
    keep({ zone: name === account ? null : name });
    go(changed({ tz: name === account ? undefined : name, open: undefined }));
  };
  return html`<${Combobox} kind="zone" name=${t("zone")} options=${options} value=${zone} choose=${choose} />`;
}

function Pace() {
  const every = pace();
  const items = [60, 10].map((seconds) => ({
    label: t(`pace.${seconds}`), isChosen: seconds === every, choose: () => go(changed({ every: String(seconds) })),
  }));
  return html`<${Menu} name=${t("pace")} items=${[...items, { label: t("pace.now"), choose: refresh }]}
    button=${html`<span aria-hidden="true">⟳</span> ${format.span(every)}`} />`;
}
