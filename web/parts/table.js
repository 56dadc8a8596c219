// A table whose columns sort: by a press, or by the address.

import { html, classes, useState } from "../core/dom.js";
import { t } from "../core/words.js";

/** Rows that are drawn at once; the rest on demand. */
const SHOWN = 50;

/**
 * `columns`: `{id, label, about, isText, value(row), draw(row)}`; `value` is what a column sorts by, one without does not sort.
 * `sort` is "column" or "-column", `sortBy` another. `foot` is a row of sums.
 */
export function Table({ name, columns, rows, keyOf, sort = "", sortBy, foot, kind = "" }) {
  const [limit, setLimit] = useState(SHOWN);
  const sorted = sortRows(rows, columns, sort);
  const id = sort.replace(/^-/, "");
  const press = (column) => sortBy(sort === `-${column.id}` || (column.isText && sort !== column.id) ? column.id : `-${column.id}`);
  const head = (column) => {
    const direction = column.id !== id ? undefined : sort.startsWith("-") ? "descending" : "ascending";
    const mark = { descending: " ↓", ascending: " ↑" }[direction];
    const label = html`${column.label}${mark && html`<span aria-hidden="true">${mark}</span>`}`;
    return html`<th scope="col" class=${column.isText ? "text" : ""} aria-sort=${direction} title=${column.about}>
      ${column.value && sortBy ? html`<button type="button" class="plain" onClick=${() => press(column)}>${label}</button>` : label}</th>`;
  };
  return html`<div class="table-frame" tabindex="0" role="group" aria-label=${name}><table class="rows ${kind}">
    <thead><tr>${columns.map(head)}</tr></thead>
    <tbody>${sorted.slice(0, limit).map((row) => html`<tr key=${keyOf(row)}>${columns.map((column, index) => cell(column, row, index))}</tr>`)}</tbody>
    ${foot && html`<tfoot><tr>${foot.map((content, index) => html`<td class=${classes("", [columns[index].isText, "text"])}>${content}</td>`)}</tr></tfoot>`}
  </table></div>
  ${rows.length > limit && html`<button type="button" class="plain more" onClick=${() => setLimit(limit + 4 * SHOWN)}>${t("bars.more", { n: rows.length - limit })}</button>`}`;
}

function cell(column, row, index) {
  const kind = column.isText ? "text" : "";
  return index === 0 ? html`<th scope="row" class=${kind}>${column.draw(row)}</th>` : html`<td class=${kind} data-label=${column.label}>${column.draw(row)}</td>`;
}

function sortRows(rows, columns, sort) {
  const column = columns.find(({ id, value }) => value && id === sort.replace(/^-/, ""));
  if (!column) return rows;
  const direction = sort.startsWith("-") ? -1 : 1;
  const compare = column.isText
    ? (a, b) => String(a).localeCompare(String(b), document.documentElement.lang)
    : (a, b) => Number(a ?? -Infinity) - Number(b ?? -Infinity);
  return [...rows].sort((one, other) => direction * compare(column.value(one), column.value(other)));
}
