// Things beside the reports of a campaign: its row of the overview, and a typical day where today is drawn.

import * as api from "./api.js";

/** `{row, typical}`: each null where there is none. */
export async function beside(module, id, { window, zone }, options) {
  const isToday = window.name === "today";
  const own = module === "telesales" && id ? { campaign_id: id } : {};
  const [row, typical] = await Promise.all([
    id ? rowOf(module, id, zone, options) : null,
    isToday ? api.typicalDay(module, id, { timezone: zone, ...own }, options) : null,
  ]);
  return { row: row ?? null, typical: typical?.body.data ?? null };
}

async function rowOf(module, id, zone, options) {
  const { body } = await api.overview(module, { timezone: zone, campaign_id: id }, options);
  return body.data[0];
}

/** The middle half of a typical day by hour, for a course: `member` of its rows. Null where there were too few such days. */
export function bandOf(typical, member) {
  if (!typical?.some((row) => row[member])) return null;
  return (hour) => typical.find((row) => row.hour === hour)?.[member] ?? null;
}
