// Calls that come all the time: stored by ingest over HTTP, in campaigns of their own.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { send } from "./support.mjs";

/** Campaigns that only these calls are of. */
export const CAMPAIGNS = { autocall: 9001, telesales: 9002 };
const LEADS = 3_000;
/** Pause between two bodies, and the most calls of one. */
const EVERY_MS = 150;
const MOST = 1_000;
/** Each tenth call is told when it begins, too, and ends with the next body. */
const OPEN = 10;

/** Loads that were started: each has calls of its own. */
let loads = 0;

const KINDS = {
  autocall: (call, lead, at) => ({
    kind: "autocall_attempt", uuid: `load-${loads}-a-${call}`, campaign_id: CAMPAIGNS.autocall, lead_id: lead,
    attempt_number: 1 + Math.floor(call / LEADS), started_at: at(-40_000),
  }),
  telesales: (call, lead, at) => ({
    kind: "telesales_call", uuid: `load-${loads}-t-${call}`, campaign_id: CAMPAIGNS.telesales, lead_id: lead,
    agent_id: 1 + call % 22, cid: `090000000${1 + call % 8}`, started_at: at(-40_000),
  }),
};

const ENDS = {
  autocall: [
    (at) => ({ result: "answered", hangup_cause: "NORMAL_CLEARING", answered_at: at(-30_000), billsec: 30, dtmf: "1", script_path: ["intro", "press_1"] }),
    (at) => ({ result: "answered", hangup_cause: "NORMAL_CLEARING", answered_at: at(-20_000), billsec: 20, script_path: ["intro"] }),
    () => ({ result: "busy", hangup_cause: "USER_BUSY" }),
    () => ({ result: "no_answer", hangup_cause: "NO_ANSWER" }),
    () => ({ result: "failed", hangup_cause: "CALL_REJECTED" }),
  ],
  telesales: [
    (at) => ({ result: "answered", answered_at: at(-30_000), talk_sec: 30, wrap_sec: 9, hangup_cause: "NORMAL_CLEARING", disposition: "sale" }),
    (at) => ({ result: "answered", answered_at: at(-20_000), talk_sec: 20, wrap_sec: 5, hangup_cause: "NORMAL_CLEARING", disposition: "callback" }),
    () => ({ result: "abandoned", hangup_cause: "NORMAL_CLEARING" }),
    () => ({ result: "no_answer", hangup_cause: "NO_ANSWER", disposition: "no_answer" }),
    () => ({ result: "rejected", hangup_cause: "CALL_REJECTED" }),
  ],
};

/** Adds the campaigns and their leads. */
export async function prepare() {
  const lines = [
    { kind: "autocall_campaign", id: CAMPAIGNS.autocall, name: "Under load", script_id: 1 },
    { kind: "telesales_campaign", id: CAMPAIGNS.telesales, name: "Under load" },
  ];
  for (let lead = 0; lead < LEADS; lead++) {
    const id = 9_000_000 + lead;
    lines.push({ kind: "autocall_lead", id, campaign_id: CAMPAIGNS.autocall, phone: `09${id}0` });
    lines.push({ kind: "telesales_lead", id, campaign_id: CAMPAIGNS.telesales, phone: `09${id}0` });
  }
  await store(lines);
}

/** Stores calls of both modules, so many a second if the server takes them, until it is stopped. */
export function start(rate) {
  loads++;
  const began = performance.now();
  const told = { calls: 0, isStopped: false };
  const write = async (module) => {
    let [calls, open] = [0, []];
    while (!told.isStopped) {
      const due = Math.floor((performance.now() - began) / 1000 * rate / 2) - calls;
      const lines = open.map(finished);
      open = [];
      for (let call = calls; call < calls + Math.min(due, MOST); call++) {
        if (call % OPEN === 0) {
          open.push([module, call]);
          lines.push(begun(module, call));
        } else {
          lines.push(finished([module, call]));
        }
      }
      if (lines.length > 0) await store(lines);
      calls += Math.min(due, MOST);
      told.calls += Math.min(due, MOST);
      await sleep(EVERY_MS);
    }
  };
  const writing = Promise.all(Object.keys(KINDS).map(write));
  return {
    /** Ends it. Returns the calls that were stored a second. */
    async stop() {
      const rate = told.calls / ((performance.now() - began) / 1000);
      told.isStopped = true;
      await writing;
      return Math.round(rate);
    },
  };
}

const at = (offset) => new Date(Date.now() + offset).toISOString();
const begun = (module, call) => KINDS[module](call, 9_000_000 + call % LEADS, at);
const finished = ([module, call]) => ({ ...begun(module, call), ...ENDS[module][call % ENDS[module].length](at), ended_at: at(-1_000) });

async function store(lines) {
  const { data } = await send("/api/ingest", "application/x-ndjson", lines.map((line) => JSON.stringify(line)).join("\n"));
  assert.equal(data.rejected, 0, JSON.stringify(data.errors.slice(0, 2)));
}
