"""Analytics, section 5 of the contract.

`answer` takes the worlds by account, the resellers by account, one request, and returns the whole body. An account's
attempts and leads are gone through from end to end for each filter of each question.
"""

from collections import Counter, defaultdict
from decimal import Decimal

from basics import bounded, by_bytes, fixed, instant_of, normal, percent_text, shares, short, zone


class Attempt:
    """An attempt with what the filters ask of it: its account, its lead, its template."""

    def __init__(self, account, world, row):
        self.row = row
        self.account = account
        self.lead = world.leads.get(row["lead_id"])
        self.template = template_of(world, row["campaign_id"])

    def duration(self):
        return self.row["billsec"] if self.row["result"] == "answered" else None

    def sentiment(self):
        told = self.row["sentiment"]
        return None if told is None else Decimal(fixed(Decimal(told), 1, 6))

    def outcome(self):
        return short(self.row["outcome"] if self.row["outcome"] is not None else self.row["result"])


class Lead:
    def __init__(self, account, world, row):
        self.row = row
        self.account = account
        self.template = template_of(world, row["campaign_id"])
        self.attempts = [Attempt(account, world, attempt) for attempt in world.attempts_of_lead[row["id"]]]

    def status(self):
        if not self.attempts:
            return "BACKLOG"
        if any(attempt.row["result"] is None for attempt in self.attempts):
            return "PROCESSING"
        if self.row["status"] in ("pending", "in_progress", "retry"):
            return "RETRY"
        return "FINISHED"


def template_of(world, campaign_id):
    campaign = world.autocall_campaigns.get(campaign_id)
    script = world.scripts.get(campaign["script_id"]) if campaign else None
    if script is None:
        return None
    return script["template_id"] if script["template_id"] is not None else "tpl_%d" % script["id"]


def equal(stored, wanted):
    """Equality of JSON: true is not 1, and 1 is 1.0."""
    if isinstance(stored, bool) or isinstance(wanted, bool):
        return stored is wanted
    if isinstance(stored, (int, Decimal)) and isinstance(wanted, (int, Decimal)):
        return Decimal(stored) == Decimal(wanted)
    return isinstance(stored, str) and isinstance(wanted, str) and stored == wanted


class Asked:
    def __init__(self, told, resellers):
        body = told["body"]
        self.query_type = body["query_type"]
        self.filters = normal(body.get("filters") or {})
        self.zone = zone(body.get("timezone") or "UTC")
        self.unit = body.get("granularity") or "day"
        self.page = body.get("page") or 1
        self.page_size = body.get("page_size") or 50
        self.resellers = resellers
        self.start = self.bound("date_from", False)
        self.end = self.bound("date_to", True)

    def bound(self, name, is_end):
        text = self.filters.get(name)
        return None if text is None else instant_of(text, self.zone, is_end=is_end)

    def within(self, instant):
        return (self.start is None or self.start <= instant) and (self.end is None or instant < self.end)

    def between(self, value, low, high):
        """Whether a value passes both bounds; where any is asked for, a missing value passes neither."""
        low, high = self.filters.get(low), self.filters.get(high)
        if low is None and high is None:
            return True
        return value is not None and (low is None or value >= low) and (high is None or value <= high)

    def figures(self, attempt):
        durations = self.between(attempt.duration(), "min_duration", "max_duration")
        return durations and self.between(attempt.sentiment(), "sentiment_min", "sentiment_max")

    def place(self, thing):
        """Account, reseller and template, of an attempt or a lead."""
        reseller = self.resellers[thing.account]
        named = {
            "merchant_id": "mer_%d" % thing.account,
            "reseller_id": None if reseller is None else "res_%d" % reseller,
            "template_id": thing.template,
        }
        return all(self.filters.get(name) in (None, named[name]) for name in named)

    def payload(self, lead):
        wanted = self.filters.get("payload_filters") or {}
        if not wanted:
            return True
        if lead is None:
            return False
        missing = object()
        return all(equal(lead["payload"].get(key, missing), value) for key, value in wanted.items())


def attempts_asked(worlds, asked):
    for account, world in worlds.items():
        for rows in world.attempts_of.values():
            for row in rows:
                attempt = Attempt(account, world, row)
                if (
                    asked.within(row["started_at"])
                    and asked.place(attempt)
                    and asked.payload(attempt.lead)
                    and asked.figures(attempt)
                ):
                    yield attempt


def leads_asked(worlds, asked):
    by_figures = any(
        asked.filters.get(name) is not None
        for name in ("min_duration", "max_duration", "sentiment_min", "sentiment_max")
    )
    for account, world in worlds.items():
        for row in world.leads.values():
            lead = Lead(account, world, row)
            if not (asked.within(row["created_at"]) and asked.place(lead) and asked.payload(row)):
                continue
            if by_figures and not any(asked.figures(attempt) for attempt in lead.attempts):
                continue
            yield lead


def number(text):
    return Decimal(text)


def durations(attempts):
    return [attempt.duration() for attempt in attempts if attempt.duration() is not None]


def by_count(values):
    return sorted(Counter(values).items(), key=lambda item: (-item[1], by_bytes(item[0])))


def with_shares(key, ranked):
    rows = bounded([{key: value, "count": count} for value, count in ranked], "count")
    counts = [row["count"] for row in rows]
    pcts = shares(counts) if sum(counts) else ["0.00" for _ in counts]
    return [{**row, "pct": pct} for row, pct in zip(rows, pcts)]


def call_count(attempts, asked):
    return [{"count": len(attempts)}]


def call_duration(attempts, asked):
    seconds = durations(attempts)
    if not seconds:
        return [{"avg": None, "min": None, "max": None, "total": None}]
    average = number(fixed(sum(seconds), len(seconds), 2))
    return [{"avg": average, "min": min(seconds), "max": max(seconds), "total": sum(seconds)}]


def outcomes(attempts):
    return by_count(attempt.outcome() for attempt in attempts if attempt.outcome() is not None)


def outcome_distribution(attempts, asked):
    return with_shares("outcome", outcomes(attempts))


def top_outcomes(attempts, asked):
    rows = bounded([{"outcome": outcome, "count": count} for outcome, count in outcomes(attempts)], "count")
    return [{"rank": rank, **row} for rank, row in enumerate(rows, 1)]


def sentiment_distribution(attempts, asked):
    fifths = ["0.0-0.2", "0.2-0.4", "0.4-0.6", "0.6-0.8", "0.8-1.0"]
    counts = [0] * 5
    for attempt in attempts:
        sentiment = attempt.sentiment()
        if sentiment is not None:
            for index, upper in enumerate(["0.2", "0.4", "0.6", "0.8", "1.1"]):
                if sentiment < Decimal(upper):
                    counts[index] += 1
                    break
    return with_shares("bucket", list(zip(fifths, counts)))


def label(asked, instant):
    day = asked.zone.bucket(instant, "hour" if asked.unit == "hour" else "week" if asked.unit == "week" else "day")
    return day[:7] if asked.unit == "month" else day


def labels_touched(asked, start, end):
    unit = "day" if asked.unit == "month" else asked.unit
    touched = asked.zone.buckets_touched(start, end, unit)
    return sorted({text[:7] if asked.unit == "month" else text for text in touched})


def over_time(attempts, asked):
    """Pairs of label and attempts, for every bucket of the window."""
    starts = [attempt.row["started_at"] for attempt in attempts]
    if not starts and (asked.start is None or asked.end is None):
        return []
    start = asked.start if asked.start is not None else min(starts)
    end = asked.end if asked.end is not None else max(starts) + 1
    buckets = {text: [] for text in labels_touched(asked, start, end)}
    for attempt in attempts:
        buckets[label(asked, attempt.row["started_at"])].append(attempt)
    return list(buckets.items())


def calls_over_time(attempts, asked):
    return [{"date": text, "count": len(rows)} for text, rows in over_time(attempts, asked)]


def avg_duration_over_time(attempts, asked):
    rows = []
    for text, inside in over_time(attempts, asked):
        seconds = durations(inside)
        average = number(fixed(sum(seconds), len(seconds), 2)) if seconds else None
        rows.append({"date": text, "avg_duration": average})
    return rows


def retry_analysis(attempts, asked):
    calls_by_number = defaultdict(list)
    for attempt in attempts:
        calls_by_number[attempt.row["attempt_number"]].append(attempt)
    rows = []
    for attempt_number, calls in sorted(calls_by_number.items()):
        answered = sum(1 for attempt in calls if attempt.row["result"] == "answered")
        rows.append({
            "attempt_number": attempt_number,
            "calls": len(calls),
            "answered": answered,
        })
    rows = bounded(rows, "calls", "answered")
    for row in rows:
        row["success_rate_pct"] = percent_text(row["answered"], row["calls"])
    return rows


def provider_breakdown(attempts, asked):
    providers = [attempt.row["provider"] for attempt in attempts]
    return with_shares("provider", by_count("(unknown)" if name is None else short(name) for name in providers))


def hourly_heatmap(attempts, asked):
    counts = Counter(asked.zone.cell(attempt.row["started_at"])[1] for attempt in attempts)
    return [{"hour": hour, "count": counts[hour]} for hour in range(24)]


def status_distribution(leads, asked):
    counts = Counter(lead.status() for lead in leads)
    return with_shares("status", [(status, counts[status]) for status in ("BACKLOG", "PROCESSING", "RETRY", "FINISHED")])


def conversion_funnel(leads, asked):
    counts = [
        ("BACKLOG", len(leads)),
        ("PROCESSING", sum(1 for lead in leads if len(lead.attempts) >= 1)),
        ("RETRY", sum(1 for lead in leads if len(lead.attempts) >= 2)),
        ("FINISHED", sum(1 for lead in leads if lead.status() == "FINISHED")),
    ]
    return [{"stage": stage, "count": count, "pct": percent_text(count, len(leads))} for stage, count in counts]


OF_ATTEMPTS = {
    "call_count": call_count,
    "call_duration": call_duration,
    "outcome_distribution": outcome_distribution,
    "sentiment_distribution": sentiment_distribution,
    "calls_over_time": calls_over_time,
    "avg_duration_over_time": avg_duration_over_time,
    "top_outcomes": top_outcomes,
    "retry_analysis": retry_analysis,
    "provider_breakdown": provider_breakdown,
    "hourly_heatmap": hourly_heatmap,
}
OF_LEADS = {"status_distribution": status_distribution, "conversion_funnel": conversion_funnel}


def answer(worlds, resellers, told):
    """`worlds` are those that the token's account may read."""
    asked = Asked(told, resellers)
    if asked.query_type in OF_LEADS:
        rows = OF_LEADS[asked.query_type](list(leads_asked(worlds, asked)), asked)
    else:
        rows = OF_ATTEMPTS[asked.query_type](list(attempts_asked(worlds, asked)), asked)
    before = (asked.page - 1) * asked.page_size
    return {
        "query_type": asked.query_type,
        "data": rows[before : before + asked.page_size],
        "total": len(rows),
        "page": asked.page,
        "page_size": asked.page_size,
    }
