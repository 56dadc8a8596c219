// Roles: whoever looks, no screen asks for what it is not given, and each says what its reader may do.

import test from "node:test";
import assert from "node:assert/strict";
import { fresh, signIn, withBrowser } from "./support.mjs";

withBrowser();

const PLACES = ["#/overview", "#/autocall/1", "#/telesales", "#/compliance", "#/exports", "#/exports/autocall/1", "#/exports/telesales", "#/compare"];

/** What the screen of exports has for a role. */
const EXPORTS = {
  admin: { order: true, files: true, schedules: true, lacks: [] },
  supervisor: { order: true, files: true, schedules: true, lacks: [] },
  agent: { order: true, files: false, schedules: false, lacks: ["calls_read"] },
  read_only: { order: true, files: false, schedules: false, lacks: ["autocall_export_report", "calls_read"] },
};

for (const [role, expected] of Object.entries(EXPORTS)) {
  test(`${role} makes no request that is refused, and sees what they may`, async () => {
    const { page, context, wrong } = await fresh();
    await signIn(page, { username: role === "admin" ? "demo" : `page-${role}` });
    for (const place of PLACES) {
      await page.evaluate((hash) => { location.hash = hash; }, place);
      await page.locator("main :is(h1, .part)").first().waitFor();
      await page.waitForLoadState("networkidle");
    }
    const seen = (selector) => page.locator(selector).count();
    await page.evaluate(() => { location.hash = "#/exports"; });
    await page.locator("form.order").waitFor();
    await page.waitForLoadState("networkidle");
    const panels = await page.locator(".exports h2").allInnerTexts();
    assert.deepEqual({ order: (await seen("form.order")) === 1, files: panels.includes("Files"), schedules: panels.includes("Schedules") }, {
      order: expected.order, files: expected.files, schedules: expected.schedules,
    });
    assert.deepEqual(await page.locator(".lacking code").allInnerTexts(), expected.lacks);
    assert.deepEqual(wrong, []);
    await context.close();
  });
}
