// Shares as a list of bars: twelve, then the rest on demand.

import { html, useState } from "../core/dom.js";
import { t } from "../core/words.js";

const FIRST = 12;

/** `rows`: `{key, label, title, mark, share, figures}`; `share` in percent of the widest row, `mark` a colour of users'. */
export function Bars({ rows, first = FIRST }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? rows : rows.slice(0, first);
  return html`<ol class="bars">
    ${shown.map((row) => html`<li key=${row.key}>
      <span class="label" title=${row.title}>${row.mark && html`<span class="swatch" style=${{ background: row.mark }}></span>`}${row.label}</span>
      <span class="numbers">${row.figures}</span>
      <span class="bar" aria-hidden="true"><span style=${{ width: `${row.share}%` }}></span></span>
    </li>`)}
    ${rows.length > shown.length && html`<li class="more"><button type="button" class="plain" onClick=${() => setWhole(true)}>
      ${t("bars.more", { n: rows.length - shown.length })}</button></li>`}
  </ol>`;
}
