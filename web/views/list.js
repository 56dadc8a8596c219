// Every view of the page: its name in the address, its place in the navigation, who may see it, and its module. The first one
// is loaded with the page, the others when they are opened.

import { later } from "../core/later.js";
import { Autocall } from "./autocall.js";
import { Overview } from "./overview.js";

const autocall = (may) => may("autocall_api_access");
const telesales = (may) => may("telesales_api_access");

/** `isOpen(may)`: the reader may see it; `needs` names the permission that others lack. */
export const VIEWS = [
  {
    name: "overview", label: "nav.campaigns", within: ["autocall"], needs: "autocall_api_access",
    isOpen: (may) => autocall(may) || telesales(may), component: Overview,
  },
  { name: "autocall", needs: "autocall_api_access", isOpen: autocall, component: Autocall },
  {
    name: "telesales", label: "nav.telesales", needs: "telesales_api_access", isOpen: telesales,
    load: async () => (await later("views/telesales.js")).Telesales,
  },
  {
    name: "compliance", label: "nav.compliance", needs: "telesales_api_access", isOpen: telesales,
    load: async () => (await later("views/compliance.js")).Compliance,
  },
  {
    name: "exports", label: "nav.exports", within: ["schedules"], needs: "autocall_export_report",
    isOpen: (may) => (autocall(may) && may("autocall_export_report")) || telesales(may) || may("exports_manage"),
    load: async () => (await later("views/exports.js")).Exports,
  },
  {
    name: "schedules", needs: "exports_manage", isOpen: (may) => may("exports_manage"),
    load: async () => (await later("views/exports.js")).SchedulesAlone,
  },
  {
    name: "compare", label: "nav.compare", needs: "autocall_api_access", isOpen: autocall,
    load: async () => (await later("views/compare.js")).Compare,
  },
];
