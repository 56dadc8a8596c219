// The runs of a schedule, newest first.

import { html } from "../core/dom.js";
import * as api from "../core/api.js";
import { bytes, count, moment } from "../core/format.js";
import { usePolled } from "../core/poll.js";
import { t } from "../core/words.js";
import { Failure, Nothing } from "../parts/panel.js";

const SHAPES = { delivered: ["good", "✓"], failed: ["bad", "✖"], skipped: ["muted", "○"] };

export function Runs({ schedule, zone }) {
  const { answer, fault } = usePolled(`runs ${schedule.id}`, async (signal, fresh) => {
    const { body, at } = await api.runs(schedule.id, { per_page: 50 }, { signal, fresh });
    return { all: body.data, at };
  });
  if (fault) return html`<${Failure} fault=${fault} />`;
  if (!answer) return null;
  if (answer.all.length === 0) return html`<${Nothing}>${t("schedules.never")}<//>`;
  return html`<ol class="runs">${answer.all.map((run) => {
    const [kind, shape] = SHAPES[run.status] ?? ["", "⟳"];
    const figures = [run.rows != null && t("schedules.rows", { n: run.rows, shown: count(run.rows) }), run.bytes != null && bytes(run.bytes)];
    const notes = [run.manual && t("schedules.manual"), run.late && t("schedules.late")];
    return html`<li key=${run.id}><span class=${kind}><span aria-hidden="true">${shape}</span> ${t(`schedules.status.${run.status}`)}</span>
      <span>${moment(run.due_at, zone)}</span> <span class="muted">${[...figures, ...notes].filter(Boolean).join(" · ")}</span>
      ${run.error && html`<p>${run.error}</p>`}</li>`;
  })}</ol>`;
}
