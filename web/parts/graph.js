// The graph of a screen: now as a line, before as a lighter one, a typical day as a band. uPlot draws it on a canvas, so a
// caption says it in words, and a table has the numbers.

import { html, useEffect, useRef, useState } from "../core/dom.js";
import { later } from "../core/later.js";
import { useStore } from "../core/store.js";
import { t } from "../core/words.js";
import { theme } from "../core/theme.js";
import { Figure } from "./figure.js";

const HEIGHT = 220;
const HEIGHT_NARROW = 180;
/** On paper: width of an A4 sheet within its margins, and how much larger it is drawn than shown, so that lines stay sharp. */
const SHEET = { width: 666, height: 200, sharp: 3 };

let library;

/** The library, loaded by the first graph. */
const load = () => (library ??= later("vendor/uplot.js").then(({ default: uPlot }) => uPlot));

/**
 * `series`: `{labels, ticks, now, before, low, high}`, arrays of one length, null where there is nothing. `show` formats
 * values; `caption` is the graph in words; `names` of the lines; `table` stands in its place on demand; `take` are
 * further buttons.
 */
export function Graph({ series, show, caption, names, table, take }) {
  const [isTable, setTable] = useState(false);
  return html`<figure class="graph">
    ${isTable ? table : html`<${Canvas} series=${series} show=${show} />`}
    <figcaption>
      <span class="legend"><span class="line now"></span>${names.now}</span>
      ${names.before && html`<span class="legend"><span class="line before"></span>${names.before}</span>`}
      ${names.band && html`<span class="legend"><span class="line band"></span>${names.band}</span>`}
      <span class="caption">${caption}</span>
      <span class="tools"><button type="button" class="plain" aria-pressed=${isTable} onClick=${() => setTable(!isTable)}>${t(isTable ? "graph.drawing" : "graph.table")}</button>
        ${take}</span>
    </figcaption>
  </figure>`;
}

function Canvas({ series, show }) {
  const [place, plot] = [useRef(null), useRef(null)];
  const [told, setTold] = useState(null);
  const shown = useStore(theme);
  const current = useRef({});
  current.current = { series, show };
  useEffect(() => {
    let isGone = false;
    const draw = async () => {
      const uPlot = await load();
      if (isGone || !place.current) return;
      plot.current?.destroy();
      plot.current = new uPlot(options(uPlot, place.current, current, setTold), data(current.current.series), place.current);
    };
    draw();
    // Colours are read when it is drawn: again when they change, also for paper.
    const media = ["(prefers-color-scheme: dark)", "(forced-colors: active)", "print"].map((query) => matchMedia(query));
    for (const each of media) each.addEventListener("change", draw);
    const observer = new ResizeObserver(([{ contentRect }]) => matchMedia("print").matches || plot.current?.setSize({ width: contentRect.width, height: height() }));
    observer.observe(place.current);
    return () => {
      isGone = true;
      observer.disconnect();
      for (const each of media) each.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shown, series.labels.length, Boolean(series.before), Boolean(series.low), document.documentElement.lang]);
  useEffect(() => plot.current?.setData(data(series)), [series]);
  return html`<div class="canvas" ref=${place} aria-hidden="true">
    ${told != null && series.labels[told] && html`<div class="told" style=${{ left: `${((told + 0.5) / series.labels.length) * 100}%` }}>
      <strong>${series.labels[told]}</strong>
      <span>${show(series.now[told])}</span>${series.before && html`<span class="muted">${show(series.before[told])}</span>`}
    </div>`}
  </div>`;
}

const height = () => (innerWidth < 600 ? HEIGHT_NARROW : HEIGHT);

/** The series as the library takes them. Where there is a band, the line before stays away: it would say the same again. */
function data({ labels, low, high, before, now }) {
  return [labels.map((_, index) => index), ...(low ? [low, high] : before ? [before] : []), now];
}

/** As many labels as stand side by side in a width. */
function fitting(ticks, width) {
  const longest = Math.max(0, ...ticks.map(({ label }) => label.length));
  const step = Math.ceil((ticks.length * (longest * 7 + 14)) / Math.max(1, width - 60));
  return ticks.filter((_, index) => index % step === 0);
}

/** Labels, without one that says the same as the one before. */
const distinct = (labels) => labels.map((label, index) => (label === labels[index - 1] ? "" : label));

/** The last point, which is marked. */
function last(values) {
  const at = values.findLastIndex((value) => value != null);
  return at < 0 ? null : [at];
}

/** A colour of the styles, as the canvas needs it. */
function colour(place, name) {
  place.style.color = `var(--${name})`;
  const found = getComputedStyle(place).color;
  place.style.color = "";
  return found;
}

/** `drawn` refers to what is drawn at any time: the library keeps its options, and the figures change. */
function options(uPlot, place, drawn, tell) {
  const { series } = drawn.current;
  const [line, muted, rule, band] = ["accent", "ink-2", "line", "band"].map((name) => colour(place, name));
  const isPaper = matchMedia("print").matches;
  const k = isPaper ? SHEET.sharp : 1;
  const font = `${12 * k}px ${getComputedStyle(place).fontFamily}`;
  const axis = { stroke: muted, font, gap: 5 * k, grid: { stroke: rule, width: k }, ticks: { show: false } };
  const spline = uPlot.paths.linear();
  const fade = { stroke: muted, width: 1.5 * k, dash: [4 * k, 4 * k], points: { show: false }, paths: spline };
  const edge = { stroke: "transparent", points: { show: false }, paths: spline };
  return {
    width: isPaper ? SHEET.width * k : place.clientWidth, height: isPaper ? SHEET.height * k : height(),
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: false, range: (_, low, high) => [low - 0.5, high + 0.5] }, y: { range: (_, low, high) => [0, Math.max(high * 1.08, 1)] } },
    axes: [
      { ...axis, grid: { show: false }, size: 28 * k, splits: (plot) => fitting(drawn.current.series.ticks, plot.width / k).map(({ at }) => at), values: (plot) => fitting(drawn.current.series.ticks, plot.width / k).map(({ label }) => label) },
      { ...axis, size: 52 * k, space: 34 * k, values: (_, splits) => distinct(splits.map((value) => drawn.current.show(value))) },
    ],
    series: [
      {},
      ...(series.low ? [edge, edge] : series.before ? [fade] : []),
      { stroke: line, width: 2 * k, paths: spline, points: { show: true, size: 6 * k, fill: line, filter: () => last(drawn.current.series.now) } },
    ],
    bands: series.low ? [{ series: [2, 1], fill: band }] : [],
    hooks: { setCursor: [(plot) => tell(plot.cursor.idx ?? null)] },
  };
}

/** The numbers of a graph, each with its calls. */
export function GraphTable({ series, metric, unit, of, name, head, over }) {
  const { rows, before } = series;
  return html`<div class="table-frame" tabindex="0" role="group" aria-label=${name}><table class="rows">
    <thead><tr><th scope="col" class="text">${head.time}</th><th scope="col">${head.now}</th>${before && html`<th scope="col">${head.before}</th>`}</tr></thead>
    <tbody>${series.labels.map((label, index) => rows[index] && html`<tr key=${label}><th scope="row" class="text">${label}</th>
      <td><${Figure} metric=${metric} unit=${unit} value=${series.now[index]} of=${of} around=${[rows[index]]} row=${rows[index].bucket} over=${over?.(rows[index])} /></td>
      ${before && html`<td>${before[index]}</td>`}</tr>`)}</tbody>
  </table></div>`;
}
