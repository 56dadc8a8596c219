"""Analytics, section 5 of the contract.

`answer` takes the worlds by tenant, the resellers by tenant, one request, and returns the whole body. Every query
scans all attempts and leads of a tenant for each filter.
"""

from collections import Counter, defaultdict
from decimal import Decimal

from basics import bounded, by_bytes, fixed, instant_of, normal, percent_text, shares, short, zone


class Attempt:
    """An attempt with its tenant, lead and template, for the filters."""

    def __init__(self, tenant, world, row):
        self.row = row
        self.tenant = tenant
        self.lead = world.leads.get(row["lead_id"])
        self.template = template_of(world, row["campaign_id"])

    def duration(self):
        return self.row["billsec"] if self.row["result"] == "answered" else None

    def sentiment(self):
        sentiment = self.row["sentiment"]
        return None if sentiment is None else Decimal(fixed(Decimal(sentiment), 1, 6))

    def outcome(self):
        return short(self.row["outcome"] if self.row["outcome"] is not None else self.row["result"])


class Lead:
    def __init__(self, tenant, world, row):
        self.row = row
        self.tenant = tenant
        self.template = template_of(world, row["campaign_id"])
        self.attempts = [Attempt(tenant, world, attempt) for attempt in world.attempts_of_lead[row["id"]]]

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


def equal(stored, expected):
    """Equality of JSON: true is not 1, and 1 is 1.0."""
    if isinstance(stored, bool) or isinstance(expected, bool):
        return stored is expected
    if isinstance(stored, (int, Decimal)) and isinstance(expected, (int, Decimal)):
        return Decimal(stored) == Decimal(expected)
    return isinstance(stored, str) and isinstance(expected, str) and stored == expected


class Query:
    def __init__(self, request, resellers):
        body = request["body"]
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
        """Checks a value against both bounds; a missing value fails if any bound is given."""
        low, high = self.filters.get(low), self.filters.get(high)
        if low is None and high is None:
            return True
        return value is not None and (low is None or value >= low) and (high is None or value <= high)

    def figures(self, attempt):
        durations = self.between(attempt.duration(), "min_duration", "max_duration")
        return durations and self.between(attempt.sentiment(), "sentiment_min", "sentiment_max")

    def place(self, thing):
        """Checks tenant, reseller and template of an attempt or a lead."""
        reseller = self.resellers[thing.tenant]
        named = {
            "merchant_id": "mer_%d" % thing.tenant,
            "reseller_id": None if reseller is None else "res_%d" % reseller,
            "template_id": thing.template,
        }
        return all(self.filters.get(name) in (None, named[name]) for name in named)

    def payload(self, lead):
        expected = self.filters.get("payload_filters") or {}
        if not expected:
            return True
        if lead is None:
            return False
        missing = object()
        return all(equal(lead["payload"].get(key, missing), value) for key, value in expected.items())


def matching_attempts(worlds, query):
    for tenant, world in worlds.items():
        for rows in world.attempts_of.values():
            for row in rows:
                attempt = Attempt(tenant, world, row)
                if (
                    query.within(row["started_at"])
                    and query.place(attempt)
                    and query.payload(attempt.lead)
                    and query.figures(attempt)
                ):
                    yield attempt


def matching_leads(worlds, query):
    by_figures = any(
        query.filters.get(name) is not None
        for name in ("min_duration", "max_duration", "sentiment_min", "sentiment_max")
    )
    for tenant, world in worlds.items():
        for row in world.leads.values():
            lead = Lead(tenant, world, row)
            if not (query.within(row["created_at"]) and query.place(lead) and query.payload(row)):
                continue
            if by_figures and not any(query.figures(attempt) for attempt in lead.attempts):
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


def call_count(attempts, query):
    return [{"count": len(attempts)}]


def call_duration(attempts, query):
    seconds = durations(attempts)
    if not seconds:
        return [{"avg": None, "min": None, "max": None, "total": None}]
    average = number(fixed(sum(seconds), len(seconds), 2))
    return [{"avg": average, "min": min(seconds), "max": max(seconds), "total": sum(seconds)}]


def outcomes(attempts):
    return by_count(attempt.outcome() for attempt in attempts if attempt.outcome() is not None)


def outcome_distribution(attempts, query):
    return with_shares("outcome", outcomes(attempts))


def top_outcomes(attempts, query):
    rows = bounded([{"outcome": outcome, "count": count} for outcome, count in outcomes(attempts)], "count")
    return [{"rank": rank, **row} for rank, row in enumerate(rows, 1)]


def sentiment_distribution(attempts, query):
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


def label(query, instant):
    day = query.zone.bucket(instant, "hour" if query.unit == "hour" else "week" if query.unit == "week" else "day")
    return day[:7] if query.unit == "month" else day


def labels_touched(query, start, end):
    unit = "day" if query.unit == "month" else query.unit
    touched = query.zone.buckets_touched(start, end, unit)
    return sorted({text[:7] if query.unit == "month" else text for text in touched})


def over_time(attempts, query):
    """Pairs of label and attempts, for every bucket of the window."""
    starts = [attempt.row["started_at"] for attempt in attempts]
    if not starts and (query.start is None or query.end is None):
        return []
    start = query.start if query.start is not None else min(starts)
    end = query.end if query.end is not None else max(starts) + 1
    buckets = {text: [] for text in labels_touched(query, start, end)}
    for attempt in attempts:
        buckets[label(query, attempt.row["started_at"])].append(attempt)
    return list(buckets.items())


def calls_over_time(attempts, query):
    return [{"date": text, "count": len(rows)} for text, rows in over_time(attempts, query)]


def avg_duration_over_time(attempts, query):
    rows = []
    for text, inside in over_time(attempts, query):
        seconds = durations(inside)
        average = number(fixed(sum(seconds), len(seconds), 2)) if seconds else None
        rows.append({"date": text, "avg_duration": average})
    return rows


def retry_analysis(attempts, query):
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


def provider_breakdown(attempts, query):
    providers = [attempt.row["provider"] for attempt in attempts]
    return with_shares("provider", by_count("(unknown)" if name is None else short(name) for name in providers))


def hourly_heatmap(attempts, query):
    counts = Counter(query.zone.cell(attempt.row["started_at"])[1] for attempt in attempts)
    return [{"hour": hour, "count": counts[hour]} for hour in range(24)]


def status_distribution(leads, query):
    counts = Counter(lead.status() for lead in leads)
    return with_shares("status", [(status, counts[status]) for status in ("BACKLOG", "PROCESSING", "RETRY", "FINISHED")])


def conversion_funnel(leads, query):
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


def answer(worlds, resellers, request):
    """`worlds` holds the worlds the tenant may read."""
    query = Query(request, resellers)
    if query.query_type in OF_LEADS:
        rows = OF_LEADS[query.query_type](list(matching_leads(worlds, query)), query)
    else:
        rows = OF_ATTEMPTS[query.query_type](list(matching_attempts(worlds, query)), query)
    before = (query.page - 1) * query.page_size
    return {
        "query_type": query.query_type,
        "data": rows[before : before + query.page_size],
        "total": len(rows),
        "page": query.page,
        "page_size": query.page_size,
    }
