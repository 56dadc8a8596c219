// A small line of a tile: shape alone, without axes. Its numbers are in the graph's table.

import { html } from "../core/dom.js";

const WIDTH = 100;
const HEIGHT = 24;

/** `values` in order, null where there is nothing; fewer than two draw nothing. */
export function Spark({ values }) {
  const known = values.filter((value) => value != null);
  if (known.length < 2) return html`<svg class="spark" aria-hidden="true"></svg>`;
  const [least, most] = [Math.min(0, ...known), Math.max(...known, 1e-9)];
  const x = (index) => (index / (values.length - 1)) * WIDTH;
  const y = (value) => HEIGHT - 2 - ((value - least) / (most - least)) * (HEIGHT - 4);
  const points = values.map((value, index) => value != null && `${x(index).toFixed(1)},${y(value).toFixed(1)}`);
  const line = points.filter(Boolean).join(" ");
  const [first, last] = [line.slice(0, line.indexOf(",")), line.slice(line.lastIndexOf(" ") + 1)];
  return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
    <polygon points="${first},${HEIGHT} ${line} ${last.split(",")[0]},${HEIGHT}" />
    <polyline points=${line} vector-effect="non-scaling-stroke" />
  </svg>`;
}
