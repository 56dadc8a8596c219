// Pictures of every view, to look at: node shots.mjs DIR [NAME…]

import { chromium } from "playwright-core";
import { VIEWS, show, signIn, url } from "./support.mjs";

const [, , folder, ...only] = process.argv;
const WIDTHS = { 360: 780, 1280: 900, 2560: 1440 };
const browser = await chromium.launch({ executablePath: process.env.PAGE_BROWSER, args: ["--no-sandbox"] });

async function opened(page) {
  await page.locator("a.figure").first().click();
  await page.locator("dialog.sheet table").waitFor();
}

for (const [width, height] of Object.entries(WIDTHS)) {
  for (const colorScheme of ["light", "dark"]) {
    for (const locale of ["en-GB", "vi-VN"]) {
      const context = await browser.newContext({ viewport: { width: Number(width), height }, colorScheme, locale, timezoneId: "Asia/Ho_Chi_Minh" });
      const page = await context.newPage();
      const shoot = (name) => page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}-${locale.slice(0, 2)}.png`, fullPage: name !== "opened" });
      await page.goto(url);
      await page.locator("form button").waitFor();
      if (only.length === 0 || only.includes("sign-in")) await shoot("sign-in");
      await signIn(page);
      for (const [name, view] of Object.entries(VIEWS)) {
        if (only.length > 0 && !only.includes(name)) continue;
        await show(page, view);
        await page.waitForTimeout(250);
        await shoot(name);
        if (name === "autocall") {
          await opened(page);
          await shoot("opened");
          await page.keyboard.press("Escape");
        }
      }
      await context.close();
    }
  }
}
await browser.close();
console.log(`Pictures of ${url} are in ${folder}.`);
