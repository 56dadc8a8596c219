// The "i" beside a figure: its meaning, and the two figures that it is a quotient of.

import { html } from "../core/dom.js";
import { catalogue, entry, only } from "../core/catalogue.js";
import { useStore } from "../core/store.js";
import { t } from "../core/words.js";
import { Popover } from "./popover.js";

/** `quotient`: texts of numerator and denominator, where it is one. */
export function Info({ metric, quotient }) {
  useStore(catalogue);
  const found = entry(metric);
  if (!found) return null;
  const part = (id) => only(entry(id)?.label);
  return html`<${Popover} kind="info" name=${t("info.of", { name: only(found.label) })} panel="info-text" button=${"i"}>
    <strong>${only(found.label)}</strong>
    <p>${only(found.description)}</p>
    ${quotient && html`<p class="quotient">${quotient[0]} ÷ ${quotient[1]}</p>`}
    ${found.numerator && html`<p class="muted">${part(found.numerator)} ÷ ${part(found.denominator)}</p>`}
  <//>`;
}
