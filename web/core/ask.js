// Requests to this server: one function for reads, with ETags, and one for changes. Knows no route.

import { store } from "./store.js";

/** Answers that are kept for their ETags. */
const KEPT = 80;
const kept = new Map();

/** Difference of the server's clock from this device's, in milliseconds; ages and windows are counted by the server's. */
let ahead = 0;

/** The time at the server. */
export const now = () => new Date(Date.now() + ahead);

/** The share of the rate limit that is left, 0 to 1, as the last answer told it. */
export const budget = store(1);

/** Counts answers that nobody is signed in, while somebody should be. */
export const unauthenticated = store(0);

let isExpected = false;

/** Says that somebody is signed in, or that nobody is. */
export const expect = (isSignedIn) => {
  isExpected = isSignedIn;
};

/** A request that was not answered as it should: the server is away (status 0), or said no. */
export class Fault extends Error {
  constructor(status, message, { errors = {}, id = "", retryAfter = 0 } = {}) {
    super(message);
    Object.assign(this, { status, errors, id, retryAfter });
  }
}

/** A query string: lists are repeated with their own key, undefined and null are left out. */
export function query(params) {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item != null && item !== "") search.append(key, item);
    }
  }
  const text = search.toString();
  return text && `?${text}`;
}

/**
 * Reads: `{body, at, window}`, where `at` is the time of the figures and `window` the exact window that they are of. An
 * answer that has not changed is the same object as before, but for the time.
 */
export async function read(path, params = {}, { signal, fresh = false } = {}) {
  const target = path + query(params);
  const known = kept.get(target);
  const headers = { Accept: "application/json" };
  if (known) headers["If-None-Match"] = known.tag;
  if (fresh) headers["Cache-Control"] = "no-cache";
  // The page keeps answers itself: the browser's cache would hide a 304 and its age.
  const response = await send(target, { headers, signal, cache: "no-store" });
  const age = Number(response.headers.get("Age") ?? 0);
  const at = new Date(Date.parse(response.headers.get("Date")) - age * 1000);
  if (response.status === 304) return { ...known, at };
  const tag = response.headers.get("ETag");
  const window = response.headers.get("Callboard-Window")?.split("/") ?? null;
  const answer = { body: await response.json(), window, tag };
  kept.delete(target);
  if (tag) kept.set(target, answer);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  return { ...answer, at };
}

/** Reads a file: `{blob, name}`. */
export async function readFile(path, params) {
  const response = await send(path + query(params), { cache: "no-store" });
  const [, name = ""] = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition")) ?? [];
  return { blob: await response.blob(), name };
}

/** Changes something: the body of the answer, null where it has none. */
export async function change(method, path, body, { signal } = {}) {
  const headers = { Accept: "application/json", "X-Callboard-Page": "1" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await send(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  return response.status === 204 ? null : response.json();
}

/** Sends a file as it is: the body of the answer. */
export async function sendFile(path, file, type) {
  const headers = { Accept: "application/json", "X-Callboard-Page": "1", "Content-Type": type };
  return (await send(path, { method: "POST", headers, body: file })).json();
}

/** Forgets what was kept: of somebody who has signed out. */
export const forget = () => kept.clear();

async function send(target, options) {
  let response;
  try {
    response = await fetch(target, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Fault(0, "");
  }
  heed(response.headers);
  if (response.ok || response.status === 304) return response;
  const body = await response.json().catch(() => ({}));
  if (response.status === 401 && isExpected) unauthenticated.set(unauthenticated.get() + 1);
  throw new Fault(response.status, body.message ?? "", {
    errors: body.errors,
    id: response.headers.get("X-Request-Id") ?? "",
    retryAfter: Number(response.headers.get("Retry-After") ?? 0),
  });
}

function heed(headers) {
  const date = Date.parse(headers.get("Date"));
  // The header has whole seconds: smaller differences are none.
  if (Math.abs(date - Date.now() - ahead) > 1500) ahead = date - Date.now();
  const limit = Number(headers.get("X-RateLimit-Limit"));
  if (limit) budget.set(Number(headers.get("X-RateLimit-Remaining")) / limit);
}
