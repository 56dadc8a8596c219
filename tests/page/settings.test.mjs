// Settings of the user: kept at the server, over sessions and browsers; nothing of them is in web storage.

import test from "node:test";
import assert from "node:assert/strict";
import { VIEWS, api, fresh, show, signIn, withBrowser } from "./support.mjs";

withBrowser();

/** Waits until the server has kept what somebody chose. */
async function kept(expected) {
  for (let tries = 0; ; tries++) {
    const { data } = await api("/api/me/settings");
    const own = Object.fromEntries(Object.keys(expected).map((name) => [name, data[name]]));
    if (JSON.stringify(own) === JSON.stringify(expected) || tries > 100) return assert.deepEqual(own, expected);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

async function choose(page, menu, item) {
  await page.getByRole("button", { name: menu }).click();
  await page.getByRole("menuitemradio", { name: item }).click();
}

test("language, theme, zone and pins are kept over two sessions, and in no web storage", async () => {
  const { page, context, wrong } = await fresh({ colorScheme: "light" });
  await signIn(page);
  await show(page, VIEWS.autocall);
  await page.getByRole("button", { name: "Pinned" }).click();
  await choose(page, "Light or dark", "Dark");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await page.getByRole("combobox", { name: "Time zone" }).click();
  await page.keyboard.type("Tokyo");
  await page.keyboard.press("Enter");
  assert.match(page.url(), /tz=Asia\/Tokyo/);
  await choose(page, "Language", "Tiếng Việt");
  await page.getByRole("button", { name: "Tỷ lệ nghe máy", exact: true }).waitFor();
  await kept({ language: "vi", theme: "dark", zone: "Asia/Tokyo", pins: ["autocall/1"] });
  assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie), "{}");
  await context.close();

  const other = await fresh({ keeps: true, colorScheme: "light" });
  await signIn(other.page);
  assert.deepEqual(await other.page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme]), ["vi", "dark"]);
  assert.match(other.page.url(), /tz=Asia\/Tokyo/);
  await other.page.getByRole("combobox", { name: "Chiến dịch" }).click();
  assert.match(await other.page.getByRole("option").first().innerText(), /★ Renewal/);
  assert.deepEqual([...wrong, ...other.wrong], []);
  await other.context.close();
});

test("no screen is painted in another theme or language than the user's", async () => {
  const { page, context, wrong } = await fresh({ colorScheme: "light" });
  await signIn(page);
  await choose(page, "Light or dark", "Dark");
  await choose(page, "Language", "Tiếng Việt");
  await kept({ language: "vi", theme: "dark" });
  await page.addInitScript(() => {
    globalThis.painted = [];
    new MutationObserver(() => {
      const { lang, dataset } = document.documentElement;
      // A screen may be drawn before its texts are there, but not seen.
      const frame = document.querySelector("header.frame");
      if (frame && getComputedStyle(frame).visibility === "visible") globalThis.painted.push(`${lang} ${dataset.theme}`);
    }).observe(document, { childList: true, subtree: true, attributes: true });
  });
  await page.reload();
  await page.getByRole("navigation").waitFor();
  assert.deepEqual([...new Set(await page.evaluate(() => globalThis.painted))], ["vi dark"]);
  assert.deepEqual(wrong, []);
  await context.close();
});

test("a language that was chosen before signing in is the user's choice", async () => {
  const { page, context, wrong } = await fresh();
  await signIn(page, { before: () => page.getByRole("button", { name: "Tiếng Việt" }).click() });
  assert.equal(await page.evaluate(() => document.documentElement.lang), "vi");
  await kept({ language: "vi" });
  assert.deepEqual(wrong, []);
  await context.close();
});

test("a choice that cannot be kept holds, says so, and can be tried again", async () => {
  const { page, context } = await fresh({ colorScheme: "light" });
  await signIn(page);
  await page.route("**/api/me/settings", (route) => route.abort());
  await choose(page, "Light or dark", "Dark");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await page.getByText("could not be kept").waitFor();
  await page.unroute("**/api/me/settings");
  await page.getByRole("alert").getByRole("button", { name: "Try again" }).click();
  await kept({ theme: "dark" });
  await page.getByText("could not be kept").waitFor({ state: "detached" });
  await context.close();
});

test("what another browser has kept stays", async () => {
  const [one, other] = [await fresh(), await fresh({ keeps: true })];
  await signIn(one.page);
  await signIn(other.page);
  await choose(other.page, "Light or dark", "Light");
  await kept({ theme: "light" });
  await show(one.page, VIEWS.autocall);
  await one.page.evaluate(() => document.activeElement.blur());
  await one.page.keyboard.press(".");
  await kept({ theme: "light", pins: ["autocall/1"] });
  assert.deepEqual([...one.wrong, ...other.wrong], []);
  await one.context.close();
  await other.context.close();
});
