// Schedules: made, changed, paused, run and deleted on the page, as the API then has them.

import test, { beforeEach } from "node:test";
import assert from "node:assert/strict";
import { VIEWS, api, examine, fresh, put, show, signIn, until, withBrowser } from "./support.mjs";

withBrowser();

const NAME = "Calls of the page’s test";
const all = async () => (await api("/api/schedules?per_page=100")).data.filter(({ name }) => name.startsWith(NAME));

beforeEach(async () => {
  for (const { id } of await all()) await put("DELETE", `/api/schedules/${id}`);
});

/** A webhook to deliver to, which is paused: nothing leaves. */
async function webhook() {
  const { data } = await put("POST", "/api/webhooks", { url: "https://page.example.com/", events: ["report.export.ready"], description: "Page" });
  await put("PATCH", `/api/webhooks/${data.id}`, { status: "paused" });
  return data.id;
}

const act = async (page, name) => {
  await page.getByRole("listitem", { name: NAME }).getByRole("button", { name: /^Actions/ }).click();
  await page.getByRole("menuitem", { name, exact: true }).click();
};

test("a schedule is made, run, changed, paused and deleted", async () => {
  const receiver = await webhook();
  const { page, context, wrong } = await fresh();
  await signIn(page);
  await show(page, VIEWS.exports);
  await page.getByRole("button", { name: "New schedule" }).click();
  const form = page.getByRole("dialog", { name: "New schedule" });
  await form.getByLabel("What").selectOption("telesales.calls");
  await form.getByLabel("Days in the file").selectOption("yesterday");
  await form.getByLabel("Language of the file").selectOption("vi");
  await form.getByLabel("Repeats").selectOption("weekly");
  for (const day of ["Tue", "Wed", "Thu"]) await form.getByText(day, { exact: true }).click();
  await form.getByLabel("At", { exact: true }).fill("07:45");
  await form.getByLabel("Name").fill(NAME);
  await form.getByRole("button", { name: "Make the schedule" }).click();
  await form.getByText("Name a mail address, a webhook, or both.").waitFor();
  assert.deepEqual(await all(), []);
  await form.getByLabel("Webhook").selectOption(String(receiver));
  await form.getByRole("button", { name: "Make the schedule" }).click();
  await form.waitFor({ state: "detached" });
  const row = page.getByRole("listitem", { name: NAME });
  await row.getByText("next").waitFor();
  const [made] = await all();
  const { report, window, format, lang, at, deliver, active } = made;
  assert.deepEqual({ report, window, format, lang, at, deliver, active }, {
    report: "telesales.calls", window: "yesterday", format: "xlsx", lang: "vi",
    at: { days: ["mon", "fri"], time: "07:45", timezone: "Asia/Ho_Chi_Minh" }, deliver: { webhook: receiver }, active: true,
  });
  assert.match(await row.innerText(), /single calls · yesterday · xlsx · Mon, Fri 07:45[^]*webhook Page/);

  await act(page, "Run now");
  await row.getByText(/sent \d/).waitFor({ timeout: 0 });
  const [{ last_run: run }] = await all();
  assert.deepEqual([run.status, run.manual], ["delivered", true]);
  await act(page, "Past runs");
  await page.getByRole("dialog", { name: /^Runs of/ }).getByText("run by hand").waitFor();
  await page.keyboard.press("Escape");

  await act(page, "Change");
  const change = page.getByRole("dialog", { name: /^Change/ });
  assert.equal(await change.getByLabel("At", { exact: true }).inputValue(), "07:45");
  await change.getByLabel("Repeats").selectOption("monthly");
  await change.getByLabel("Day of the month").fill("31");
  await change.getByRole("button", { name: "Save" }).click();
  await row.getByText("day 31 of each month 07:45").waitFor();
  assert.equal((await all())[0].at.day_of_month, 31);

  await act(page, "Pause");
  await row.getByText("paused").waitFor();
  assert.equal((await all())[0].active, false);
  await act(page, "Resume");
  await row.getByText("next").waitFor();

  await act(page, "Delete");
  await row.getByRole("button", { name: "Keep" }).click();
  assert.equal((await all()).length, 1);
  await act(page, "Delete");
  await row.getByRole("alert").getByRole("button", { name: "Delete" }).click();
  await row.waitFor({ state: "detached" });
  assert.deepEqual(await all(), []);
  await put("DELETE", `/api/webhooks/${receiver}`);
  assert.deepEqual(wrong, []);
  await context.close();
});

test("a refusal stands beside its field, and what was typed stays", async () => {
  const { page, context } = await fresh();
  await signIn(page);
  await show(page, VIEWS.exports);
  await page.getByRole("button", { name: "New schedule" }).click();
  const form = page.getByRole("dialog", { name: "New schedule" });
  await form.getByLabel("What").selectOption("telesales.dashboard");
  await form.getByLabel("Mail addresses").fill("lan@example.com, no-address");
  await form.getByRole("button", { name: "Make the schedule" }).click();
  const field = form.locator(".field", { has: page.getByLabel("Mail addresses") }).last();
  await field.locator(".bad").waitFor();
  assert.equal(await form.getByLabel("Mail addresses").inputValue(), "lan@example.com, no-address");
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing in files, menus and the form of a schedule in ${colorScheme}`, async () => {
    const receiver = await webhook();
    const { data } = await put("POST", "/api/schedules", { name: NAME, report: "telesales.calls", window: "today", at: { time: "08:00", days: ["mon"] }, deliver: { webhook: receiver } });
    await put("POST", "/api/autocall/campaigns/1/reports/export", { report_type: "kpis" });
    await until(async () => (await api("/api/exports?per_page=1")).data[0].status, (status) => status === "ready");
    const { page, context, wrong } = await fresh({ colorScheme });
    await signIn(page);
    await show(page, VIEWS.exports);
    await page.locator("li.file").first().waitFor();
    await page.locator("li.file").first().getByRole("button", { name: /^Again/ }).click();
    await examine(page, "a menu of a file");
    await page.keyboard.press("Escape");
    await act(page, "Change");
    await page.getByRole("dialog").getByText("Mon", { exact: true }).waitFor();
    await examine(page, "the form");
    await page.keyboard.press("Escape");
    await act(page, "Delete");
    await examine(page, "a question");
    await put("DELETE", `/api/schedules/${data.id}`);
    await put("DELETE", `/api/webhooks/${receiver}`);
    assert.deepEqual(wrong, []);
    await context.close();
  });
}

test("keys alone open the actions of a schedule, and focus returns", async () => {
  const receiver = await webhook();
  const { data } = await put("POST", "/api/schedules", { name: NAME, report: "telesales.calls", window: "today", at: { time: "08:00" }, deliver: { webhook: receiver } });
  const { page, context, wrong } = await fresh();
  await signIn(page);
  await show(page, VIEWS.exports);
  const actions = page.getByRole("listitem", { name: NAME }).getByRole("button", { name: /^Actions/ });
  await actions.waitFor();
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("title") ?? "");
  for (let press = 0; !(await focused()).includes(NAME) && press < 400; press++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator("[role=menuitem]:focus").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("listitem", { name: NAME }).getByText("paused").waitFor();
  assert.equal((await all())[0].active, false);
  assert.ok((await focused()).includes(NAME), "focus returned");
  await put("DELETE", `/api/schedules/${data.id}`);
  await put("DELETE", `/api/webhooks/${receiver}`);
  assert.deepEqual(wrong, []);
  await context.close();
});
