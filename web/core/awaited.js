// Files that were ordered on this page: each is downloaded once when it is ready, on whatever screen; in a tab that is hidden,
// when it is seen again.

import * as api from "./api.js";
import { session } from "./session.js";
import { store } from "./store.js";

/** Seconds between looks at a file that is being made. */
export const LOOK = 2;

/** Jobs that are awaited, by their ids. */
const awaited = new Set();

/** The file that was downloaded last: `{id, name}`. */
export const taken = store(null);

let timer = 0;
let heard = 0;

/** Awaits a job that was ordered. */
export function awaitFile(job) {
  awaited.add(job);
  later();
}

/** Name of a file, as its link ends. */
export const nameOf = (url) => decodeURIComponent(new URL(url, location.href).pathname.split("/").pop());

/** Heeds a list of jobs: downloads those that are ready, and forgets those that never will be. */
export function heed(jobs) {
  if (document.hidden) return;
  const known = jobs.filter(({ job_id: job }) => awaited.has(job));
  if (known.length === awaited.size) heard = Date.now();
  for (const { job_id: job, status, download_url: url } of known) {
    if (status === "queued" || status === "running") continue;
    awaited.delete(job);
    if (status !== "ready") continue;
    fetched(url);
    taken.set({ id: job, name: nameOf(url) });
  }
}

/** Fetches a file, as a press on its link would. */
function fetched(url) {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}

function later() {
  clearTimeout(timer);
  if (awaited.size > 0) timer = setTimeout(look, LOOK * 1000);
}

/** Looks for awaited files where no screen has done so. */
async function look() {
  if (!document.hidden && Date.now() - heard > 2 * LOOK * 1000) {
    const asked = api.files({ mine: "true", per_page: 50 });
    heed((await asked.catch(() => ({ body: { data: [] } }))).body.data);
  }
  later();
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden && awaited.size > 0) look();
});

session.listen((who) => who || awaited.clear());
