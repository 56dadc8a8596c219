// Filters of the Telesales screen, and the search over everything: by keys alone, kept in the address, names for ids.

import test from "node:test";
import assert from "node:assert/strict";
import axe from "axe-core";
import { VIEWS, api, figures, fresh, show, signIn, withBrowser } from "./support.mjs";

withBrowser();

const FILTERED = VIEWS.filtered;
const dialsOf = async (page) => (await figures(page)).find(({ metric }) => metric === "telesales.dashboard.total_dials").value;

test("a team, agents and a source are chosen by keys, kept in the address, and narrow the figures", async () => {
  const { page, context, wrong } = await fresh();
  await signIn(page);
  await show(page, { ...FILTERED, at: "#/telesales?w=7d" });
  const whole = await dialsOf(page);
  const choose = async (name, text) => {
    const box = page.getByRole("combobox", { name, exact: true });
    await box.focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.type(text);
    await page.getByRole("option", { name: new RegExp(text, "i") }).first().waitFor();
    await page.keyboard.press("Enter");
  };
  await choose("Team", "Nội");
  await page.waitForFunction(() => /team=\d+/.test(location.hash));
  const [{ id: team }] = (await api("/api/teams?q=ha noi")).data;
  const agent = (await api(`/api/agents?team_id=${team}&per_page=1`)).data[0];
  await choose("Agents", agent.name);
  await page.getByRole("button", { name: `Without ${agent.name}` }).waitFor();
  await page.waitForFunction(() => !document.querySelector(".old, .skeleton"));
  const narrow = await dialsOf(page);
  assert.ok(Number(narrow) > 0 && Number(narrow) < Number(whole), `${narrow} of ${whole}`);
  assert.match(page.url(), new RegExp(`team=${team}&agents=${agent.id}`));
  const [source] = (await api("/api/telesales/reports/lead-source-attribution?window=last_7_days")).data;
  await choose("Source of leads", source.source);
  await page.waitForFunction(() => location.hash.includes("source="));
  await page.waitForFunction(() => !document.querySelector(".old, .skeleton"));
  assert.ok(Number(await dialsOf(page)) < Number(narrow));
  await page.goBack();
  assert.ok(!page.url().includes("source="));
  const campaigns = page.getByRole("combobox", { name: "Campaign" });
  await campaigns.focus();
  await page.keyboard.type("Outbound");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /#\/telesales\/\d+\?w=7d&team=\d+&agents=/.test(location.hash));
  await page.goBack();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.waitForFunction((value) => !/team|agents|source/.test(location.hash)
    && document.querySelector("data[data-metric='telesales.dashboard.total_dials']")?.value === value, whole);
  assert.deepEqual(wrong, []);
  await context.close();
});

test("a link with filters shows names for ids", async () => {
  const { page, context, wrong } = await fresh();
  await signIn(page);
  await show(page, FILTERED);
  const names = (await api("/api/agents?ids=8,12")).data.map(({ name }) => name);
  for (const name of names) await page.getByRole("button", { name: `Without ${name}` }).waitFor();
  const [team] = (await api("/api/teams")).data.filter(({ id }) => id === 1);
  await page.waitForFunction((name) => document.querySelector(".filter-bar input").value === name, team.name);
  assert.deepEqual(wrong, []);
  await context.close();
});

test("a team that is not there says so, and others can be chosen", async () => {
  const { page, context } = await fresh();
  await signIn(page);
  await page.evaluate(() => { location.hash = "#/telesales?team=999"; });
  await page.getByText("There is no such campaign, team or agent.").waitFor();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.locator(FILTERED.drawn).waitFor();
  await context.close();
});

test("the search finds everything by a key, without regard to marks, and opens it", async () => {
  const { page, context, wrong } = await fresh();
  await signIn(page);
  await page.getByRole("button", { name: "Search everything" }).waitFor();
  const agent = (await api("/api/agents?per_page=1")).data[0];
  const [disposition] = (await api("/api/dispositions?per_page=1")).data;
  const [line] = (await api("/api/caller-ids?per_page=1")).data;
  const bare = agent.name.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/g, "d").replace(/Đ/g, "D").toLowerCase();
  const find = async (key, text, row) => {
    await page.keyboard.press(key);
    await page.getByRole("combobox", { name: "Search everything" }).waitFor();
    await page.keyboard.type(text);
    await page.getByRole("option", { name: row }).first().waitFor();
    while (!(await page.locator(".finder [role=option].at").innerText()).includes(row)) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.locator("dialog.finder").waitFor({ state: "detached" });
  };
  // Keys do nothing while a dialog closes.
  const leave = async () => {
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
  };
  await find("/", bare, agent.name);
  assert.match(page.url(), new RegExp(`#/telesales\\?agents=${agent.id}`));
  await page.locator(FILTERED.drawn).waitFor();
  await page.waitForFunction(() => document.querySelector("a.figure"));
  await find("Control+k", disposition.label, disposition.label);
  await page.locator("dialog.sheet data[data-metric=total]").waitFor();
  await leave();
  await find("/", line.cid.slice(-6), line.cid);
  assert.match(page.url(), new RegExp(`cid:${line.cid}`));
  await page.locator("dialog.sheet data[data-metric=total]").waitFor();
  await leave();
  await page.keyboard.press("/");
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id }) => id), []);
  await page.keyboard.type("zzzz");
  await page.getByText("Nothing is called “zzzz”.").waitFor();
  await leave();
  const [lead] = (await api("/api/telesales/leads?limit=1")).data;
  await find("/", lead.phone_number, "Telesales leads with this phone");
  await page.locator("dialog.sheet").getByText(lead.full_name).first().waitFor();
  assert.deepEqual(wrong, []);
  await context.close();
});
