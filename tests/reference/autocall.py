"""The AutoCall reports, section 3 of the contract.

Every function takes the world, one request and the campaign, and returns the value of `data`.
"""

from collections import Counter, defaultdict

import typical
from basics import bounded, by_bytes, fixed, instant_of, percent_text, print_instant, rounded, shares, short

HANDED_OVER = ("queued", "connected")


def window(world, request, campaign):
    start = request.query.get("from")
    end = request.query.get("to")
    end = request.now if end is None else instant_of(end, request.zone, is_end=True)
    if start is not None:
        return instant_of(start, request.zone), end
    if campaign["started_at"] is not None:
        return campaign["started_at"], end
    attempts = world.attempts_of[campaign["id"]]
    if attempts:
        return min(attempt["started_at"] for attempt in attempts), end
    return campaign["created_at"], end


def attempts_in_window(world, request, campaign):
    start, end = window(world, request, campaign)
    return [attempt for attempt in world.attempts_of[campaign["id"]] if start <= attempt["started_at"] < end]


def with_result(attempts, result):
    return [attempt for attempt in attempts if attempt["result"] == result]


def handed_over(attempts):
    return [attempt for attempt in attempts if attempt["transfer"] in HANDED_OVER]


def talk_time(answered):
    return sum(attempt["billsec"] for attempt in answered)


def deciding_key(attempt):
    return attempt["dtmf"][-1:]


def keys_by_count(answered):
    """Pairs of deciding key and count, without attempts that have no input."""
    counts = Counter(deciding_key(attempt) for attempt in answered if attempt["dtmf"])
    return sorted(counts.items(), key=lambda item: (-item[1], by_bytes(item[0])))


def script_labels(world, campaign):
    script = world.scripts.get(campaign["script_id"])
    labels = {}
    for action in script["dtmf_actions"] if script else []:
        labels.setdefault(action["digit"], action["label"])
    return labels


def kpis(world, request, campaign):
    attempts = attempts_in_window(world, request, campaign)
    answered = with_result(attempts, "answered")
    handed = handed_over(attempts)
    connected = [attempt for attempt in handed if attempt["transfer"] == "connected"]
    distribution = dict(keys_by_count(answered))
    distribution["no_input"] = sum(1 for attempt in answered if not attempt["dtmf"])
    return {
        "total_leads": len(world.autocall_leads_of[campaign["id"]]),
        "dialed": len(attempts),
        "answered": len(answered),
        "no_answer": len(with_result(attempts, "no_answer")),
        "busy": len(with_result(attempts, "busy")),
        "failed": len(with_result(attempts, "failed")),
        "abandoned": len(with_result(attempts, "abandoned")),
        "answer_rate_pct": percent_text(len(answered), len(attempts)),
        "avg_call_duration_sec": rounded(talk_time(answered), len(answered)),
        "total_talk_time_sec": talk_time(answered),
        "dtmf_distribution": distribution,
        "transfer_to_queue_count": len(handed),
        "transfer_success_rate_pct": percent_text(len(connected), len(handed)),
        "computed_at": print_instant(request.now),
    }


def trend(world, request, campaign):
    unit = request.query.get("granularity", "day")
    buckets = defaultdict(list)
    for attempt in attempts_in_window(world, request, campaign):
        buckets[request.zone.bucket(attempt["started_at"], unit)].append(attempt)
    if request.fill_gaps:
        for label in request.zone.buckets_touched(*window(world, request, campaign), unit):
            buckets[label]
    rows = []
    for label in sorted(buckets):
        attempts = buckets[label]
        answered = with_result(attempts, "answered")
        rows.append({
            "bucket": label,
            "dialed": len(attempts),
            "answered": len(answered),
            "answer_rate_pct": percent_text(len(answered), len(attempts)),
            "avg_duration_sec": rounded(talk_time(answered), len(answered)),
            "transfer_count": len(handed_over(attempts)),
        })
    return rows


def comparison(world, request):
    metric = request.query.get("metric", "answer_rate_pct")
    asked = [int(part) for part in request.query["campaign_ids"].split(",") if part.strip()]
    rows = []
    for campaign_id in dict.fromkeys(asked):
        campaign = world.autocall_campaigns[campaign_id]
        attempts = attempts_in_window(world, request, campaign)
        answered = with_result(attempts, "answered")
        if metric == "answer_rate_pct":
            value = percent_text(len(answered), len(attempts))
        elif metric == "avg_duration_sec":
            value = fixed(talk_time(answered), len(answered), 2)
        else:
            value = percent_text(len(handed_over(attempts)), len(answered))
        rows.append({"campaign_id": campaign_id, "campaign_name": campaign["name"], "metric_value": value})
    return rows


def hangup(world, request, campaign):
    causes = [attempt["hangup_cause"] for attempt in attempts_in_window(world, request, campaign)]
    counts = Counter(short(cause) for cause in causes if cause is not None)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], by_bytes(item[0])))
    rows = bounded([{"hangup_cause": cause, "count": count} for cause, count in ranked], "count")
    for row, pct in zip(rows, shares([row["count"] for row in rows])):
        row["pct"] = pct
    return {"total_calls": sum(counts.values()), "by_hangup_cause": rows}


def heatmap(world, request, campaign):
    metric = request.query.get("metric")
    cells = defaultdict(list)
    for attempt in attempts_in_window(world, request, campaign):
        cells[request.zone.cell(attempt["started_at"])].append(attempt)
    rows = []
    for day in range(7):
        for hour in range(24):
            attempts = cells[day, hour]
            answered = with_result(attempts, "answered")
            row = {
                "day_of_week": day,
                "hour": hour,
                "dialed": len(attempts),
                "answered": len(answered),
                "answer_rate_pct": percent_text(len(answered), len(attempts)),
            }
            if metric is not None:
                row["value"] = row[metric]
            rows.append(row)
    return rows


def path_text(steps):
    return " -> ".join(short(step) for step in steps[:64])


def dtmf(world, request, campaign):
    answered = with_result(attempts_in_window(world, request, campaign), "answered")
    no_input = [attempt for attempt in answered if not attempt["dtmf"]]
    labels = script_labels(world, campaign)
    keys = keys_by_count(answered)
    paths = Counter(path_text(attempt["script_path"]) for attempt in answered if attempt["script_path"])
    ranked = sorted(paths.items(), key=lambda item: (-item[1], by_bytes(item[0])))
    return {
        "total_answered": len(answered),
        "with_dtmf_input": len(answered) - len(no_input),
        "no_input": len(no_input),
        "no_input_rate_pct": percent_text(len(no_input), len(answered)),
        "by_digit": [
            {"digit": digit, "count": count, "pct": pct, "label": labels.get(digit)}
            for (digit, count), pct in zip(keys, shares([count for _, count in keys]))
        ],
        "by_script_path": [{"path": path, "count": count} for path, count in ranked[:50]],
    }


def funnel(world, request, campaign):
    attempts = attempts_in_window(world, request, campaign)
    _, end = window(world, request, campaign)
    answered = with_result(attempts, "answered")
    labels = script_labels(world, campaign)
    pressed = [
        attempt for attempt in answered if attempt["dtmf"] and (not labels or deciding_key(attempt) in labels)
    ]
    disposed = [attempt for attempt in attempts if attempt["agent_disposition"] is not None]
    imported = [lead for lead in world.autocall_leads_of[campaign["id"]] if lead["created_at"] < end]

    def leads(chosen):
        return len({attempt["lead_id"] for attempt in chosen})

    rows = []
    previous = None
    for stage, count in (
        ("Imported lead", len(imported)),
        ("Dialed", leads(attempts)),
        ("Answered", leads(answered)),
        ("Pressed valid DTMF", leads(pressed)),
        ("Transferred to agent", leads(handed_over(attempts))),
        ("Agent disposed", leads(disposed)),
    ):
        drop = None if previous is None else percent_text(previous - count, previous)
        rows.append({"stage": stage, "count": count, "drop_rate_pct": drop})
        previous = count
    return rows


def typical_day(world, request, campaign):
    return typical.typical_day(
        request,
        world.attempts_of[campaign["id"]],
        answers_of=lambda attempts: with_result(attempts, "answered"),
        talk_of=lambda attempts: talk_time(with_result(attempts, "answered")),
        reached_of=handed_over,
        reached_name="transfers",
    )


OF_CAMPAIGN = {
    "kpis": kpis,
    "trend": trend,
    "hangup": hangup,
    "heatmap": heatmap,
    "dtmf": dtmf,
    "funnel": funnel,
    "typical-day": typical_day,
}
