// Asking again: each minute, not while hidden, at once on return, slower where the server cannot answer; and memory stays flat.

import test from "node:test";
import assert from "node:assert/strict";
import { VIEWS, fresh, hide, show, signIn, withBrowser } from "./support.mjs";

withBrowser();

const isReport = (request) => request.url().includes("/reports/kpis") || request.url().includes("/reports?");

async function watched() {
  const { page, context, wrong } = await fresh();
  await page.clock.install();
  await signIn(page);
  await show(page, VIEWS.autocall);
  const [asked, all] = [[], []];
  page.on("request", (request) => {
    all.push(request.response());
    if (isReport(request)) asked.push(request);
  });
  /** Waits until every request is answered, and the page has heard it. */
  const settle = async () => {
    let known;
    do {
      known = all.length;
      await Promise.all(all);
      await new Promise((resolve) => { setTimeout(resolve, 30); });
    } while (all.length > known);
  };
  /** Lets minutes pass, one after the other, each with its answers. */
  const pass = async (minutes) => {
    for (let minute = 0; minute < minutes; minute++) {
      await page.clock.runFor(61_000);
      await settle();
    }
  };
  return { page, context, wrong, asked, pass, settle };
}

test("a minute is one request, a hidden minute none, and a return one at once", async () => {
  const { page, context, wrong, asked, pass, settle } = await watched();
  await pass(3);
  assert.equal(asked.length, 3);
  await hide(page, true);
  await pass(5);
  assert.equal(asked.length, 3);
  await hide(page, false);
  await settle();
  assert.equal(asked.length, 4);
  assert.deepEqual(wrong, []);
  await context.close();
});

test("an hour of polling keeps memory flat, and gets mostly 304", async () => {
  const { page, context, wrong, asked, pass } = await watched();
  const client = await context.newCDPSession(page);
  const heap = async () => {
    await client.send("HeapProfiler.collectGarbage");
    const { usedSize } = await client.send("Runtime.getHeapUsage");
    return usedSize;
  };
  await pass(5);
  const before = await heap();
  await pass(55);
  const grown = (await heap()) - before;
  assert.ok(asked.length >= 58, `${asked.length} requests`);
  assert.ok(grown < 1_500_000, `${grown} bytes more after an hour`);
  const statuses = await Promise.all(asked.map(async (request) => (await request.response()).status()));
  assert.ok(statuses.filter((status) => status === 304).length > statuses.length / 2, statuses.join(" "));
  assert.deepEqual(wrong, []);
  await context.close();
});

test("while the server is away the last figures stay, and it is asked again by itself", async () => {
  const { page, context } = await watched();
  const dials = page.locator("[data-metric='autocall.kpis.dialed']");
  const value = await dials.getAttribute("value");
  await context.setOffline(true);
  await page.clock.runFor(61_000);
  await page.getByText("Server away since").waitFor();
  assert.equal(await dials.getAttribute("value"), value);
  await context.setOffline(false);
  await page.clock.runFor(70_000);
  await page.getByText("Server away since").waitFor({ state: "detached" });
  await context.close();
});

test("after too many requests the strip says how long it waits", async () => {
  const { page, context } = await watched();
  await page.route(/\/reports(\/kpis)?\?/, (route) => route.fulfill({
    status: 429, headers: { "Retry-After": "47", "Content-Type": "application/json", Date: new Date().toUTCString() },
    body: JSON.stringify({ message: "Too many requests. Retry after 47 seconds." }),
  }));
  await page.clock.runFor(61_000);
  await page.getByText(/Asked too often; again in \d+ sec/).waitFor();
  await page.unroute(/\/reports(\/kpis)?\?/);
  await page.clock.runFor(50_000);
  await page.getByText("Asked too often").waitFor({ state: "detached" });
  await context.close();
});
