// The graph that the tiles switch: one of the courses of a screen, with its caption and its table.

import { html } from "../core/dom.js";
import { entry, only } from "../core/catalogue.js";
import * as format from "../core/format.js";
import { t } from "../core/words.js";
import { Graph, GraphTable } from "../parts/graph.js";
import { Panel } from "../parts/panel.js";
import { Take } from "../parts/take.js";
import { compared } from "./heading.js";

/** `tile` is the one that is drawn, with its `series`; `bucket` is hour or day; `vs` the comparison's name. */
export function CourseGraph({ tile, of, bucket, vs, course: { metric, over } }) {
  const { series, unit, value, before } = tile;
  const show = (point) => format.shown(unit, point, 0);
  const name = t("graph.of", { name: t(`tile.${tile.id}`), bucket: t(`bucket.${bucket}`) });
  const earlier = series.before && compared(vs);
  const table = html`<${GraphTable} name=${name} series=${{ ...series, before: series.before?.map(show) }} metric=${metric} unit=${unit} of=${of} over=${over}
    head=${{ time: t(`bucket.${bucket}.head`), now: only(entry(metric)?.label), before: earlier }} />`;
  const rows = () => [[t(`bucket.${bucket}.head`), name, ...(earlier ? [earlier] : [])],
    ...series.rows.map(({ bucket: at }, index) => [at, series.now[index], ...(earlier ? [series.before[index]] : [])])];
  const caption = inWords(t(`tile.${tile.id}`), unit, tile.over === 0 ? null : value, before, earlier);
  return html`<${Panel} title=${name} kind="whole">
    <${Graph} series=${series} show=${show} caption=${caption} table=${table}
      names=${{ now: t("graph.now"), before: !series.low && earlier, band: series.low && t("graph.band") }} take=${html`<${Take} name=${tile.id} rows=${rows} />`} />
  <//>`;
}

function inWords(name, unit, value, before, earlier) {
  const change = format.changeOf(unit, value, before);
  const parts = { name, value: format.shown(unit, value, 1), change: change?.text, before: earlier };
  if (!change || !earlier) return t("graph.caption", parts);
  return t(`graph.caption.${change.sign > 0 ? "up" : change.sign < 0 ? "down" : "same"}`, parts);
}
