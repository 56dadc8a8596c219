// The course of a figure over the buckets of a window, for the graph and the tiles.

import { now } from "./ask.js";
import { day } from "./format.js";
import { local } from "./zone.js";

/** Labels on an axis, at most. */
const TICKS = 16;

/**
 * Series of `value(row)` over the rows of a trend: `{labels, ticks, now, before, low, high, rows}`. Buckets that have not
 * begun are null; an earlier window's buckets are paired by their distance from its start. `band(hour)` gives the middle half
 * of a typical day in that hour, `{p25, p75}`, null where there is none.
 */
export function course(rows, before, value, { bucket, zone, band }) {
  const { date, time } = local(now(), zone);
  const present = bucket === "hour" ? `${date} ${time.slice(0, 2)}:00:00` : date;
  const labels = rows.map((row) => labelOf(row.bucket, bucket));
  const edge = (name) => rows.map((row) => band(Number(row.bucket.slice(11, 13)))?.[name] ?? null).map((it) => (it === null ? null : Number(it)));
  const step = Math.ceil(rows.length / TICKS);
  const earlier = before && rows.map((_, at) => (before[at] ? value(before[at]) : null));
  return {
    rows, labels,
    ticks: rows.map((row, at) => ({ at, label: bucket === "hour" ? row.bucket.slice(11, 13) : labels[at] })).filter(({ at }) => at % step === 0),
    now: rows.map((row) => (row.bucket > present ? null : value(row))),
    // Nothing before is no line at zero.
    before: earlier?.some(Boolean) ? earlier : null,
    ...(band && { low: edge("p25"), high: edge("p75") }),
  };
}

/** Size of the buckets of a trend: of those that are shown, which may be of the former window. */
export const bucketsOf = (rows) => (rows[0]?.bucket.length > 10 ? "hour" : "day");

function labelOf(text, bucket) {
  return bucket === "hour" ? `${day(text.slice(0, 10), { weekday: true })}, ${text.slice(11, 16)}` : day(text, { weekday: true });
}

/** The share of a series that is drawn small: without the hours before the first call and after the last. */
export function trimmed(values) {
  const first = values.findIndex((value) => value > 0);
  const last = values.findLastIndex((value) => value != null && value > 0);
  return first < 0 ? [] : values.slice(Math.max(0, first - 1), last + 1);
}
