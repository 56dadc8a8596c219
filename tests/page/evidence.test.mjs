// Evidence of compliance: ordered from its screen, downloaded when it is ready, and in the list of exports.

import test from "node:test";
import assert from "node:assert/strict";
import { api, fresh, show, signIn, withBrowser } from "./support.mjs";
import { rowsOf } from "./workbook.mjs";

withBrowser();

const COMPLIANCE = { at: "#/compliance", drawn: "table.compliance tbody tr" };
const newest = async () => (await api("/api/exports?mine=true")).data[0];

test("evidence of all campaigns, or of one, is downloaded from the screen of compliance", async () => {
  const { page, context, wrong } = await fresh({ acceptDownloads: true });
  await signIn(page);
  await show(page, COMPLIANCE);
  const campaigns = await page.locator(COMPLIANCE.drawn).count();
  for (const [name, rows] of [["Evidence for all", campaigns], [/^Evidence of /, 1]]) {
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name }).first().click();
    const file = await download;
    assert.match(file.suggestedFilename(), /\.xlsx$/);
    assert.ok(rowsOf(await file.path()).includes(rows + 1), `a sheet with ${rows} campaigns and its head`);
    const { report_type: report, status } = await newest();
    assert.deepEqual([report, status], ["compliance", "ready"]);
  }
  assert.deepEqual(wrong, []);
  await context.close();
});
