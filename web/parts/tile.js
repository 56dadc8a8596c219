// A tile: one figure at first sight, its change, its course, and its meaning behind the "i".

import { html, classes } from "../core/dom.js";
import { entry } from "../core/catalogue.js";
import { count } from "../core/format.js";
import { t } from "../core/words.js";
import { Change } from "./change.js";
import { Figure } from "./figure.js";
import { Info } from "./info.js";
import { Spark } from "./spark.js";

const OF_CALLS = ["dials", "rate", "transfers", "conversions", "talk", "failed"];

/**
 * `tile`: `{id, metric, unit, value, before, over, part, values, foot}`. `part` are numerator and denominator in figures;
 * `values` the course; `foot` stands in place of change and course. `choose` draws it in the graph.
 */
export function Tile({ tile, of, isShown, choose }) {
  const { id, metric, unit, value, before, over, part, values, foot } = tile;
  const name = t(`tile.${id}`);
  return html`<section class=${classes("tile", [isShown, "shown"])} aria-label=${name}>
    <header>
      <h2>${choose ? html`<button type="button" class="plain" aria-pressed=${isShown} onClick=${choose} title=${t("tile.draw")}>${name}</button>` : name}</h2>
      <${Info} metric=${metric} quotient=${part?.map(count)} />
    </header>
    <p class="value"><${Figure} metric=${metric} unit=${unit} value=${value} of=${of} around=${tile.around ?? []} over=${over} places=${1} label=${name} /></p>
    ${foot ?? html`<p><${Change} unit=${unit} now=${over === 0 ? null : value} before=${before} polarity=${entry(metric)?.polarity} /></p>
      <${Spark} values=${values ?? []} />`}
  </section>`;
}

/** Tiles, those of calls without a value where there are no dials: nothing was counted. */
export function withoutCalls(dials, tiles) {
  return dials > 0 ? tiles : tiles.map((tile) => (OF_CALLS.includes(tile.id) ? { ...tile, value: null } : tile));
}
