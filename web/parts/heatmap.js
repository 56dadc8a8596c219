// Answer rate by day of the week and hour: a grid in which arrow keys move and Enter opens the calls.

import { html, useRef, useState } from "../core/dom.js";
import { decimal, percent, weekday } from "../core/format.js";
import { t } from "../core/words.js";
import { Figure } from "./figure.js";

/** Cells with fewer dials say little. */
const THIN = 20;
/** Days in order, Monday first; 0 is Sunday. */
const DAYS = [1, 2, 3, 4, 5, 6, 0];

/** `names`: the module's members, `{dials, metric}`. Cells are drawn from the first hour with calls to the last. */
export function Heatmap({ cells, of, names }) {
  const [at, setAt] = useState(null);
  const grid = useRef(null);
  const busy = cells.filter((cell) => cell[names.dials] > 0);
  const first = Math.min(8, ...busy.map(({ hour }) => hour));
  const last = Math.max(17, ...busy.map(({ hour }) => hour));
  const hours = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const steps = scale(busy.filter((cell) => cell[names.dials] >= THIN).map(({ answer_rate_pct: rate }) => Number(rate)));
  const byPlace = new Map(cells.map((cell) => [`${cell.day_of_week} ${cell.hour}`, cell]));
  const worked = DAYS.filter((day) => busy.some((cell) => cell.day_of_week === day));
  // One or two days are drawn alone; more as a whole week, so that a missing day is seen.
  const days = worked.length < 3 ? worked : DAYS.filter((day) => day % 6 !== 0 || worked.includes(day));
  const focused = at ?? `${days[0]} ${hours[0]}`;
  const onKey = (event) => {
    const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!by) return;
    event.preventDefault();
    const [day, hour] = focused.split(" ").map(Number);
    const nextDay = days[days.indexOf(day) + by[0]] ?? day;
    const next = `${nextDay} ${hours[hours.indexOf(hour) + by[1]] ?? hour}`;
    setAt(next);
    grid.current.querySelector(`[data-place="${next}"]`)?.focus();
  };
  return html`<div class="heatmap-frame"><table class="heatmap ${hours.length > 14 ? "dense" : ""}" role="grid" ref=${grid} onKeyDown=${onKey} aria-label=${t("heatmap")}>
    <thead><tr><td></td>${hours.map((hour) => html`<th scope="col">${String(hour).padStart(2, "0")}</th>`)}</tr></thead>
    <tbody>${days.map((day) => html`<tr><th scope="row">${weekday(day)}</th>
      ${hours.map((hour) => html`<${Cell} cell=${byPlace.get(`${day} ${hour}`)} of=${of} names=${names} steps=${steps}
        isFocused=${focused === `${day} ${hour}`} focus=${setAt} />`)}</tr>`)}</tbody>
  </table></div>
  <p class="key" aria-hidden="true">
    ${steps.ends ? html`${percent(steps.ends[0], 0)} ${[1, 2, 3, 4, 5, 6, 7, 8].map((step) => html`<span class="cell step-${step}"></span>`)} ${percent(steps.ends[1], 0)}` : ""}
    <span class="cell thin"></span> ${t("heatmap.thin", { n: THIN })}
  </p>`;
}

function Cell({ cell, of, names, steps, isFocused, focus }) {
  const place = `${cell.day_of_week} ${cell.hour}`;
  const dials = cell[names.dials];
  const name = `${weekday(cell.day_of_week, "long")} ${String(cell.hour).padStart(2, "0")}:00`;
  const tab = { "data-place": place, tabindex: isFocused ? 0 : -1, onFocus: () => focus(place) };
  if (dials === 0) return html`<td class="cell empty" role="gridcell" aria-label="${name}: ${t("heatmap.none")}" ...${tab}></td>`;
  const about = t(dials < THIN ? "heatmap.few" : "heatmap.cell", { name, rate: percent(cell.answer_rate_pct, 0), n: dials });
  const kind = dials < THIN ? "thin" : `step-${steps.of(Number(cell.answer_rate_pct))}`;
  return html`<td class="cell ${kind}" role="gridcell" title=${about}>
    <${Figure} metric=${names.metric} unit="percent" value=${cell.answer_rate_pct} of=${of} around=${[cell]} show=${(rate) => decimal(rate, 0)}
      row="${cell.day_of_week}-${cell.hour}" attributes=${{ ...tab, "aria-label": about, title: undefined }} />
  </td>`;
}

/** Eight steps between the lowest and the highest rate, on round tens. */
function scale(rates) {
  if (rates.length === 0) return { ends: null, of: () => 1 };
  const low = Math.floor(Math.min(...rates) / 10) * 10;
  const high = Math.max(Math.ceil(Math.max(...rates) / 10) * 10, low + 10);
  return { ends: [low, high], of: (rate) => Math.min(8, 1 + Math.floor(((rate - low) / (high - low)) * 8)) };
}
