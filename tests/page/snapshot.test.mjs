// One screen, one snapshot: what a poll shows adds up, while 1,500 calls a second are stored.

import test, { before } from "node:test";
import assert from "node:assert/strict";
import { api, figures, fresh, refreshUntil, show, signIn, withBrowser } from "./support.mjs";
import { CAMPAIGNS, prepare, start } from "./load.mjs";

withBrowser();
before(prepare);

const RATE = 1_500;
const POLLS = 200;
const POLLS_OF_PAGE = 10;

const sum = (rows, member) => rows.reduce((total, row) => total + Number(row[member]), 0);

/** A figure of several parts of one answer, by part: all must be the same. */
const SCREENS = {
  autocall: {
    path: `/api/autocall/campaigns/${CAMPAIGNS.autocall}/reports?include=kpis,trend,hangup,heatmap,dtmf,funnel&window=today&trend.granularity=hour`,
    sums: ({ kpis, trend, hangup, heatmap, dtmf, funnel }) => ({
      attempts: { kpis: kpis.dialed, trend: sum(trend, "dialed"), heatmap: sum(heatmap, "dialed") },
      "attempts that ended": {
        kpis: kpis.answered + kpis.no_answer + kpis.busy + kpis.failed + kpis.abandoned,
        hangup: hangup.total_calls, causes: sum(hangup.by_hangup_cause, "count"),
      },
      answers: {
        kpis: kpis.answered, trend: sum(trend, "answered"), heatmap: sum(heatmap, "answered"), dtmf: dtmf.total_answered,
        keys: dtmf.no_input + dtmf.with_dtmf_input, paths: sum(dtmf.by_script_path, "count"),
      },
      "answers without a key": { kpis: kpis.dtmf_distribution.no_input, dtmf: dtmf.no_input },
      leads: { kpis: kpis.total_leads, funnel: funnel[0].count },
    }),
  },
  telesales: {
    path: `/api/telesales/reports?include=dashboard,time-series,hour-dow-heatmap,disposition-breakdown,agent-performance,caller-id-health&campaign_id=${CAMPAIGNS.telesales}&window=today&time-series.interval=hour`,
    sums: (parts) => {
      const { dashboard, "time-series": series, "hour-dow-heatmap": heatmap, "disposition-breakdown": codes, "agent-performance": agents, "caller-id-health": ids } = parts;
      return {
        dials: { dashboard: dashboard.total_dials, series: sum(series, "dials"), heatmap: sum(heatmap, "dials"), agents: sum(agents, "dials"), ids: sum(ids, "total_calls") },
        answers: { dashboard: dashboard.total_answers, series: sum(series, "answers"), heatmap: sum(heatmap, "answered"), agents: sum(agents, "answers"), ids: sum(ids, "answered_calls") },
        talk: { dashboard: Number(dashboard.total_talk_time_sec), series: sum(series, "talk_sec") },
        conversions: { series: sum(series, "conversions"), agents: sum(agents, "conversions"), codes: codes.find(({ code }) => code === "sale")?.count ?? 0 },
      };
    },
  },
};

/** Fails where figures that are the same thing differ. */
function addsUp(sums, poll) {
  for (const [what, parts] of Object.entries(sums)) {
    assert.equal(new Set(Object.values(parts)).size, 1, `${what} of poll ${poll}: ${JSON.stringify(parts)}`);
  }
}

/** Says how many calls a second there were, and that they were fewer than asked for. */
function told(t, rate, polls, seen) {
  const short = rate < RATE * 0.95 ? `; this machine stores no more: ${RATE} were offered` : "";
  t.diagnostic(`${polls} polls under ${rate} calls a second${short}; ${seen} of them saw other figures than the one before`);
}

test("figures that differ are found", () => {
  assert.throws(() => addsUp({ dials: { tile: 7, trend: 7, causes: 6 } }, 1), /dials of poll 1.*causes/);
});

test("the answers of a poll add up under load", async (t) => {
  const load = start(RATE);
  const seen = new Set();
  for (let poll = 0; poll < POLLS; poll++) {
    await Promise.all(Object.values(SCREENS).map(async ({ path, sums }) => {
      const { data } = await api(path);
      addsUp(sums(data), poll);
      seen.add(JSON.stringify(data));
    }));
  }
  told(t, await load.stop(), POLLS, seen.size);
  // Calls come in batches, and a fast machine polls more often than they do.
  assert.ok(seen.size > POLLS / 10, `only ${seen.size} different answers`);
});

/** The count if a rate of two decimals is that of it, or else the count that it would be of. */
const ofRate = (rate, all, count) => (Math.abs(rate * all - count * 100) <= 0.005 * all + 1e-6 ? count : rate * all / 100);

/** Figures that a screen draws, each with the others of the same thing. */
const DRAWN = {
  autocall: {
    at: `#/autocall/${CAMPAIGNS.autocall}?w=today`, drawn: "[data-metric='autocall.kpis.dialed']",
    sums: (of) => ({
      "attempts that ended": { hangup: of("autocall.hangup.total_calls"), causes: of("autocall.hangup.by_hangup_cause.count") },
      answers: {
        keys: of("autocall.dtmf.by_digit.count") + of("autocall.dtmf.no_input"), paths: of("autocall.dtmf.by_script_path.count"),
        rate: ofRate(of("autocall.kpis.answer_rate_pct"), of("autocall.kpis.dialed"), of("autocall.dtmf.by_script_path.count")),
      },
    }),
  },
  telesales: {
    at: `#/telesales/${CAMPAIGNS.telesales}?w=today`, drawn: "[data-metric='telesales.dashboard.total_dials']",
    sums: (of) => ({
      dials: { tile: of("telesales.dashboard.total_dials"), agents: of("telesales.agent-performance.dials"), ids: of("telesales.caller-id-health.total_calls") },
      answers: {
        agents: of("telesales.agent-performance.answers"),
        rate: ofRate(of("telesales.dashboard.answer_rate_pct"), of("telesales.dashboard.total_dials"), of("telesales.agent-performance.answers")),
      },
      conversions: { tile: of("telesales.time-series.conversions"), agents: of("telesales.agent-performance.conversions") },
    }),
  },
};

/** All that is drawn, as one text. */
const values = async (page) => JSON.stringify((await figures(page)).map(({ value }) => value));

for (const [name, view] of Object.entries(DRAWN)) {
  test(`the figures that ${name} draws add up under load`, async (t) => {
    const { page, context, wrong } = await fresh();
    await signIn(page);
    const load = start(RATE);
    await show(page, view);
    const seen = new Set();
    for (let poll = 0; poll < POLLS_OF_PAGE; poll++) {
      const before = await values(page);
      await page.evaluate(() => document.activeElement.blur());
      await refreshUntil(page, () => values(page), (now) => now !== before);
      const drawn = await figures(page);
      const of = (metric) => drawn.filter((figure) => figure.metric === metric).reduce((total, { value }) => total + Number(value), 0);
      addsUp(view.sums(of), poll);
      seen.add(JSON.stringify(drawn));
    }
    told(t, await load.stop(), POLLS_OF_PAGE, seen.size);
    assert.deepEqual(wrong, []);
    await context.close();
  });
}
