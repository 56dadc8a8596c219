// Three pictures a view, compared with those that are kept: node pictures.mjs [--keep]
//
// The server's clock stands still, and the browser's with it. Pictures are kept small, and compared by the mean colours of
// blocks, so that the edges of letters do not matter, but what is missing, moved or of another colour does.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { VIEWS, show, signIn } from "./support.mjs";

const folder = process.env.PAGE_PICTURES;
const isKeeping = process.argv[2] === "--keep";
/** Height of the screen by its width, and the scale that its picture is kept in. */
const SCREENS = { 360: [780, 1], 1280: [900, 1 / 2], 2560: [1440, 1 / 4] };
const THEMES = ["light", "dark"];
const LOCALES = ["en-GB", "vi-VN"];
/** The instant of the server: see script/page. */
const INSTANT = new Date("2026-11-25T15:10:00+07:00");
/** Side of a block in pixels of a kept picture, the difference of mean colours that is seen, and the share of blocks that may have it. */
const BLOCK = 16;
const SEEN = 14;
const SHARE = 0.002;

/** Mean colours of the blocks of a picture, and the picture in its scale, made in the browser. */
async function reduced(page, png, scale) {
  return page.evaluate(async ({ data, scale, block }) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(Math.round(image.width * scale), Math.round(image.height * scale));
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blocks = [];
    for (let top = 0; top < canvas.height; top += block) {
      for (let left = 0; left < canvas.width; left += block) {
        const { data: pixels } = context.getImageData(left, top, Math.min(block, canvas.width - left), Math.min(block, canvas.height - top));
        const sum = [0, 0, 0];
        for (let at = 0; at < pixels.length; at += 4) for (let part = 0; part < 3; part++) sum[part] += pixels[at + part];
        blocks.push(sum.map((total) => total / (pixels.length / 4)));
      }
    }
    const kept = new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
    let text = "";
    for (let at = 0; at < kept.length; at += 8192) text += String.fromCharCode(...kept.subarray(at, at + 8192));
    return { blocks, size: [canvas.width, canvas.height], png: btoa(text) };
  }, { data: png.toString("base64"), scale, block: BLOCK });
}

/** Share of blocks whose mean colours differ. */
function difference(one, other) {
  if (String(one.size) !== String(other.size)) return 1;
  const differing = one.blocks.filter((colour, at) => colour.some((part, of) => Math.abs(part - other.blocks[at][of]) > SEEN));
  return differing.length / one.blocks.length;
}

/** The page's clock is the server's: the one in headers, too. */
async function stopClock(context, page) {
  await page.clock.setFixedTime(INSTANT);
  await context.route(/./, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), date: INSTANT.toUTCString() } });
  });
}

const shoot = async (page) => {
  await page.evaluate(() => document.activeElement?.blur());
  await page.mouse.move(0, 0);
  await page.waitForTimeout(300); // graphs are drawn in the next frames
  return page.screenshot({ animations: "disabled" });
};

const browser = await chromium.launch({ executablePath: process.env.PAGE_BROWSER, args: ["--no-sandbox", "--force-color-profile=srgb", "--hide-scrollbars"] });
const bench = await (await browser.newContext()).newPage();
const names = Object.keys(VIEWS);
const wrong = [];
const known = new Set();
mkdirSync(folder, { recursive: true });

async function picture(page, name, scale) {
  const file = `${folder}/${name}.png`;
  known.add(`${name}.png`);
  const taken = await reduced(bench, await shoot(page), scale);
  if (isKeeping) {
    writeFileSync(file, Buffer.from(taken.png, "base64"));
    return;
  }
  if (!existsSync(file)) {
    wrong.push(`${name}: there is no picture of it`);
    return;
  }
  const share = difference(await reduced(bench, readFileSync(file), 1), taken);
  if (share > SHARE) {
    mkdirSync("different", { recursive: true });
    writeFileSync(`different/${name}.png`, Buffer.from(taken.png, "base64"));
    wrong.push(`${name}: ${(share * 100).toFixed(1)} % of it differ; it is in target/page/different`);
  }
}

/** What is missing, moved or of another colour must be found. */
async function checkComparison(page, scale) {
  const before = await reduced(bench, await shoot(page), scale);
  const again = await reduced(bench, await shoot(page), scale);
  assert.ok(difference(before, again) <= SHARE, "the same screen is the same");
  const changes = {
    "a missing figure": () => { document.querySelector("data[data-metric]").closest("button, article, section, li, div").style.visibility = "hidden"; },
    "another colour": () => { document.querySelector("table").style.backgroundColor = "#b42318"; },
    "moved parts": () => { document.querySelector("main").style.paddingTop = "40px"; },
  };
  for (const [what, change] of Object.entries(changes)) {
    await page.evaluate(change);
    const after = await reduced(bench, await shoot(page), scale);
    assert.ok(difference(before, after) > SHARE, `${what} is not seen`);
    await page.evaluate(() => { for (const element of document.querySelectorAll("[style]")) for (const name of ["visibility", "background-color", "padding-top"]) element.style.removeProperty(name); });
  }
}

for (const [at, [width, [height, scale]]] of Object.entries(SCREENS).entries()) {
  for (const [of, colorScheme] of THEMES.entries()) {
    // Of the views, each second one in this theme; languages alternate otherwise.
    const locale = LOCALES[(of + at) % 2];
    const context = await browser.newContext({ viewport: { width: Number(width), height }, colorScheme, locale, timezoneId: "Asia/Ho_Chi_Minh", reducedMotion: "reduce" });
    const page = await context.newPage();
    await stopClock(context, page);
    await signIn(page);
    for (const [place, name] of names.entries()) {
      if ((place + at) % 2 !== of) continue;
      await show(page, VIEWS[name]);
      await picture(page, `${name}-${width}-${colorScheme}-${locale.slice(0, 2)}`, scale);
    }
    if (!isKeeping && at === 1 && of === 0) {
      await show(page, VIEWS.autocall);
      await checkComparison(page, scale);
    }
    await context.close();
  }
}
await browser.close();
for (const file of readdirSync(folder)) {
  if (known.has(file)) continue;
  if (isKeeping) rmSync(`${folder}/${file}`);
  else wrong.push(`${file} is of no view`);
}
if (wrong.length > 0) {
  console.error(`${wrong.join("\n")}\nWhere that is meant: script/page --keep, and look at tests/page/pictures.`);
  process.exit(1);
}
console.log(isKeeping ? `${known.size} pictures are kept in tests/page/pictures.` : `${known.size} pictures are as they were kept.`);
