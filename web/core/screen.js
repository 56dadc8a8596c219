// Shared by the screens of figures: window, zone and comparison from the address, and one answer for all that is drawn.

import * as api from "./api.js";
import { now } from "./ask.js";
import { address } from "./address.js";
import { usePolled } from "./poll.js";
import { session, zoneOf } from "./session.js";
import { settings } from "./settings.js";
import { useStore } from "./store.js";
import { bucketOf, comparing, windowOf } from "./window.js";

/** Window and zone of the present address: `{place, zone, window, account}`. */
export function useWindow() {
  const [place, who] = [useStore(address), useStore(session)];
  useStore(settings);
  const account = who.tenant.timezone;
  const zone = zoneOf(place.tz);
  return { place, zone, account, window: windowOf(place.w, zone, now()) };
}

/**
 * Reports of a module in the window of the address: `{parts, extra, fault, isOld, …}`. A part is `{data, before, asked}`,
 * null until it has come; `asked` are its parameters with the exact ends of its window, for the lists behind its figures.
 * `filters` are further parameters; `besides(at, options)` asks for what
 * stands beside the reports.
 */
export function useReports(module, id, names, { filters = {}, besides } = {}) {
  const at = useWindow();
  const { ends, trend } = api.MODULES[module];
  const shared = { timezone: at.zone, ...filters };
  const params = {
    [ends[0]]: at.window.from, [ends[1]]: at.window.to, ...shared, ...comparing(at.window, at.place.vs),
    [`${trend.name}.${trend.bucket}`]: bucketOf(at.window), [`${trend.name}.fill_gaps`]: "true",
  };
  const polled = usePolled(JSON.stringify([module, id, params]), async (signal, fresh) => {
    const options = { signal, fresh };
    const [answer, extra] = await Promise.all([api.reports(module, id, names, params, options), besides?.(at, options)]);
    return { ...answer, extra };
  });
  const subject = module === "autocall" ? { campaign_id: id } : {};
  const window = polled.answer?.window;
  const asked = { ...shared, ...subject, ...(window && { [ends[0]]: window[0], [ends[1]]: window[1] }) };
  const part = ({ data, before }) => ({ data, before, asked });
  const parts = Object.entries(polled.answer?.parts ?? {}).map(([name, answer]) => [name, part(answer)]);
  return { ...at, ...polled, parts: polled.answer && Object.fromEntries(parts), extra: polled.answer?.extra };
}
