// Local dates and times of a zone. Instants are Date objects, local dates are texts "2026-11-27".

const FORMATS = new Map();

function parts(zone) {
  if (!FORMATS.has(zone)) {
    const format = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit",
    });
    FORMATS.set(zone, format);
  }
  return FORMATS.get(zone);
}

/** Local date and time of an instant: `{date: "2026-11-27", time: "09:12:40"}`. */
export function local(instant, zone) {
  const found = Object.fromEntries(parts(zone).formatToParts(instant).map(({ type, value }) => [type, value]));
  return {
    date: `${found.year}-${found.month}-${found.day}`,
    time: `${found.hour}:${found.minute}:${found.second}`,
  };
}

/** A local date, moved by days. */
export function plusDays(date, days) {
  const moved = new Date(`${date}T00:00:00Z`);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}

/** Number of days from one local date to another. */
export function daysBetween(from, to) {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}

/** First day of the month that a date is in, moved by months. */
export function monthOf(date, months = 0) {
  const [year, month] = date.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 10);
}

/** Offset of a zone at an instant: "UTC+7". */
export function offset(instant, zone) {
  const format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" });
  const name = format.formatToParts(instant).find(({ type }) => type === "timeZoneName");
  return name.value.replace("GMT", "UTC").replace(/\+0$/, "");
}

/** True for a zone that this browser knows. */
export function isZone(zone) {
  try {
    return Boolean(parts(zone));
  } catch {
    return false;
  }
}

/** All zones, in order. */
export const zones = () => ["UTC", ...Intl.supportedValuesOf("timeZone")];
