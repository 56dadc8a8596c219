// A figure: a number as people read it, its exact value for programs, and a link to the calls behind it.

import { html } from "../core/dom.js";
import { entry, only } from "../core/catalogue.js";
import * as format from "../core/format.js";
import { opening } from "../core/opening.js";

/**
 * A figure of the catalogue.
 *
 * - `metric`: its id; `unit`: count, percent or seconds; `value` as the API gives it
 * - `of`: the report's answer, `{asked}`: parameters of its request with the exact ends of its window
 * - `around`: objects around it, nearest first; `name`: name of its member, where that is a key
 * - `row`: key of its row, for readers of the page
 * - `over`: the denominator of a rate: there is no rate of nothing
 * - `show`: prints the value in another way than its unit
 * - `attributes`: others, of the link or of what stands in its place
 */
export function Figure({ metric, unit = "count", value, of, around = [], name = "", row = "", over, places = 2, label, show, attributes = {} }) {
  const isNothing = value == null || over === 0;
  const text = isNothing ? format.NONE : show?.(value) ?? format.shown(unit, value, places);
  const data = html`<data value=${value ?? ""} data-metric=${metric} data-row=${row}>${text}</data>`;
  const to = of && !isNothing ? opening(metric, around, name, of.asked) : undefined;
  if (!to) return html`<span class="figure" ...${attributes}>${data}</span>`;
  return html`<a class="figure" href=${to} aria-label=${label && `${label}: ${text}`} title=${only(entry(metric)?.label)}
    ...${attributes}>${data}</a>`;
}
