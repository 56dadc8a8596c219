// The search over everything: campaigns at once, all else as the server finds it. Arrow keys move, Enter opens.

import { html, useEffect, useId, useRef, useState } from "../core/dom.js";
import * as api from "../core/api.js";
import { address, go, screen } from "../core/address.js";
import { campaignOptions, campaigns } from "../core/campaigns.js";
import { opened } from "../core/catalogue.js";
import { useFound } from "../core/choices.js";
import { finding } from "../core/keys.js";
import { openText } from "../core/opening.js";
import { useWindow } from "../core/screen.js";
import { may } from "../core/session.js";
import { settings } from "../core/settings.js";
import { useStore } from "../core/store.js";
import { t } from "../core/words.js";
import { folded } from "./combobox.js";

/** Campaigns that are offered before anything is typed, and found things that are listed. */
const FIRST = 8;
const SHOWN = 40;
/** Kinds in the order in which they are listed. */
const KINDS = ["autocall_campaign", "telesales_campaign", "agent", "team", "caller_id", "disposition"];
/** A text that may be a phone: so many digits, and nothing but what stands between them. */
const PHONE = /^\+?(?:[\s().-]*\d){6,15}$/;

export function Finder() {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [dialog, list, id] = [useRef(null), useRef(null), useId()];
  const known = campaignOptions(useStore(campaigns), settings.get().pins);
  const window = useWindow();
  const found = useFound(api.search);
  const rows = rowsOf(text, known, found.text !== null && text.trim() ? found.rows : [], window);
  const close = () => finding.set(false);
  useEffect(() => {
    const from = document.activeElement;
    dialog.current.showModal();
    return () => from?.isConnected && from.focus();
  }, []);
  useEffect(() => list.current?.children[at]?.scrollIntoView({ block: "nearest" }), [at]);
  const take = (row) => {
    if (!row) return;
    close();
    go(row.to);
  };
  const onInput = (event) => {
    setText(event.target.value);
    setAt(0);
    found.find(event.target.value.trim() ? event.target.value : null);
  };
  const onKey = (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((at + step + rows.length) % Math.max(1, rows.length));
    else if (event.key === "Enter") take(rows[at]);
    else return;
    event.preventDefault();
  };
  const note = rows.length > 0 ? t("search.keys") : text.trim() && !found.isBusy ? t("search.none", { text: text.trim() }) : t(found.isBusy ? "search.busy" : "search.keys");
  return html`<dialog class="finder" ref=${dialog} aria-label=${t("search")} onClose=${close} onClick=${(event) => event.target === dialog.current && close()}>
    <input type="text" role="combobox" aria-label=${t("search")} aria-expanded=${rows.length > 0} aria-controls=${id} aria-autocomplete="list" autofocus autocomplete="off" spellcheck=${false}
      aria-activedescendant=${rows[at] ? `${id}-${at}` : undefined} placeholder=${t(may("calls_read") ? "search.about.phones" : "search.about")} value=${text} onInput=${onInput} onKeyDown=${onKey} />
    <div role="listbox" id=${id} aria-label=${t("search")} ref=${list}>${rows.map((row, index) => html`<div role="option" id="${id}-${index}" key=${row.key} class=${index === at ? "at" : ""}
      aria-selected=${index === at} onPointerMove=${() => setAt(index)} onClick=${() => take(row)}><span>${row.mark}${row.label}</span><small>${row.note}</small></div>`)}</div>
    <p class="muted" role="status">${found.fault ? found.fault.message || t("fault.away") : note}</p>
  </dialog>`;
}

function rowsOf(text, known, found, window) {
  const sought = folded(text).split(/\s+/).filter(Boolean);
  const near = sought.length === 0 ? known.slice(0, FIRST) : known.filter(({ label }) => sought.every((word) => folded(label).includes(word))).slice(0, FIRST);
  const listed = near.map(({ value, label, note, mark = "" }) => ({ key: value, label, note, mark, to: screen(...value.split("/")) }));
  const others = [...found].sort((one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind))
    .map(({ kind, id, name }) => ({ key: keyOf(kind, id), label: name, note: t(`search.${kind}`) + (kind === "caller_id" && id !== name ? ` · ${id}` : ""), mark: "", to: place(kind, id, window) }))
    .filter(({ key }) => !listed.some((row) => row.key === key));
  return [...phones(text), ...listed, ...others].slice(0, SHOWN);
}

const keyOf = (kind, id) => (kind.endsWith("_campaign") ? `${kind.slice(0, -9)}/${id}` : `${kind} ${id}`);

/** The address where a found thing is seen. */
function place(kind, id, window) {
  if (kind.endsWith("_campaign")) return screen(...keyOf(kind, id).split("/"));
  if (kind === "team" || kind === "agent") return screen("telesales", "", { [kind === "team" ? "team" : "agents"]: id });
  const [metric, around] = kind === "caller_id" ? ["telesales.caller-id-health.total_calls", { cid: id }] : ["telesales.disposition-breakdown.count", { code: id }];
  const list = opened(metric, [around], "", { date_from: window.window.from, date_to: window.window.to, timezone: window.zone });
  return screen("telesales", "", list ? { open: openText(metric, list) } : {});
}

/** Lists of leads with a phone, where the text may be one. */
function phones(text) {
  const phone = text.trim();
  if (!PHONE.test(phone) || !may("calls_read")) return [];
  const { view, id } = address.get();
  return Object.entries(api.MODULES).filter(([, { permission }]) => may(permission)).map(([module, { leads }]) => ({
    key: `phone ${module}`, label: phone, note: t(`search.phone.${module}`), mark: "", to: screen(view, id, { open: openText("", { route: leads, params: { phone } }) }),
  }));
}
