// Files: ordered by a button that says what is in them, whole, downloaded once, and ordered again.

import test from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { VIEWS, api, fresh, hide, put, refreshUntil, show, signIn, until, withBrowser } from "./support.mjs";
import { rowsOf } from "./workbook.mjs";

withBrowser();

const ORDER = { at: "#/exports/autocall/1?w=30d&mine=true", drawn: "form.order" };
const button = (page) => page.locator("form.order button.main");
const files = (page) => page.locator("li.file");
const jobs = async (query = "") => (await api(`/api/exports?per_page=200${query}`)).data;

/** Keeps the makers of files busy for a while, so that a further order waits. */
const occupy = async () => (await Promise.all(Array.from({ length: 4 }, () => put("POST", "/api/telesales/calls/export", { date_from: "2020-01-01", date_to: "2030-01-01", format: "xlsx" })))).map(({ data }) => data.job_id);

/** Chooses in a list of the order by its label. */
const select = (page, label, value) => page.getByRole("combobox", { name: label, exact: true }).selectOption(value);

async function at(place = ORDER, options = {}) {
  const opened = await fresh({ acceptDownloads: true, ...options });
  await signIn(opened.page);
  await show(opened.page, place);
  return opened;
}

test("the button says what will be in the file, and the file is whole", async () => {
  const { page, context, wrong } = await at();
  await button(page).filter({ hasText: "attempts" }).waitFor();
  const said = await button(page).innerText();
  const rows = Number(/([\d,]+) attempts/.exec(said)[1].replaceAll(",", ""));
  assert.match(said, /Export: Renewal .*2026[^]*everything, xlsx, Asia\/Ho Chi Minh, about \d+ sec/);
  const download = page.waitForEvent("download");
  await button(page).click();
  const file = await download;
  assert.match(file.suggestedFilename(), /^Renewal.*_full_.*\.xlsx$/);
  assert.ok(rowsOf(await file.path()).includes(rows + 1), "a sheet with every attempt and its head");
  const [job] = await jobs("&mine=true");
  assert.deepEqual([job.rows, job.rows_expected], [rows, rows]);
  const row = files(page).first();
  for (const metric of ["rows", "rows_expected"]) {
    const data = row.locator(`data[data-metric="exports.${metric}"]`);
    await data.waitFor();
    assert.deepEqual([await data.getAttribute("value"), await data.getAttribute("data-row")], [String(rows), job.job_id]);
  }
  assert.match(await row.innerText(), /of [\d,]+ rows ✓/);
  assert.match(await row.innerText(), /you, .*ready[^]*left/s);
  assert.equal(await row.getByRole("link", { name: /^Download/ }).getAttribute("href"), job.download_url);
  assert.deepEqual(wrong, []);
  await context.close();
});

test("the file's language is its own, whatever the page's", async () => {
  const { page, context, wrong } = await at({ at: "#/exports/telesales?w=30d", drawn: "form.order" });
  const take = async (labels, values) => {
    for (const [index, label] of labels.entries()) await select(page, label, values[index]);
    const download = page.waitForEvent("download");
    await button(page).click();
    return readFileSync(await (await download).path(), "utf8").split("\n")[0];
  };
  await page.locator("form.order").getByText("csv").click();
  const english = ["What", "Language of the file"];
  assert.match(await take(english, ["agent-performance", "vi"]), /Mã nhân viên/);
  assert.match(await take(english, ["agent-performance", ""]), /(^|,)dials(,|$)/);
  await page.getByRole("button", { name: "Language" }).click();
  await page.getByRole("menuitemradio", { name: "Tiếng Việt" }).click();
  const vietnamese = ["Nội dung", "Ngôn ngữ của file"];
  assert.match(await take(vietnamese, ["agent-performance", "en"]), /Agent/);
  assert.deepEqual(wrong, []);
  await context.close();
});

test("a file that gets ready while the tab is hidden is downloaded on return, once", async () => {
  const { page, context, wrong } = await at();
  const downloads = [];
  page.on("download", (download) => downloads.push(download));
  await page.route("**/reports/export", async (route) => {
    const response = await route.fetch();
    await hide(page, true);
    await route.fulfill({ response });
  });
  await button(page).click();
  await page.getByText("It downloads by itself").waitFor();
  const [{ job_id: job }] = await jobs("&mine=true");
  await until(() => jobs("&mine=true"), (all) => all.find((one) => one.job_id === job).status === "ready");
  assert.equal(downloads.length, 0);
  const download = page.waitForEvent("download");
  await hide(page, false);
  await download;
  await hide(page, true);
  const seen = page.waitForResponse((response) => response.url().includes("/api/exports?"));
  await hide(page, false);
  await seen;
  await files(page).first().getByRole("link", { name: /^Download/ }).waitFor();
  assert.equal(downloads.length, 1);
  assert.deepEqual(wrong, []);
  await context.close();
});

test("a file is downloaded on another screen, too", async () => {
  const { page, context, wrong } = await at();
  const download = page.waitForEvent("download");
  const ordered = page.waitForResponse((response) => response.url().endsWith("/reports/export"));
  await button(page).click();
  await ordered;
  await show(page, VIEWS.overview);
  await download;
  assert.deepEqual(wrong, []);
  await context.close();
});

test("the same again, for last month", async () => {
  const { page, context, wrong } = await at();
  await put("POST", "/api/autocall/campaigns/1/reports/export", { report_type: "kpis", from: "2026-06-01", to: "2026-06-02", format: "csv", timezone: "Asia/Ho_Chi_Minh" });
  const row = files(page).first();
  await refreshUntil(page, () => row.innerText(), (text) => text.includes("1 – 2 Jun 2026"));
  await row.getByRole("link", { name: /^Download/ }).waitFor();
  const download = page.waitForEvent("download");
  await row.getByRole("button", { name: /^Again/ }).click();
  const item = page.getByRole("menuitem", { name: /^Last month/ });
  const days = (await item.innerText()).replace("Last month, ", "");
  await item.click();
  await download;
  assert.ok((await files(page).first().innerText()).includes(days));
  const [job, before] = await jobs("&mine=true");
  assert.deepEqual([job.report_type, job.format, before.report_type], ["kpis", "csv", "kpis"]);
  assert.ok(Date.parse(job.to) - Date.parse(job.from) >= 28 * 86_400_000);
  assert.deepEqual(wrong, []);
  await context.close();
});

test("an order that waits says so, and can be cancelled", async () => {
  const { page, context, wrong } = await at();
  const busy = await occupy();
  await button(page).click();
  const row = files(page).first();
  await row.getByRole("progressbar").waitFor();
  await row.getByRole("button", { name: /^Cancel/ }).click();
  await row.getByText("cancelled").waitFor();
  const [job] = await jobs("&mine=true");
  assert.deepEqual([job.status, job.error], ["failed", "Cancelled."]);
  await until(() => jobs(), (all) => busy.every((id) => all.find(({ job_id: job }) => job === id).status === "ready"));
  assert.deepEqual(wrong, []);
  await context.close();
});

test("a file that failed says why", async () => {
  const template = { report: "autocall.kpis", columns: [{ field: "dialed" }] };
  await put("PUT", "/api/export-templates/gone", { ...template, title: "Short" });
  const { page, context, wrong } = await at();
  await select(page, "What", "kpis");
  await select(page, "Template", "gone");
  await button(page).filter({ hasText: "about" }).waitFor();
  await occupy();
  const ordered = page.waitForResponse((response) => response.url().endsWith("/reports/export"));
  await button(page).click();
  await ordered;
  await put("DELETE", "/api/export-templates/gone");
  const row = files(page).first();
  await row.getByText("failed").waitFor({ timeout: 0 });
  const [job] = await jobs("&mine=true");
  assert.ok((await row.innerText()).includes(job.error), job.error);
  assert.deepEqual(wrong, []);
  await context.close();
});

test("the list is chosen by the address, and an empty one says what to do", async () => {
  const { page, context, wrong } = await at(VIEWS.exports);
  await page.getByRole("radiogroup", { name: "Whose files" }).getByText("Mine").click();
  await page.getByRole("combobox", { name: "State" }).selectOption("expired");
  assert.match(page.url(), /mine=true&status=expired/);
  await page.getByText("No files match.").waitFor();
  await page.getByRole("link", { name: "Show all" }).click();
  await files(page).first().waitFor();
  await page.goBack();
  await page.getByText("No files match.").waitFor();
  assert.deepEqual(wrong, []);
  await context.close();
});
