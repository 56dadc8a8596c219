"""The Telesales reports, section 4 of the contract.

Every function takes the world and one request, and returns the value of `data`.
"""

from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction

import typical
from basics import DAY, MINUTE, OTHER, SECOND, bounded, bucket_label, by_bytes, fixed, instant_of, normal, print_instant
from basics import rounded, short
from basics import percent_number, percent_text, shares

DEFAULT_LIMIT_PCT = Decimal(3)


def window(request):
    start = instant_of(request.query["date_from"], request.zone)
    end = instant_of(request.query["date_to"], request.zone, is_end=True)
    return start, end


def selected_campaign(request):
    text = request.query.get("campaign_id")
    return None if text is None else int(text)


def selected_agents(world, request):
    """Ids of the selected agents; None selects all calls, with and without an agent."""
    chosen = None
    if "agent_ids" in request.query:
        chosen = {int(part) for part in request.query["agent_ids"].split(",") if part.strip()}
    if "team_id" in request.query:
        team_id = int(request.query["team_id"])
        members = {agent["id"] for agent in world.agents.values() if agent["team_id"] == team_id}
        chosen = members if chosen is None else chosen & members
    return chosen


def source_of(lead):
    """The source as lead-source-attribution prints it."""
    blank = lead["source"] is None or not lead["source"].strip()
    return "(unknown)" if blank else short(lead["source"])


def leads_from_sources(world, request):
    """Leads of the selected sources; of all where none is selected."""
    chosen = request.query.get("source[]", request.query.get("source"))
    if chosen is None:
        return world.telesales_leads
    chosen = [normal(source) for source in ([chosen] if isinstance(chosen, str) else chosen)]
    return [lead for lead in world.telesales_leads if source_of(lead) in chosen]


def calls_from_sources(world, request):
    leads = {lead["id"] for lead in leads_from_sources(world, request)}
    return [call for call in world.calls if call["lead_id"] in leads]


def calls_in_scope(world, request):
    start, end = window(request)
    return [call for call in calls_of_all_time(world, request) if start <= call["started_at"] < end]


def calls_of_all_time(world, request):
    calls = calls_from_sources(world, request)
    campaign_id = selected_campaign(request)
    if campaign_id is not None:
        calls = [call for call in calls if call["campaign_id"] == campaign_id]
    agents = selected_agents(world, request)
    if agents is not None:
        calls = [call for call in calls if call["agent_id"] in agents]
    return calls


def leads_in_scope(world, request):
    campaign_id = selected_campaign(request)
    return [lead for lead in leads_from_sources(world, request) if campaign_id in (None, lead["campaign_id"])]


def dials_of(calls):
    return [call for call in calls if call["result"] != "blocked"]


def answers_of(dials):
    return [call for call in dials if call["result"] in ("answered", "abandoned")]


def conversions_of(world, dials):
    return [
        call for call in dials
        if call["disposition"] is not None and world.dispositions[call["disposition"]]["is_conversion"]
    ]


def talk_of(calls):
    return sum(call["talk_sec"] for call in calls)


def lead_ids(calls):
    return {call["lead_id"] for call in calls}


def dashboard(world, request):
    calls = calls_in_scope(world, request)
    dials = dials_of(calls)
    answers = answers_of(dials)
    return {
        "total_dials": len(dials),
        "total_answers": len(answers),
        "answer_rate_pct": percent_text(len(answers), len(dials)),
        "avg_talk_time_sec": fixed(talk_of(dials), len(answers), 1),
        "total_talk_time_sec": str(talk_of(dials)),
        "unique_agents": len({call["agent_id"] for call in dials if call["agent_id"] is not None}),
        "pdpl_blocked_count": len(calls) - len(dials),
    }


def agent_performance(world, request):
    dials_by_agent = defaultdict(list)
    for call in dials_of(calls_in_scope(world, request)):
        if call["agent_id"] is not None:
            dials_by_agent[call["agent_id"]].append(call)
    rows = []
    for agent_id, dials in sorted(dials_by_agent.items(), key=lambda item: (-len(item[1]), item[0])):
        answers = answers_of(dials)
        conversions = conversions_of(world, dials)
        handling = sum(call["talk_sec"] + call["wrap_sec"] for call in answers)
        rows.append({
            "agent_id": agent_id,
            "name": short(world.agents[agent_id]["name"]),
            "username": short(world.agents[agent_id]["username"]),
            "dials": len(dials),
            "answers": len(answers),
            "handling": handling,
            "conversions": len(conversions),
        })
    return [agent_row(**row) for row in bounded(rows, "dials", "answers", "handling", "conversions")]


def agent_row(agent_id, name, username, dials, answers, handling, conversions):
    is_one = name is not None
    return {
        "agent_id": agent_id if is_one else None,
        "name": name if is_one else OTHER,
        "username": username if is_one else OTHER,
        "dials": dials,
        "answers": answers,
        "avg_aht_sec": rounded(handling, answers),
        "conversions": conversions,
        "conv_rate": percent_number(conversions, answers, 2),
    }


def funnel(world, request):
    _, end = window(request)
    leads = [lead for lead in leads_in_scope(world, request) if lead["created_at"] < end]
    dials = dials_of(calls_in_scope(world, request))
    talked = [call for call in dials if call["talk_sec"] > 30]
    disposed = [call for call in dials if call["disposition"] is not None]
    return [
        {"stage": "Total leads", "count": len(leads)},
        {"stage": "Dialed", "count": len(lead_ids(dials))},
        {"stage": "Connected", "count": len(lead_ids(answers_of(dials)))},
        {"stage": "Talked > 30s", "count": len(lead_ids(talked))},
        {"stage": "Disposed", "count": len(lead_ids(disposed))},
        {"stage": "Converted", "count": len(lead_ids(conversions_of(world, dials)))},
    ]


def disposition_breakdown(world, request):
    codes = [call["disposition"] for call in calls_in_scope(world, request)]
    counts = Counter(code for code in codes if code is not None)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], by_bytes(item[0])))
    rows = []
    for code, count in ranked:
        disposition = world.dispositions[code]
        rows.append({
            "code": code,
            "label": short(disposition["label"]),
            "category": disposition["category"],
            "color": disposition["color"],
            "count": count,
        })
    rows = bounded(rows, "count")
    for row, pct in zip(rows, shares([row["count"] for row in rows])):
        row["pct"] = pct
    return rows


def health_status(request, calls, answers, short, rejected):
    def reached(part, threshold):
        return Fraction(100 * part, calls) >= request.setting(threshold)

    if calls == 0:
        return "no_data"
    if calls < request.setting("health_min_calls"):
        return "healthy"
    if not reached(answers, "health_block_asr_pct") or reached(rejected, "health_block_rejected_pct"):
        return "suspected_block"
    if not reached(answers, "health_warn_asr_pct") or reached(short, "health_warn_short_pct"):
        return "warning"
    return "healthy"


def caller_id_health(world, request):
    dials_by_cid = defaultdict(list)
    for call in dials_of(calls_in_scope(world, request)):
        dials_by_cid[call["cid"]].append(call)
    today = request.zone.local(request.now) // DAY
    midnight, next_midnight = request.zone.midnight(today), request.zone.midnight(today + 1)
    dials = dials_of(calls_from_sources(world, request))
    today = Counter(call["cid"] for call in dials if midnight <= call["started_at"] < next_midnight)
    short_below = request.setting("short_call_sec")
    rows = []
    for cid in sorted(world.caller_ids, key=by_bytes):
        caller_id = world.caller_ids[cid]
        dials = dials_by_cid[cid]
        answers = answers_of(dials)
        rejected = [call for call in dials if call["result"] == "rejected"]
        rows.append({
            "cid": cid,
            "display_name": caller_id["display_name"],
            "carrier": caller_id["carrier"],
            "cli_type": caller_id["cli_type"],
            "pool_status": caller_id["pool_status"],
            "cooldown_until": print_instant(caller_id["cooldown_until"]),
            "daily_cap": caller_id["daily_cap"],
            "calls": len(dials),
            "answers": len(answers),
            "talk": talk_of(dials),
            "short": sum(1 for call in answers if call["talk_sec"] < short_below),
            "rejected": len(rejected),
            "today": today[cid],
        })
    return [
        caller_id_row(request, **row)
        for row in bounded(rows, "calls", "answers", "talk", "short", "rejected", "today")
    ]


def caller_id_row(request, calls, answers, talk, short, rejected, today, **caller_id):
    is_one = caller_id["carrier"] is not None
    return {
        **caller_id,
        "total_calls": calls,
        "answered_calls": answers,
        "asr_pct": percent_number(answers, calls, 1),
        "acd_sec": rounded(talk, answers),
        "short_calls": short,
        "short_call_ratio_pct": percent_number(short, calls, 1),
        "rejected_calls": rejected,
        "health_status": health_status(request, calls, answers, short, rejected) if is_one else None,
        "health_calls_today": today,
    }


def hour_dow_heatmap(world, request):
    cells = defaultdict(list)
    for call in dials_of(calls_in_scope(world, request)):
        cells[request.zone.cell(call["started_at"])].append(call)
    rows = []
    for day in range(7):
        for hour in range(24):
            dials = cells[day, hour]
            answers = answers_of(dials)
            rows.append({
                "day_of_week": day,
                "hour": hour,
                "dials": len(dials),
                "answered": len(answers),
                "answer_rate_pct": percent_number(len(answers), len(dials), 1),
            })
    return rows


def lead_source_attribution(world, request):
    start, end = window(request)
    leads_by_source = defaultdict(set)
    for lead in leads_in_scope(world, request):
        if start <= lead["created_at"] < end:
            leads_by_source[source_of(lead)].add(lead["id"])
    dials = dials_of(calls_in_scope(world, request))
    dialed = lead_ids(dials)
    contacted = lead_ids(answers_of(dials))
    converted = lead_ids(conversions_of(world, dials))
    rows = []
    for source, leads in sorted(leads_by_source.items(), key=lambda item: (-len(item[1]), by_bytes(item[0]))):
        rows.append({
            "source": source,
            "total_leads": len(leads),
            "dialed_count": len(leads & dialed),
            "contacted_count": len(leads & contacted),
            "conv_count": len(leads & converted),
        })
    rows = bounded(rows, "total_leads", "dialed_count", "contacted_count", "conv_count")
    for row in rows:
        row["conv_rate_pct"] = percent_text(row["conv_count"], row["total_leads"])
    return rows


def time_series(world, request):
    unit = request.query.get("group_by", "day")
    buckets = defaultdict(list)
    for call in dials_of(calls_in_scope(world, request)):
        buckets[request.zone.bucket(call["started_at"], unit)].append(call)
    if request.fill_gaps:
        for label in request.zone.buckets_touched(*window(request), unit):
            buckets[label]
    rows = []
    for label in sorted(buckets):
        dials = buckets[label]
        rows.append({
            "bucket": label,
            "dials": len(dials),
            "answers": len(answers_of(dials)),
            "talk_sec": talk_of(dials),
            "conversions": len(conversions_of(world, dials)),
        })
    return rows


def typical_day(world, request):
    return typical.typical_day(
        request,
        dials_of(calls_of_all_time(world, request)),
        answers_of=answers_of,
        talk_of=talk_of,
        reached_of=lambda dials: conversions_of(world, dials),
        reached_name="conversions",
    )


def abandons_left(limit, dials, abandoned):
    # With a limit of 100 no number of abandoned dials can breach it, and the formula divides by zero.
    if limit >= 100:
        return None
    return max(0, (limit * dials - 100 * abandoned) // (100 - limit))


def measured(world, request, campaign_id):
    minutes = int(request.query.get("window_minutes", 43200))
    end = -(-request.now // SECOND) * SECOND  # rounded up
    start = end - minutes * MINUTE
    campaign = world.telesales_campaigns.get(campaign_id)
    calls = [
        call for call in calls_from_sources(world, request)
        if start <= call["started_at"] < end and campaign_id in (None, call["campaign_id"])
    ]
    dials = dials_of(calls)
    answers = answers_of(dials)
    abandoned = [call for call in dials if call["result"] == "abandoned"]
    limit_pct = campaign["abandon_rate_limit_pct"] if campaign else DEFAULT_LIMIT_PCT
    limit = Fraction(limit_pct)
    current = {
        "campaign_id": campaign_id,
        "attempts_total": len(dials),
        "attempts_abandoned": len(abandoned),
        "abandon_rate_pct": percent_number(len(abandoned), len(dials), 2),
        "window_minutes": minutes,
        "window_from": print_instant(start),
        "window_to": print_instant(end),
        "tenant_id": request.tenant_id,
        "campaign_name": campaign["name"] if campaign else None,
        "campaign_status": campaign["status"] if campaign else None,
        "limit_pct": limit_pct,
        "breached": len(abandoned) * 100 > limit * len(dials),
        "answers_total": len(answers),
        "abandon_rate_of_answers_pct": percent_number(len(abandoned), len(answers), 2),
        "abandons_left": abandons_left(limit, len(dials), len(abandoned)),
    }
    return current, calls


def abandon_rate(world, request):
    current, _ = measured(world, request, selected_campaign(request))
    # Breaches come from a background check, which the reference does not have.
    return {"current": current, "breaches": []}


def dials_to_recover(limit, dials, abandoned):
    if abandoned * 100 <= limit * dials:
        return 0
    return None if limit == 0 else -(-(100 * abandoned - limit * dials) // limit)


def compliance(world, request):
    rows = []
    for campaign_id, campaign in world.telesales_campaigns.items():
        if selected_campaign(request) not in (None, campaign_id):
            continue
        current, calls = measured(world, request, campaign_id)
        if not calls and campaign["status"] not in ("active", "paused"):
            continue
        limit, dials, abandoned = current["limit_pct"], current["attempts_total"], current["attempts_abandoned"]
        used = 0 if abandoned == 0 else Fraction(100 * abandoned) / (Fraction(limit) * dials) if limit else 10**9
        today = request.zone.local(request.now) // DAY
        rows.append(((-used, -dials, campaign_id), {
            "campaign_id": campaign_id,
            "window_from": current["window_from"],
            "window_to": current["window_to"],
            "current": current,
            "abandon_basis": "dials",
            "dials_to_recover": dials_to_recover(Fraction(limit), dials, abandoned),
            "blocked_count": len(calls) - dials,
            "since": None,
            "highest_rate_pct": None,
            "highest_at": None,
            "breach_days": [
                {"date": bucket_label(day * 24, "day"), "breaches": 0} for day in range(today - 29, today + 1)
            ],
        }))
    return [row for _, row in sorted(rows, key=lambda row: row[0])]


REPORTS = {
    "dashboard": dashboard,
    "agent-performance": agent_performance,
    "funnel": funnel,
    "disposition-breakdown": disposition_breakdown,
    "caller-id-health": caller_id_health,
    "hour-dow-heatmap": hour_dow_heatmap,
    "lead-source-attribution": lead_source_attribution,
    "time-series": time_series,
    "typical-day": typical_day,
    "abandon-rate": abandon_rate,
    "compliance": compliance,
}
