// Printed on A4: figures without controls, in light colours, nothing cut at the edge, and a head that says what they are of.

import test from "node:test";
import assert from "node:assert/strict";
import { VIEWS, fresh, show, signIn, withBrowser } from "./support.mjs";

withBrowser();

/** Width of an A4 sheet within its margins, in CSS pixels: 182 mm. */
const SHEET = 688;

for (const [name, view] of Object.entries(VIEWS)) {
  test(`${name} fits a sheet, under its head`, async () => {
    const { page, context, wrong } = await fresh({ colorScheme: "dark" });
    await signIn(page);
    await show(page, view);
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    await page.setViewportSize({ width: SHEET, height: 1000 });
    const found = await page.evaluate((width) => {
      const isSeen = (element) => element.checkVisibility() && element.getClientRects().length > 0;
      const all = [...document.querySelectorAll("main *")].filter(isSeen);
      return {
        wide: all.filter((element) => element.getBoundingClientRect().right > width + 1 && !element.closest("svg, .hidden") && !element.matches(".uplot div")).slice(0, 3).map((element) => `${element.tagName}.${element.className}`),
        controls: all.filter((element) => element.matches("input, select, button") && !element.closest(".filter-bar .chosen")).map((element) => element.outerHTML.slice(0, 80)),
        head: document.querySelector(".sheet-head").innerText,
        ink: getComputedStyle(document.body).color,
        repeats: getComputedStyle(document.querySelector(".sheet-head")).display,
      };
    }, SHEET);
    assert.deepEqual(found.wide, []);
    assert.deepEqual(found.controls.filter((html) => !html.includes('class="plain"')), []);
    assert.match(found.head, /Callboard demo/);
    assert.match(found.head, /Asia\/Ho Chi Minh \(UTC\+7\)/);
    assert.match(found.head, /Printed by demo/);
    assert.equal(found.ink, "rgb(27, 33, 40)", "light, whatever the screen");
    assert.equal(found.repeats, "table-header-group");
    assert.equal((await page.pdf({ format: "A4", printBackground: true })).subarray(0, 4).toString(), "%PDF");
    assert.deepEqual(wrong, []);
    await context.close();
  });
}
