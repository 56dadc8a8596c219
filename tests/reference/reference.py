#!/usr/bin/env python3
"""A second, independent implementation of Callboard's report figures.

Written from the contract alone, it shares nothing with the server: no code, no database, no arithmetic. It is
deliberately naive (lists of dicts, scanned for every request), so that it can be checked against the contract by
reading. The tests send one world and the same requests to both and expect equal bytes.

    python3 tests/reference/reference.py WORLD.ndjson < REQUESTS.ndjson > BODIES.ndjson

WORLD holds valid ingest lines. Requests are JSON objects, one a line:

    {"path": "/api/autocall/campaigns/5/reports/trend", "query": {"from": "2026-06-01"},
     "now": "2026-06-30T08:00:00+00:00", "timezone": "Asia/Ho_Chi_Minh", "tenant_id": 1, "settings": {}}

`timezone` is the tenant's zone, `now` the server's clock, `settings` overrides the tenant's thresholds; only
abandon-rate needs `tenant_id`. Only requests that the server answers with 200 are supported.

A request for analytics has `"path": "/analytics"` and its `body`, and is answered with the whole body. In a world of
several tenants, a line `{"kind": "account", "id": 2, "reseller_id": 1}` starts the lines of that tenant.

Requires Python 3.9 and a tz database, nothing else. basics.py holds time, ratios and JSON; autocall.py and
telesales.py the reports, analytics.py analytics.
"""

import json
import re
import sys
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

# No __pycache__ in the checkout.
sys.dont_write_bytecode = True

import analytics  # noqa: E402
import autocall  # noqa: E402
import overview  # noqa: E402
import telesales  # noqa: E402
from basics import instant_of, normal, to_json, zone  # noqa: E402

KEYS = {
    "team": "id",
    "agent": "id",
    "disposition": "code",
    "caller_id": "cid",
    "autocall_script": "id",
    "autocall_campaign": "id",
    "autocall_lead": "id",
    "autocall_attempt": "uuid",
    "telesales_campaign": "id",
    "telesales_lead": "id",
    "telesales_call": "uuid",
}

# Defaults of the optional fields that reports read; other fields are left out.
DEFAULTS = {
    "team": {},
    "agent": {"team_id": None},
    "disposition": {"is_conversion": False},
    "caller_id": {"display_name": None, "pool_status": "active", "cooldown_until": None, "daily_cap": 200},
    "autocall_script": {"template_id": None, "dtmf_actions": []},
    "autocall_campaign": {"script_id": None, "started_at": None, "status": "active"},
    "autocall_lead": {"status": "pending", "payload": {}},
    "autocall_attempt": {
        "result": None,
        "hangup_cause": None,
        "billsec": 0,
        "dtmf": "",
        "script_path": [],
        "transfer": None,
        "agent_disposition": None,
        "provider": None,
        "outcome": None,
        "sentiment": None,
    },
    "telesales_campaign": {"status": "active", "abandon_rate_limit_pct": Decimal(3)},
    "telesales_lead": {"source": None},
    "telesales_call": {
        "agent_id": None,
        "cid": None,
        "result": None,
        "talk_sec": 0,
        "wrap_sec": 0,
        "disposition": None,
    },
}

INSTANTS = ("started_at", "created_at", "cooldown_until")

# A row with this field is finished; a later line without it changes nothing.
FINISHED_BY = {"autocall_attempt": "result", "telesales_call": "result"}

# Call ids are compared as sent; every other text is in normal form C.
AS_SENT = ("uuid",)

DEFAULT_SETTINGS = {
    "health_min_calls": 20,
    "health_block_asr_pct": 10,
    "health_block_rejected_pct": 25,
    "health_warn_asr_pct": 30,
    "health_warn_short_pct": 30,
    "short_call_sec": 10,
}


def read_lines(stream):
    """Bytes, not text: the encoding must not depend on the locale."""
    for line in stream:
        if line.strip():
            yield json.loads(line.decode("utf-8"), parse_float=Decimal)


class World:
    def __init__(self, lines):
        stored = {kind: {} for kind in KEYS}
        for line in lines:
            kind = line["kind"]
            # Blank text is null, and null takes the default.
            row = {
                field: value if field in AS_SENT else normal(value)
                for field, value in line.items()
                if value is not None and not (isinstance(value, str) and not value.strip())
            }
            for field in INSTANTS:
                if field in row:
                    row[field] = instant_of(row[field], zone("UTC"))
            key = row[KEYS[kind]]
            before = stored[kind].get(key)
            finish = FINISHED_BY.get(kind)
            if finish and before is not None and before[finish] is not None and finish not in row:
                continue
            if before is not None and "created_at" in before:
                row.setdefault("created_at", before["created_at"])
            stored[kind][key] = {**DEFAULTS[kind], **row}

        self.agents = stored["agent"]
        self.dispositions = stored["disposition"]
        self.caller_ids = stored["caller_id"]
        self.scripts = stored["autocall_script"]
        self.autocall_campaigns = stored["autocall_campaign"]
        self.telesales_campaigns = stored["telesales_campaign"]
        self.telesales_leads = list(stored["telesales_lead"].values())
        self.calls = list(stored["telesales_call"].values())
        for campaign in self.telesales_campaigns.values():
            campaign["abandon_rate_limit_pct"] = Decimal(campaign["abandon_rate_limit_pct"])
        self.attempts_of = by_campaign(stored["autocall_attempt"])
        self.autocall_leads_of = by_campaign(stored["autocall_lead"])
        self.leads = stored["autocall_lead"]
        self.attempts_of_lead = defaultdict(list)
        for attempt in stored["autocall_attempt"].values():
            self.attempts_of_lead[attempt["lead_id"]].append(attempt)


def read_worlds(lines):
    """Worlds and resellers by tenant."""
    lines_of, resellers, tenant = {1: []}, {1: None}, 1
    for line in lines:
        if line["kind"] == "account":
            tenant = line["id"]
            lines_of.setdefault(tenant, [])
            resellers[tenant] = line["reseller_id"]
        else:
            lines_of[tenant].append(line)
    return {tenant: World(lines) for tenant, lines in lines_of.items()}, resellers


def by_campaign(rows):
    grouped = defaultdict(list)
    for row in rows.values():
        grouped[row["campaign_id"]].append(row)
    return grouped


class Request:
    def __init__(self, request, default_zone):
        # An empty value is treated as absent. Several values of a name are a list.
        self.query = {
            name: value if isinstance(value, list) else str(value)
            for name, value in request.get("query", {}).items() if value is not None and value != ""
        }
        self.zone = zone(self.query.get("timezone", default_zone))
        self.now = instant_of(request["now"], zone("UTC"))
        self.fill_gaps = self.query.get("fill_gaps", "false").lower() in ("true", "1")
        self.tenant_id = request.get("tenant_id")
        self.settings = {**DEFAULT_SETTINGS, **request.get("settings", {})}

    def setting(self, name):
        return Fraction(self.settings[name])


def answer(worlds, resellers, request):
    own = request.get("tenant_id", 1)
    if request["path"] == "/analytics":
        readable = {tenant: world for tenant, world in worlds.items() if own in (tenant, resellers[tenant])}
        return analytics.answer(readable, resellers, request)
    return {"data": report(worlds[own], request)}


def report(world, request):
    path = request["path"]
    if path == "/api/autocall/campaigns/comparison":
        return autocall.comparison(world, Request(request, request["timezone"]))
    match = re.fullmatch(r"/api/autocall/campaigns/(\d+)/reports/([a-z-]+)", path)
    if match:
        campaign = world.autocall_campaigns[int(match[1])]
        return autocall.OF_CAMPAIGN[match[2]](world, Request(request, request["timezone"]), campaign)
    if path == "/api/overview":
        return overview.overview(world, Request(request, request["timezone"]))
    match = re.fullmatch(r"/api/telesales/reports/([a-z-]+)", path)
    if match:
        return telesales.REPORTS[match[1]](world, Request(request, "UTC"))
    raise ValueError("no such report: %r" % path)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: reference.py WORLD.ndjson < REQUESTS.ndjson > BODIES.ndjson")
    with open(sys.argv[1], "rb") as stream:
        worlds, resellers = read_worlds(read_lines(stream))
    for request in read_lines(sys.stdin.buffer):
        body = to_json(answer(worlds, resellers, request))
        sys.stdout.buffer.write(body.encode("utf-8") + b"\n")


if __name__ == "__main__":
    main()
