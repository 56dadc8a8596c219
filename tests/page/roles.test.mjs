// Every role sees what it may, asks for nothing else, and is told whom to ask for the rest; and an account without calls says
// how they come in.

import test from "node:test";
import assert from "node:assert/strict";
import axe from "axe-core";
import { VIEWS, fresh, signIn, url, withBrowser } from "./support.mjs";

withBrowser();

/** Links of the navigation by role, of users that script/page has made. */
const ROLES = {
  supervisor: ["Campaigns", "Telesales", "Compliance", "Exports", "Compare"],
  read_only: ["Campaigns", "Telesales", "Compliance", "Exports", "Compare"],
  agent: ["Campaigns", "Telesales", "Compliance", "Exports"],
};

for (const [role, links] of Object.entries(ROLES)) {
  test(`${role}: every view is drawn or says what is missing, and no request is refused`, async () => {
    const { page, context, wrong } = await fresh();
    await signIn(page, { username: `page-${role}` });
    assert.deepEqual(await page.getByRole("navigation", { name: "Sections" }).getByRole("link").allInnerTexts(), links);
    for (const [name, { at, drawn }] of Object.entries(VIEWS)) {
      await page.evaluate((hash) => { location.hash = hash; }, at);
      await page.waitForFunction((shown) => document.querySelector(shown) || document.querySelector("main h1 + p code"), drawn);
      const isAllowed = (await page.locator(drawn).count()) > 0;
      if (!isAllowed) await page.getByText("Ask an admin of Callboard demo for the permission").waitFor();
      assert.ok(isAllowed || ["autocall", "exports", "compare"].includes(name), `${role}: ${name}`);
      await page.waitForFunction(() => !document.querySelector(".old, .skeleton"));
    }
    assert.deepEqual(wrong, []);
    await context.close();
  });
}

test("an account without calls shows three ways in, takes a file, and becomes the screen by itself", async () => {
  const { page, context, wrong } = await fresh();
  await signIn(page, { username: "page-empty" });
  for (const name of ["Drop a file", "Connect a dialer", "Import on the server"]) await page.getByRole("heading", { name }).waitFor();
  assert.equal(await page.locator("data[data-metric]").count(), 0, "no zeros");
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id }) => id), []);
  const lines = await page.locator(".part.lines pre").innerText();
  const choose = (text) => page.locator("input[type=file]").setInputFiles({ name: "calls.ndjson", mimeType: "application/x-ndjson", buffer: Buffer.from(text) });
  await choose(`${lines.split("\n")[0]}\n`.replace("autocall_campaign", "nonsense"));
  await page.getByText("must be one of").waitFor();
  assert.match(wrong.pop(), /422/); // the file was refused: that is what is told
  assert.match(wrong.pop(), /422/);
  await choose(lines);
  await page.locator("[data-metric='autocall.kpis.dialed']").waitFor();
  assert.match(page.url(), /#\/autocall\/1/);
  await page.getByText("No calls in this time.").first().waitFor();
  await page.getByRole("link", { name: "Show that day" }).click();
  await page.waitForFunction(() => document.querySelector("data[data-metric='autocall.kpis.dialed']").value === "1");
  assert.deepEqual(wrong, []);
  await context.close();
});

test("an installation without an account shows the commands that make one, and then asks to sign in", async () => {
  const { page, context, wrong } = await fresh();
  await page.clock.install();
  let body = { data: null, has_accounts: false };
  await page.route("**/api/auth/session", (route) => route.fulfill({ json: body }));
  await page.goto(url);
  await page.getByText("callboard tenant create").waitFor();
  await page.getByText("callboard user create").waitFor();
  assert.equal(await page.locator("input").count(), 0);
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id }) => id), []);
  body = { data: null };
  await page.clock.runFor(5_100);
  await page.getByRole("textbox", { name: "User name" }).waitFor();
  assert.deepEqual(wrong, []);
  await context.close();
});

test("a part that fails says so alone, and the others stand", async () => {
  const { page, context } = await fresh();
  await signIn(page);
  const refuse = (route) => route.fulfill({ status: 500, headers: { "X-Request-Id": "a-request" }, json: { message: "Internal error" } });
  await page.route("**/reports/abandon-rate*", refuse);
  await page.evaluate(() => { location.hash = "#/telesales?w=7d"; });
  await page.getByRole("alert").getByText("Abandon headroom: Internal error").waitFor();
  await page.getByText("Request a-request").waitFor();
  await page.locator(VIEWS.telesales.drawn).waitFor();
  await page.unroute("**/reports/abandon-rate*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".failure").waitFor({ state: "detached" });
  await page.getByRole("meter").waitFor();
  await context.close();
});
