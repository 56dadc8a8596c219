// Numbers, times and durations in the reader's language. Figures of the API that are texts are formatted as texts: no digit
// is computed twice.

import { language } from "./words.js";

/** Stands for a figure that does not exist, such as a rate of nothing. */
export const NONE = "—";

const LOCALES = { en: "en-GB", vi: "vi-VN" };
const made = new Map();

/** The reader's locale. */
export const locale = () => LOCALES[language.get()] ?? LOCALES.en;

function numbers(decimals) {
  const key = `${locale()} ${decimals}`;
  if (!made.has(key)) {
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    made.set(key, new Intl.NumberFormat(locale(), digits));
  }
  return made.get(key);
}

function dates(options) {
  const key = `${locale()} ${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, new Intl.DateTimeFormat(locale(), options));
  return made.get(key);
}

export const count = (value) => (value == null ? NONE : numbers(0).format(value));

/** A number with decimals. */
export const decimal = (value, decimals) => (value == null ? NONE : numbers(decimals).format(value));

/** A percentage in points, a number or a text: "57.42" is "57.4%". */
export const percent = (value, decimals = 2) => (value == null ? NONE : `${numbers(decimals).format(value)}%`);

/** A limit in percent, with the decimals that it has: "3%", "2.5%". */
export function limit(value) {
  if (value == null) return NONE;
  return `${new Intl.NumberFormat(locale(), { maximumFractionDigits: 6 }).format(value)}%`;
}

/** A value in its unit, count, percent or seconds; `places` for percentages. */
export function shown(unit, value, places = 2) {
  if (unit === "percent") return percent(value, places);
  return unit === "seconds" ? duration(value) : count(value);
}

/** Seconds as "1:43", from an hour on as "1:02:03". */
export function duration(seconds) {
  if (seconds == null) return NONE;
  const whole = Math.round(Number(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value) => String(value).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Seconds as a few words: "47 sec". */
export function span(seconds) {
  const [unit, value] = seconds < 90 ? ["second", seconds] : seconds < 5400 ? ["minute", seconds / 60] : ["hour", seconds / 3600];
  const format = new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 0 });
  return format.format(Math.round(value));
}

/** Bytes: "1.1 MB". */
export function bytes(value) {
  if (value == null) return NONE;
  const [unit, size] = value < 1e6 ? ["kilobyte", value / 1e3] : ["megabyte", value / 1e6];
  const digits = { maximumFractionDigits: size < 10 ? 1 : 0 };
  return new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "short", ...digits }).format(size);
}

/** Clock time of an instant, with seconds: "09:12:40". */
export const clock = (instant, zone) =>
  dates({ timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(instant);

/** Date and clock time of an instant: "25 Nov, 09:12". */
export function moment(instant, zone, { seconds = false } = {}) {
  const at = new Date(instant);
  const clocked = { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(seconds && { second: "2-digit" }) };
  return `${dates({ timeZone: zone, day: "numeric", month: "short" }).format(at)}, ${dates(clocked).format(at)}`;
}

/** A local date: "25 Nov"; with its year where asked. */
export function day(date, { year = false, weekday = false } = {}) {
  const shown = { timeZone: "UTC", day: "numeric", month: "short" };
  if (year) shown.year = "numeric";
  if (weekday) shown.weekday = "short";
  return dates(shown).format(new Date(`${date}T00:00:00Z`));
}

/** Name of a day of the week, 0 is Sunday. */
export const weekday = (index, style = "short") =>
  dates({ timeZone: "UTC", weekday: style }).format(new Date(Date.UTC(2026, 0, 4 + index)));

/** Ends of a window of local dates: "1–24 Nov", "27 Nov". */
export function range(from, to) {
  const at = (date) => new Date(`${date.slice(0, 10)}T00:00:00Z`);
  const format = dates({ timeZone: "UTC", day: "numeric", month: "short", year: "numeric" });
  return from === to ? format.format(at(from)) : format.formatRange(at(from), at(to));
}

/** A count that differs from another: `{text: "8.1%", sign: 1}`; null where there is nothing to compare with. */
export function changeOf(unit, now, before) {
  if (now == null || before == null) return null;
  const difference = Math.round((Number(now) - Number(before)) * 100) / 100;
  const sign = Math.sign(difference);
  if (unit === "percent") return { sign, size: Math.abs(difference), of: "points", text: decimal(Math.abs(difference), 1) };
  if (unit === "seconds") return { sign, size: Math.abs(difference), of: "time", text: duration(Math.abs(difference)) };
  if (Number(before) === 0) return null;
  const relative = Math.abs((difference / Number(before)) * 100);
  return { sign, size: relative, of: "share", text: percent(relative, 1) };
}
