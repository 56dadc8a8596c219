// Files that can be taken, and how each is called: of campaigns of AutoCall, and of Telesales.

import { may } from "../core/session.js";
import { t } from "../core/words.js";

const MODULES = { autocall: "autocall_api_access", telesales: "telesales_api_access" };

/** Reports of a campaign of AutoCall; the first one is all of them. */
const REPORTS = ["full", "kpis", "trend", "hangup", "dtmf", "funnel"];

const answers = [
  "dashboard", "agent-performance", "time-series", "hour-dow-heatmap", "funnel", "disposition-breakdown", "lead-source-attribution",
  "caller-id-health",
];

/** `{module, id, needs, isJob}`: one that is no job is made at once. */
export const FILES = [
  ...REPORTS.map((id) => ({ module: "autocall", id, needs: ["autocall_export_report"], isJob: true })),
  { module: "telesales", id: "calls", needs: ["calls_read"], isJob: true },
  ...answers.map((id) => ({ module: "telesales", id, needs: [] })),
];

const mayTake = ({ module, needs }) => may(MODULES[module]) && needs.every(may);

/** Files of a module that the reader may take. */
export const filesOf = (module) => FILES.filter((file) => file.module === module && mayTake(file));

/** True if the reader may order a file that is made in the background. */
export const mayOrder = () => FILES.some((file) => file.isJob && mayTake(file));

/** Permissions that the reader lacks for files of modules that they may see. */
export const lacking = () => [...new Set(FILES.filter(({ module }) => may(MODULES[module])).flatMap(({ needs }) => needs).filter((name) => !may(name)))];

/** Files that schedules may send, of those that the reader may take. */
export const scheduled = () => [...FILES, { module: "autocall", id: "attempts", needs: ["calls_read"] }].filter(mayTake);

/** A file in words; one that this page does not know has its own name. */
export function named(module, id) {
  const key = `file.${module}.${id}`;
  const text = t(key);
  return text === key ? id : text;
}

/** Templates by the reports whose layout they are: of a file of several reports, those of each. */
export function slotsOf({ module, id }, templates) {
  const reports = module === "autocall" && id === "full" ? REPORTS.slice(1) : [id];
  const slots = reports.map((report) => ({ report: `${module}.${report}`, id: report, templates: templates.filter((one) => one.report === `${module}.${report}`) }));
  return slots.filter((slot) => slot.templates.length > 0);
}

/** True where a template may be had for a report of its own. */
export const isWhole = ({ module, id }) => module === "autocall" && id === "full";
