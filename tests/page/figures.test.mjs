// The page draws the API's figures, cell by cell, and every number opens as many calls as it says.

import test from "node:test";
import assert from "node:assert/strict";
import { VIEWS, api, figures, fresh, show, signIn, withBrowser } from "./support.mjs";

withBrowser();

/** Values at a place of an answer, each with the objects around it: the places of the catalogue, JSON Pointers with `*`. */
function* at(value, steps, around = []) {
  if (steps.length === 0) {
    yield { value, around };
    return;
  }
  const [step, ...rest] = steps;
  const inside = value !== null && typeof value === "object" && !Array.isArray(value) ? [value, ...around] : around;
  for (const key of step === "*" ? Object.keys(value ?? {}) : [step]) {
    if (value?.[key] !== undefined) yield* at(value[key], rest, inside);
  }
}

/** An answer as reports by their routes: that of several reports at once is each of them, and each product has an overview. */
async function reports({ pathname, search, searchParams }) {
  const { data } = await api(pathname + search);
  if (pathname === "/api/overview") return [{ path: `${pathname}#${searchParams.get("module")}`, data }];
  if (!pathname.endsWith("/reports")) return [{ path: pathname, data }];
  return Object.entries(data).map(([name, part]) => ({ path: `${pathname}/${name}`, data: part }));
}

/** True if a row's key is of those objects: one of their members, or day and hour of a cell. */
function isRow(row, around) {
  return row === "" || around.some((object) => Object.values(object).some((member) => String(member) === row)
    || `${object.day_of_week}-${object.hour}` === row || row.startsWith(`${object.campaign_id} `));
}

for (const name of ["overview", "autocall", "telesales", "filtered", "compliance", "compare"]) {
  test(`the numbers of ${name} are the API's`, async () => {
    const { page, context, wrong } = await fresh();
    // Heard from the start: the first view after signing in may be the one that is tested.
    const answers = [];
    page.on("response", async (response) => {
      if (response.status() === 200 && /\/reports[/?]|\/comparison|\/api\/overview/.test(response.url())) answers.push(new URL(response.url()));
    });
    await signIn(page);
    await show(page, VIEWS[name]);
    const catalogue = new Map((await api("/api/meta/metrics?lang=en")).data.map((entry) => [entry.id, entry]));
    const drawn = (await figures(page)).filter(({ value }) => value !== "");
    assert.ok(drawn.length > 8, `${drawn.length} figures`);
    const bodies = (await Promise.all(answers.map(reports))).flat();
    for (const { metric, row, value } of drawn) {
      const entry = catalogue.get(metric);
      assert.ok(entry, metric);
      const route = new RegExp(`^${entry.report.replace("{id}", "\\d+")}$`);
      const found = bodies.filter(({ path }) => route.test(path)).flatMap(({ data }) => [...at(data, entry.at.split("/").slice(1))]);
      const rows = found.filter(({ around }) => isRow(row, around)).map((one) => String(one.value));
      // A sum over the rows of a series stands without a row.
      const sum = String(found.reduce((total, one) => total + Number(one.value), 0));
      assert.ok(rows.includes(value) || (row === "" && sum === value), `${metric} ${row}: ${value} is not of ${rows.slice(0, 5)}`);
    }
    assert.deepEqual(wrong, []);
    await context.close();
  });
}

for (const name of ["overview", "autocall", "telesales", "filtered", "compliance"]) {
  test(`every number of ${name} opens as many calls as it says`, async () => {
    const { page, context, wrong } = await fresh();
    await signIn(page);
    await show(page, VIEWS[name]);
    await page.locator("a.figure").first().waitFor();
    const kinds = new Map((await api("/api/meta/metrics?lang=en")).data.map((entry) => [entry.id, entry.kind]));
    const drawn = (await figures(page)).filter(({ open }) => open);
    assert.ok(drawn.length > 5, `${drawn.length} links`);
    for (const { metric, row, value, open } of drawn) {
      const [, route, ...pairs] = decodeURIComponent(open.split("open=")[1].split("&")[0]).split("~");
      const params = new URLSearchParams(pairs.map((pair) => {
        const colon = pair.indexOf(":");
        return [pair.slice(0, colon), decodeURIComponent(pair.slice(colon + 1))];
      }));
      const { total } = await api(`${route}?${params}&limit=1`);
      if (kinds.get(metric) === "count") assert.equal(String(total), value, `${metric} ${row}: ${route}?${params}`);
      else assert.ok(total > 0, `${metric} ${row}: ${route}?${params}`);
    }
    const metrics = [...new Set(drawn.map(({ metric }) => metric))];
    for (const metric of metrics) {
      const link = page.locator(`a.figure:has(data[data-metric="${metric}"])`).first();
      const value = await link.locator("data").getAttribute("value");
      await link.click();
      const total = page.locator("dialog.sheet data[data-metric=total]");
      await total.waitFor();
      if (kinds.get(metric) === "count") assert.equal(await total.getAttribute("value"), value, metric);
      await page.keyboard.press("Escape");
      await page.locator("dialog.sheet").waitFor({ state: "detached" });
    }
    assert.deepEqual(wrong, []);
    await context.close();
  });
}
