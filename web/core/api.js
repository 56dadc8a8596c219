// Every route that the page asks, by what it is for. Nothing else names a path.

import { change, read, readFile, sendFile } from "./ask.js";

/** The two products: where their reports and lists are, and how they name things. */
export const MODULES = {
  autocall: {
    permission: "autocall_api_access",
    reports: (id) => `/api/autocall/campaigns/${id}/reports`,
    ends: ["from", "to"],
    trend: { name: "trend", bucket: "granularity" },
    campaigns: "/api/autocall/campaigns",
    leads: "/api/autocall/leads",
  },
  telesales: {
    permission: "telesales_api_access",
    reports: () => "/api/telesales/reports",
    ends: ["date_from", "date_to"],
    trend: { name: "time-series", bucket: "group_by" },
    campaigns: "/api/telesales/campaigns",
    leads: "/api/telesales/leads",
  },
};

export const session = () => read("/api/auth/session");
export const signIn = (credentials) => change("POST", "/api/auth/session", credentials);
export const signOut = () => change("DELETE", "/api/auth/session");
export const settings = () => read("/api/me/settings");
export const keepSettings = (own) => change("PUT", "/api/me/settings", own);
export const metrics = (lang) => read("/api/meta/metrics", { lang });

/** A page of a module's campaigns: `{data, total, …}`. */
export const campaigns = (module, params, options) => read(MODULES[module].campaigns, params, options);

/**
 * Several reports of one window, from one snapshot: `{at, window, parts}`, where a part is `{data, before}`. Options of a single report are
 * named with it: `trend.granularity`.
 */
export async function reports(module, id, names, params, options) {
  const { body, at, window } = await read(MODULES[module].reports(id), { include: names.join(","), ...params }, options);
  const part = (name) => ({ data: body.data[name], before: body.comparison?.data[name] ?? null });
  return { at, window, parts: Object.fromEntries(names.map((name) => [name, part(name)])) };
}

/** A typical day of today's weekday: 24 hours. */
export const typicalDay = (module, id, params, options) => read(`${MODULES[module].reports(id)}/typical-day`, params, options);

/** A page of campaigns at work, with what is wrong: `{data, warnings, total, …}`. */
export const overview = (module, params, options) => read("/api/overview", { module, ...params }, options);
export const putAside = (warning) => change("POST", "/api/overview/put-aside", warning);
export const compliance = (params, options) => read("/api/telesales/reports/compliance", params, options);

export const abandonRate = (params, options) => read("/api/telesales/reports/abandon-rate", params, options);
export const comparison = (params, options) => read("/api/autocall/campaigns/comparison", params, options);

export const teams = (params, options) => read("/api/teams", params, options);
export const agents = (params, options) => read("/api/agents", params, options);
/** Campaigns, teams, agents, dispositions and caller IDs by name: `{data: [{kind, id, name}], …}`. */
export const search = (params, options) => read("/api/search", params, options);

/** Stores a file with a JSON object a line: `{data: {received, stored, rejected, errors}}`. */
export const ingest = (file) => sendFile("/api/ingest", file, "application/x-ndjson");

/** A list of calls or leads, by its route in the catalogue. */
export const list = (route, params, options) => read(route, params, options);

/** A page of the files of both products: `{data, total, …}`. */
export const files = (params, options) => read("/api/exports", params, options);
const EVIDENCE = "/api/telesales/reports/compliance/export";
const orders = (module, id) => (module === "autocall" ? `/api/autocall/campaigns/${id}/reports/export` : "/api/telesales/calls/export");
export const order = (module, id, body) => change("POST", orders(module, id), body);
/** Rows and seconds of an order, which is not made. */
export const estimate = (module, id, body, options) => change("POST", `${orders(module, id)}?dry_run=true`, body, options);
/** The same order once more, in another window where one is given. */
export const again = (job, window) => change("POST", `/api/exports/${job}/again`, window);
export const orderEvidence = (body) => change("POST", EVIDENCE, body);
export const cancel = ({ kind, report_type: report, campaign_id: id, job_id: job }) =>
  change("DELETE", `${report === "compliance" ? EVIDENCE : orders(kind, id)}/${job}`);
/** A report of Telesales as a file. */
export const reportFile = (report, params) => readFile(`/api/telesales/reports/${report}/export`, params);
export const templates = (options) => read("/api/export-templates", { per_page: 100 }, options);

export const schedules = (params, options) => read("/api/schedules", params, options);
export const addSchedule = (schedule) => change("POST", "/api/schedules", schedule);
export const changeSchedule = (id, changes) => change("PATCH", `/api/schedules/${id}`, changes);
export const removeSchedule = (id) => change("DELETE", `/api/schedules/${id}`);
export const runSchedule = (id) => change("POST", `/api/schedules/${id}/run`);
export const runs = (id, params, options) => read(`/api/schedules/${id}/runs`, params, options);
export const webhooks = (options) => read("/api/webhooks", { per_page: 50 }, options);
