// Sessions of the page: by link, over a reload, in several tabs, and against other sites.

import test from "node:test";
import assert from "node:assert/strict";
import http from "node:http";
import { VIEWS, figures, fresh, refreshUntil, show, signIn, url, withBrowser } from "./support.mjs";

withBrowser();

/** The code of a sign-in link that nobody has used. */
const [, code] = /#sign-in=(.+)$/.exec(process.env.PAGE_LINK);

test("a link signs in once, and leaves nothing in the address, the history or the reach of scripts", async () => {
  const { page, context, wrong } = await fresh();
  await page.goto(`${url}/#sign-in=${code}`);
  await page.getByRole("navigation").waitFor();
  assert.ok(!page.url().includes("sign-in"), page.url());
  assert.equal(await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })), "{}");
  const [cookie] = await context.cookies();
  assert.ok(cookie.httpOnly && cookie.sameSite === "Strict", JSON.stringify(cookie));
  await page.reload();
  await page.getByRole("navigation").waitFor();
  assert.deepEqual(wrong, []);

  const again = await context.newPage();
  await again.goto(`${url}/#sign-in=${code}`);
  await again.getByRole("button", { name: "Use the link" }).click();
  await again.getByText("used already, or has expired").waitFor();
  await again.getByRole("button", { name: "Stay as I am" }).click();
  await again.getByRole("navigation").waitFor();

  const stranger = await fresh();
  await stranger.page.goto(`${url}/#sign-in=${code}`);
  await stranger.page.getByText("used already, or has expired").waitFor();
  await stranger.page.getByRole("button", { name: "Sign in" }).waitFor();
  await stranger.context.close();
  await context.close();
});

test("a reload keeps the screen and its figures", async () => {
  const { page, context, wrong } = await fresh();
  await signIn(page);
  await show(page, VIEWS.telesales);
  const before = (await figures(page)).map(({ metric, row }) => `${metric} ${row}`);
  await page.reload();
  await page.locator(VIEWS.telesales.drawn).waitFor();
  assert.deepEqual((await figures(page)).map(({ metric, row }) => `${metric} ${row}`), before);
  assert.deepEqual(wrong, []);
  await context.close();
});

test("signing out in one tab ends the others", async () => {
  const { page, context, wrong } = await fresh();
  await signIn(page);
  const other = await context.newPage();
  await other.goto(url);
  await other.getByRole("navigation").waitFor();
  await other.getByRole("button", { name: "Account" }).click();
  await other.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("textbox", { name: "User name" }).waitFor();
  assert.deepEqual(await context.cookies(), []);
  assert.deepEqual(wrong, []);
  await context.close();
});

test("a session that ended is asked for over the screen, which stays", async () => {
  const { page, context } = await fresh();
  await signIn(page);
  await show(page, VIEWS.autocall);
  await context.clearCookies();
  await page.evaluate(() => document.activeElement.blur());
  const dialog = page.getByRole("dialog", { name: "Sign in" });
  await refreshUntil(page, () => dialog.count(), (shown) => shown > 0);
  await dialog.getByLabel("Password").fill("callboard-demo");
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.match(page.url(), /autocall\/1/);
  await page.locator("[data-metric='autocall.kpis.dialed']").waitFor();
  await context.close();
});

test("a page of another origin can neither sign out nor order a file", async () => {
  const { page, context } = await fresh();
  await signIn(page);
  const jobs = () => page.evaluate(async () => (await (await fetch("/api/autocall/campaigns/1/reports/export?per_page=1")).json()).total);
  const before = await jobs();
  const site = http.createServer((_, response) => response.setHeader("Content-Type", "text/html").end("<p>another site")).listen(0, "127.0.0.1");
  await new Promise((resolve) => { site.once("listening", resolve); });
  const evil = await context.newPage();
  await evil.goto(`http://127.0.0.1:${site.address().port}/`); // another port: same site, so that the cookie is sent
  const statuses = await evil.evaluate(async (target) => {
    const ask = async (path, options) => {
      try {
        return (await fetch(target + path, { mode: "no-cors", credentials: "include", ...options })).type;
      } catch {
        return "refused";
      }
    };
    return [
      await ask("/api/autocall/campaigns/1/reports/export", { method: "POST", headers: { "Content-Type": "text/plain" }, body: '{"report_type":"kpis"}' }),
      await ask("/api/auth/session", { method: "POST", headers: { "Content-Type": "text/plain" }, body: "{}" }),
    ];
  }, url);
  assert.deepEqual(statuses, ["opaque", "opaque"]);
  assert.equal(await jobs(), before);
  await page.reload();
  await page.getByRole("navigation").waitFor();
  site.close();
  await context.close();
});
