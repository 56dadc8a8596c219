// Things beside the reports of a campaign: its row of the overview, and a typical day where today is drawn.

import * as api from "./api.js";
import { Fault } from "./ask.js";

/** Failures of the whole server, or of the session: what stands beside has no better chance than the reports. */
const SHARED = [0, 401, 429];

/** An answer that a screen can do without: `{answer}`, or `{fault, name}` where the request for it failed. */
export async function apart(name, asked) {
  try {
    return { answer: await asked };
  } catch (fault) {
    if (!(fault instanceof Fault) || SHARED.includes(fault.status)) throw fault;
    return { fault, name };
  }
}

/** `{row, typical, failed}`: the first two null where there is none, or where its request is among the failed ones. */
export async function beside(module, id, { window, zone }, options, filters = {}) {
  const isToday = window.name === "today";
  const [row, typical] = await Promise.all([
    id ? apart("beside.row", rowOf(module, id, zone, options)) : {},
    isToday ? apart("beside.typical", api.typicalDay(module, id, { timezone: zone, ...filters }, options)) : {},
  ]);
  return { row: row.answer ?? null, typical: typical.answer?.body.data ?? null, failed: [row, typical].filter(({ fault }) => fault) };
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
