// The way to the first figures, counted in round trips and not in seconds: each holds as many requests as a browser sends to an
// HTTP/1.1 server at once, and the next begins when all of them are answered.

import test from "node:test";
import assert from "node:assert/strict";
import { VIEWS, fresh, signIn, url, withBrowser } from "./support.mjs";

withBrowser();

/** Connections that a browser opens to one server. */
const AT_ONCE = 6;
/** Round trips to the first figures, at most. */
const MOST = 4;
/** Milliseconds in which a page that waits asks for nothing more. */
const QUIET = 150;
/** Times that it may be so without anything drawn. */
const PATIENCE = 100;

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Loads an address, and tells the paths of each round until something is drawn. `answer(route)` may answer itself. */
async function load(page, at, drawn, answer = () => false) {
  const [waiting, asked] = [[], []];
  // Nothing can be looked at before the document is there.
  const isDrawn = () => asked.length > 0 && page.locator(drawn).first().isVisible();
  await page.route("**/*", (route) => { waiting.push(route); });
  page.goto(`${url}/${at}`).catch(() => {}); // ends with the page
  for (let idle = 0; idle < PATIENCE && !(await isDrawn()); idle++) {
    for (let known = -1; waiting.length > known;) {
      known = waiting.length;
      await pause(QUIET);
    }
    const now = waiting.splice(0, AT_ONCE);
    if (now.length === 0) continue;
    idle = 0;
    asked.push(now.map((route) => route.request().url().replace(url, "").replace(/\?.*/, "").replace(/assets\/\w+/, "assets")));
    await Promise.all(now.map(async (route) => (await answer(route)) || route.fulfill({ response: await route.fetch() })));
    await pause(QUIET);
  }
  assert.ok(await isDrawn(), `${at} is not drawn after ${told(asked)}`);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  return asked;
}

const told = (asked) => `${asked.length} rounds:\n${asked.map((paths) => paths.join(" ")).join("\n")}`;

/** A page of somebody who is signed in, and has no file of it yet. */
async function signedIn(options) {
  const opened = await fresh(options);
  await signIn(opened.page);
  await opened.page.close();
  const page = await opened.context.newPage();
  const client = await opened.context.newCDPSession(page);
  await client.send("Network.clearBrowserCache");
  return { ...opened, page };
}

for (const [name, { at, drawn }] of Object.entries(VIEWS)) {
  test(`${name} is drawn after at most ${MOST} round trips`, async () => {
    const { page, context, wrong } = await signedIn();
    const asked = await load(page, at, drawn);
    assert.ok(asked.length <= MOST, told(asked));
    assert.equal(asked.flat().filter((path) => path === "/api/auth/session").length, 1, "the session is asked for once");
    assert.deepEqual(wrong, []);
    await context.close();
  });
}

for (const module of ["autocall", "telesales"]) test(`the only campaign of an account is drawn as early, where it is of ${module}`, async () => {
  const { page, context, wrong } = await signedIn();
  const only = async (route) => {
    if (!route.request().url().includes("/api/overview?module")) return false;
    const response = await route.fetch();
    const body = await response.json();
    const isItself = route.request().url().includes(`module=${module}`);
    await route.fulfill({ response, json: { ...body, data: isItself ? body.data.slice(0, 1) : [], total: isItself ? 1 : 0 } });
    return true;
  };
  const asked = await load(page, "", VIEWS[module].drawn, only);
  assert.ok(asked.length <= MOST, told(asked));
  assert.deepEqual(wrong, []);
  await context.close();
});

test("a user whose language is not the browser's waits no longer, and never sees the other one", async () => {
  const { page, context, wrong } = await signedIn({ locale: "vi-VN" });
  const choose = (language) => context.request.put(`${url}/api/me/settings`, { data: { language }, headers: { "X-Callboard-Page": "1" } });
  assert.equal((await choose("en")).status(), 200);
  try {
    const seen = [];
    await page.exposeFunction("see", (text) => seen.push(text));
    await page.addInitScript(() => new MutationObserver(() => {
      const nav = document.querySelector("nav");
      if (nav && getComputedStyle(nav).visibility === "visible") globalThis.see(nav.textContent);
    }).observe(document, { childList: true, subtree: true, attributes: true }));
    const asked = await load(page, VIEWS.autocall.at, VIEWS.autocall.drawn);
    assert.ok(asked.length <= MOST, told(asked));
    assert.ok(seen.some((text) => text.includes("Campaigns")), seen.join(" | "));
    assert.ok(!seen.some((text) => text.includes("Chiến dịch")), seen.join(" | "));
    assert.deepEqual(wrong, []);
  } finally {
    await choose(null);
  }
  await context.close();
});
