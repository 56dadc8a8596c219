// Windows: from their names in the address to the dates that requests send.

import { daysBetween, local, monthOf, plusDays } from "./zone.js";

/** Windows to choose from, in order. The last days take today in. */
export const PRESETS = ["today", "yesterday", "7d", "30d", "month", "last-month"];

/** Comparisons to choose from, by their names in the address, and those of the API. */
export const COMPARISONS = {
  week: "previous_week", period: "previous_period", month: "previous_month", year: "previous_year",
};

const RANGE = /^(\d{4}-\d\d-\d\d(?:T[\d:.Z+-]+)?)\.\.(\d{4}-\d\d-\d\d(?:T[\d:.Z+-]+)?)$/;

/**
 * A window in a zone at an instant: `{name, from, to, days, isDates, hasNow}`. Ends are local dates, both within it, or
 * times. An unknown name is today.
 */
export function windowOf(name, zone, now) {
  const today = local(now, zone).date;
  const of = (from, to) => ({
    name, from, to, isDates: true, days: daysBetween(from, to) + 1, hasNow: from <= today && today <= to,
  });
  const range = RANGE.exec(name);
  if (range) {
    const [, from, to] = range;
    if (!from.includes("T") && !to.includes("T")) return from <= to ? of(from, to) : of(to, from);
    const days = (Date.parse(to) - Date.parse(from)) / 86_400_000;
    return { name, from, to, isDates: false, days, hasNow: Date.parse(from) <= now && now < Date.parse(to) };
  }
  switch (name) {
    case "yesterday": return of(plusDays(today, -1), plusDays(today, -1));
    case "7d": return of(plusDays(today, -6), today);
    case "30d": return of(plusDays(today, -29), today);
    case "month": return of(monthOf(today), today);
    case "last-month": return of(monthOf(today, -1), plusDays(monthOf(today), -1));
    default: return { ...of(today, today), name: "today" };
  }
}

/** Size of the buckets in which a window is drawn. */
export function bucketOf(window) {
  return window.days <= 2 ? "hour" : "day";
}

/** The comparison that is meant where the address names none. */
export function comparisonOf(window, asked) {
  if (asked) return asked;
  if (window.name === "month" || window.name === "last-month") return "month";
  return window.days <= 7 && window.isDates ? "week" : "period";
}

/** Parameters of a comparison; none for "none". */
export function comparing(window, asked) {
  const name = comparisonOf(window, asked);
  if (name === "none") return {};
  const compare = COMPARISONS[name] ?? (RANGE.test(name) ? name : "previous_period");
  return window.hasNow ? { compare, until: "now" } : { compare };
}

/** The name of the window that lies one length earlier (-1) or later (1). */
export function moved(window, direction) {
  if (!window.isDates) {
    const length = Date.parse(window.to) - Date.parse(window.from);
    const at = (end) => new Date(Date.parse(end) + direction * length).toISOString();
    return `${at(window.from)}..${at(window.to)}`;
  }
  const by = direction * window.days;
  return `${plusDays(window.from, by)}..${plusDays(window.to, by)}`;
}
