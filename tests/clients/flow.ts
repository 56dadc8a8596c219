// The whole flow through a client made by openapi-typescript, which takes an answer for what the document says: that
// this file compiles is half of the test.
// Arguments: URL of a server with the demo's data, and a token that may ingest.
import { strict as assert } from "node:assert";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Schemas = components["schemas"];

const [baseUrl = "", ingestToken = ""] = process.argv.slice(2);
const open = createClient<paths>({ baseUrl });

function found<T>(answer: { data?: T; error?: unknown }): T {
    assert(answer.data !== undefined, JSON.stringify(answer.error));
    return answer.data;
}

// Sign in.
const login = found(await open.POST("/api/auth/login", { body: { username: "demo", password: "callboard-demo" } }));
const role: "admin" | "supervisor" | "agent" | "read_only" = login.data.user.role;
assert.equal(role, "admin");
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${login.token}` } });
const me = found(await client.GET("/api/auth/me"));
assert(me.data.permissions.includes("autocall_export_report"));

// KPIs.
const campaigns = found(await client.GET("/api/autocall/campaigns", { params: { query: { per_page: 200 } } }));
const campaign = campaigns.data.find((campaign) => campaign.total_leads > 0);
assert(campaign, "a campaign with leads");
const id = campaign.id;
const kpis = found(await client.GET("/api/autocall/campaigns/{id}/reports/kpis", { params: { path: { id } } }));
assert(kpis.data.total_leads > 0);
const rate: string = kpis.data.answer_rate_pct;
assert.match(rate, /^\d+\.\d\d$/);
const funnel = found(await client.GET("/api/autocall/campaigns/{id}/reports/funnel", { params: { path: { id } } }));
const drop: string | null | undefined = funnel.data[0]?.drop_rate_pct;
assert.equal(drop, null);

// The dashboard of some agents, and the same as a file.
const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
const window = { date_from: day(-30), date_to: day(0) };
const agents = found(await client.GET("/api/telesales/reports/agent-performance", { params: { query: window } }));
// Without an id is the row of those beyond the ten thousandth.
const some = agents.data.flatMap((agent) => (agent.agent_id === null ? [] : [agent.agent_id])).slice(0, 2);
assert.equal(some.length, 2);
const query = { ...window, "agent_ids[]": some };
const dashboard = found(await client.GET("/api/telesales/reports/dashboard", { params: { query } }));
assert.equal(dashboard.data.unique_agents, 2);
const file = found(
    await client.GET("/api/telesales/reports/dashboard/export", { params: { query }, parseAs: "arrayBuffer" }),
);
isZip(file);

// An export: order it, poll it, download it.
const ordered = found(
    await client.POST("/api/autocall/campaigns/{id}/reports/export", {
        params: { path: { id } },
        body: { report_type: "kpis", from: day(-30), to: day(0), format: "xlsx" },
    }),
);
const ready = await finished(ordered.data.job_id);
const link = new URL(ready.download_url);
const [job_id = "", file_name = ""] = link.pathname.split("/").slice(-2).map(decodeURIComponent);
const downloaded = found(
    await open.GET("/api/public/exports/{job_id}/{file_name}", {
        params: {
            path: { job_id, file_name },
            query: { expires: Number(link.searchParams.get("expires")), signature: link.searchParams.get("signature") ?? "" },
        },
        parseAs: "arrayBuffer",
    }),
);
isZip(downloaded);
assert.equal(new Uint8Array(downloaded as unknown as ArrayBuffer).length, ready.file_size);

// Ingest: only what a line must have is to be given.
const writer = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${ingestToken}` } });
const team: Schemas["IngestLine"] = { kind: "team", id: 990_001, name: "Typed" };
const agent: Schemas["IngestAgent"] = { kind: "agent", id: 990_001, name: "Typed", username: "typed", team_id: null };
const tally = found(await writer.POST("/api/ingest", { body: [team, agent] }));
assert.equal(tally.data.stored, 2);
const lines = [team, agent].map((line) => JSON.stringify(line)).join("\n");
const streamed = await writer.POST("/api/ingest", {
    body: lines,
    bodySerializer: (body) => body as string,
    headers: { "Content-Type": "application/x-ndjson" },
});
assert.equal(found(streamed).data.received, 2);
const refused = await writer.POST("/api/ingest", { body: [{ ...agent, team_id: 990_009 }] });
assert.equal(refused.response.status, 422);
assert(refused.error && "data" in refused.error && refused.error.data?.rejected === 1);

// Analytics: the question says which rows come back.
const page = found(await client.POST("/analytics", { body: { query_type: "call_count" } }));
assert(page.query_type === "call_count");
assert(page.data[0] !== undefined && page.data[0].count > 0);

// A 422 lists every faulty field.
const wrong = await client.GET("/api/telesales/reports/dashboard", {
    params: { query: { date_from: "2026-06-30", date_to: "2026-06-01", timezone: "Nowhere" } },
});
assert.equal(wrong.response.status, 422);
const faults: string[] = Object.keys(wrong.error?.errors ?? {}).sort();
assert.deepEqual(faults, ["date_to", "timezone"]);

function isZip(bytes: unknown) {
    assert.equal(Buffer.from(bytes as ArrayBuffer).subarray(0, 2).toString(), "PK");
}

async function finished(job_id: string): Promise<Schemas["AutocallExportReady"]> {
    for (;;) {
        const path = { id, job_id };
        const polled = found(
            await client.GET("/api/autocall/campaigns/{id}/reports/export/{job_id}", { params: { path } }),
        );
        switch (polled.data.status) {
            case "ready":
                return polled.data;
            case "queued":
            case "running":
                assert(polled.data.progress_pct <= 100);
                await new Promise((resolve) => setTimeout(resolve, 100));
                break;
            case "failed":
                throw new Error(polled.data.error);
            case "expired":
                throw new Error(`${polled.data.report_type} expired`);
        }
    }
}
