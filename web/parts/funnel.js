// Leads by stage, each with what was lost since the one before.

import { html } from "../core/dom.js";
import { named } from "../core/catalogue.js";
import { percent } from "../core/format.js";
import { Figure } from "./figure.js";

/** `module` names the set of stages; `stages` as the report gives them. */
export function Funnel({ module, stages, of }) {
  const most = Math.max(1, ...stages.map(({ count }) => count));
  return html`<ol class="bars funnel">${stages.map((stage, index) => {
    const before = stages[index - 1]?.count;
    // Telesales' funnel has no drop of its own, and may grow from stage to stage.
    const lost = stage.drop_rate_pct ?? (before ? ((before - stage.count) / before) * 100 : null);
    const words = named(`${module}_stage`, stage.stage);
    return html`<li key=${stage.stage}>
      <span class="label" title=${words?.description}>${words?.label ?? stage.stage}</span>
      <span class="numbers"><${Figure} metric="${module}.funnel.count" value=${stage.count} of=${of} around=${[stage]} row=${stage.stage} />
        <span class="share">${before && lost > 0 ? `−${percent(lost, 0)}` : ""}</span></span>
      <span class="bar" aria-hidden="true"><span style=${{ width: `${(stage.count / most) * 100}%` }}></span></span>
    </li>`;
  })}</ol>`;
}
