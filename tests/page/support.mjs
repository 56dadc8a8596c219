// A browser on the page, and the API beside it, to compare the one with the other.

import { after, before } from "node:test";
import assert from "node:assert/strict";
import axe from "axe-core";
import { chromium } from "playwright-core";

export const url = process.env.PAGE_URL;
const token = process.env.PAGE_TOKEN;
const [USERNAME, PASSWORD] = ["demo", "callboard-demo"];

/** Every view by its address, and a figure that it has when it is drawn. */
export const VIEWS = {
  overview: { at: "#/overview", drawn: "table.rows" },
  autocall: { at: "#/autocall/1?w=7d", drawn: "[data-metric='autocall.kpis.dialed']" },
  telesales: { at: "#/telesales?w=7d", drawn: "[data-metric='telesales.dashboard.total_dials']" },
  filtered: { at: "#/telesales?w=7d&team=1&agents=8,12&source=website", drawn: "[data-metric='telesales.dashboard.total_dials']" },
  compliance: { at: "#/compliance", drawn: "[role=meter]" },
  exports: { at: "#/exports", drawn: "form.order" },
  compare: { at: "#/compare?w=30d", drawn: "[data-metric='autocall.comparison.metric_value']" },
};

let browser;

/** Launches the browser for a file of tests. */
export function withBrowser() {
  before(async () => {
    browser = await chromium.launch({ executablePath: process.env.PAGE_BROWSER, args: ["--no-sandbox"] });
  });
  after(() => browser.close());
}

/**
 * A page of a fresh browser context, with a list of all that went wrong in it: errors, refused and foreign requests. The user
 * has no settings, unless the test `keeps` them.
 */
export async function fresh({ keeps = false, ...options } = {}) {
  if (!keeps) await put("PUT", "/api/me/settings", {});
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", timezoneId: "Asia/Ho_Chi_Minh", ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && wrong.push(`console: ${message.text()}`));
  page.on("request", (request) => new URL(request.url()).origin === url || request.url().startsWith("blob:") || wrong.push(`foreign: ${request.url()}`));
  page.on("response", (response) => response.status() >= 400 && wrong.push(`${response.status()}: ${response.url()}`));
  return { context, page, wrong };
}

/** Signs in by the form; `before` is done on it first. */
export async function signIn(page, { username = USERNAME, password = PASSWORD, before } = {}) {
  await page.goto(`${url}/`);
  await before?.();
  await page.locator("input[name=username]").fill(username);
  await page.locator("input[name=password]").fill(password);
  await page.locator("form button").click();
  await page.getByRole("navigation").waitFor();
}

/** Goes to a view without loading the page again, and waits until it is drawn, with links behind its numbers. */
export async function show(page, { at, drawn }) {
  await page.evaluate((hash) => { location.hash = hash; }, at);
  await page.locator(drawn).first().waitFor().catch(async () => assert.fail(`${at} shows: ${await page.locator("body").innerText()}`));
  await page.waitForFunction(() => document.querySelector("nav a") && !document.querySelector(".old, .skeleton"));
}

/** Asks the API, as an admin. */
export async function api(path) {
  const response = await fetch(url + path, { headers: { Authorization: `Bearer ${token}`, "Cache-Control": "no-cache" } });
  assert.equal(response.status, 200, path);
  return response.json();
}

/** Changes something by the API, as an admin. */
export async function put(method, path, body) {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const response = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  return response.status === 204 ? null : response.json();
}

/** Asks again until it holds; the last answer. */
export async function until(ask, holds) {
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}

/** Asks for figures by the key until something holds, and again: a key asks for nothing while a poll is under way. */
export async function refreshUntil(page, ask, holds) {
  return until(async () => {
    const answer = await ask();
    if (!holds(answer)) {
      await page.keyboard.press("r");
      await page.waitForTimeout(300);
    }
    return answer;
  }, holds);
}

/** Pretends that the tab is hidden, or seen again. */
export const hide = (page, isHidden) => page.evaluate((hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}, isHidden);

/** Fails where axe finds something on a page. */
export async function examine(page, name) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} ${failureSummary}`).join(" | ")}`);
  assert.deepEqual(found, [], name);
}

/** Sends a body to the API, as an admin. */
export async function send(path, type, body) {
  const response = await fetch(url + path, { method: "POST", headers: { Authorization: `Bearer ${token}`, "Content-Type": type }, body });
  assert.equal(response.status, 200, path);
  return response.json();
}

/** The figures that a page shows: `{metric, row, value, text, open}`. */
export const figures = (page) => page.locator("data[data-metric]").evaluateAll((all) => all.map((data) => ({
  metric: data.dataset.metric, row: data.dataset.row, value: data.value, text: data.textContent,
  open: data.closest("a")?.getAttribute("href") ?? null,
})));
