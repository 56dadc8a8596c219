// Every view: reachable for those who may, readable by everybody, in both languages and themes, without a request that fails.

import test from "node:test";
import assert from "node:assert/strict";
import { VIEWS, examine, figures, fresh, show, signIn, url, withBrowser } from "./support.mjs";
import english from "./en.mjs";
import vietnamese from "./vi.mjs";

withBrowser();

test("both languages have the same texts, with the same values in them", () => {
  assert.deepEqual(Object.keys(vietnamese), Object.keys(english));
  const holes = (text) => [...(typeof text === "object" ? text.other : text).matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();
  for (const key of Object.keys(english)) assert.deepEqual(holes(vietnamese[key]), holes(english[key]), key);
});

test("a wrong password says so, and nothing else", async () => {
  const { page, context } = await fresh();
  await page.goto(url);
  await page.getByRole("textbox", { name: "User name" }).fill("nobody");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("User name or password is wrong.").waitFor();
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing in ${colorScheme}`, async () => {
    const { page, context, wrong } = await fresh({ colorScheme });
    await page.goto(url);
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await examine(page, "sign-in");
    await signIn(page);
    for (const [name, view] of Object.entries(VIEWS)) {
      await show(page, view);
      await examine(page, name);
    }
    await show(page, VIEWS.autocall);
    await page.locator("a.figure").first().click();
    await page.locator("dialog.sheet table").waitFor();
    await examine(page, "opened calls");
    assert.deepEqual(wrong, []);
    await context.close();
  });
}

test("the language changes texts and numbers, and the address stays", async () => {
  const { page, context, wrong } = await fresh();
  await signIn(page);
  await show(page, VIEWS.autocall);
  const before = await page.evaluate(() => location.hash);
  await page.getByRole("button", { name: "Language" }).click();
  await page.getByRole("menuitemradio", { name: "Tiếng Việt" }).click();
  await page.getByRole("button", { name: "Tỷ lệ nghe máy", exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "vi");
  assert.equal(await page.evaluate(() => location.hash), before);
  const rate = (await figures(page)).find(({ metric }) => metric === "autocall.kpis.answer_rate_pct");
  assert.match(rate.text, /^\d+,\d%$/);
  assert.deepEqual(wrong, []);
  await context.close();
});

test("back and forward go from choice to choice", async () => {
  const { page, context, wrong } = await fresh();
  await signIn(page);
  await show(page, VIEWS.autocall);
  const chosen = () => page.evaluate(() => document.querySelector("input[name=window]:checked")?.value);
  await page.getByRole("radiogroup", { name: "Window" }).getByText("Yesterday").click();
  await page.getByRole("radiogroup", { name: "Window" }).getByText("30 days").click();
  assert.match(page.url(), /w=30d/);
  await page.goBack();
  assert.match(page.url(), /w=yesterday/);
  assert.equal(await chosen(), "yesterday");
  await page.goForward();
  assert.equal(await chosen(), "30d");
  assert.deepEqual(wrong, []);
  await context.close();
});

test("a keyboard alone goes from signing in to the calls behind a number, and to a file", async () => {
  const { page, context, wrong } = await fresh();
  await page.goto(url);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  const focused = () => page.evaluate(() => document.activeElement.name);
  for (let press = 0; (await focused()) !== "username" && press < 5; press++) await page.keyboard.press("Tab");
  await page.keyboard.type("demo");
  await page.keyboard.press("Tab");
  await page.keyboard.type("callboard-demo");
  await page.keyboard.press("Enter");
  await page.getByRole("navigation").waitFor();
  await page.getByRole("combobox", { name: "Campaign" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("renewal");
  await page.keyboard.press("Enter");
  await page.locator("[data-metric='autocall.kpis.dialed']").waitFor();
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(() => location.hash.includes("w="));
  const link = page.locator("a.figure").first();
  await link.waitFor();
  for (let press = 0; press < 80; press++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.matches("a.figure"))) break;
  }
  await page.keyboard.press("Enter");
  await page.locator("dialog.sheet data[data-metric=total]").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog.sheet").waitFor({ state: "detached" });
  assert.ok(await page.evaluate(() => document.activeElement.matches("a.figure")), "focus returned");
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  await page.locator("form.order button.main").waitFor();
  const download = page.waitForEvent("download", { timeout: 60_000 });
  await page.locator("form.order button.main").focus();
  await page.keyboard.press("Enter");
  const file = await (await download).path();
  const { readFileSync } = await import("node:fs");
  assert.equal(readFileSync(file).subarray(0, 2).toString(), "PK", "a workbook");
  assert.deepEqual(wrong, []);
  await context.close();
});
