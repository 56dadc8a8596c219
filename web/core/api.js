// Every route that the page asks, by what it is for. Nothing else names a path.

import { change, read, sendFile } from "./ask.js";

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

export const exportsOf = (id, params, options) => read(`/api/autocall/campaigns/${id}/reports/export`, params, options);
export const orderExport = (id, order) => change("POST", `/api/autocall/campaigns/${id}/reports/export`, order);
export const cancelExport = (id, job) => change("DELETE", `/api/autocall/campaigns/${id}/reports/export/${job}`);
export const exportJob = (id, job, options) => read(`/api/autocall/campaigns/${id}/reports/export/${job}`, {}, options);
export const templates = (options) => read("/api/export-templates", { per_page: 200 }, options);
export const schedules = (options) => read("/api/schedules", { per_page: 50 }, options);
