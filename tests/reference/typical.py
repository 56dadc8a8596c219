"""Typical days, section 15 of the contract: quartiles of the local hours over the last days of today's weekday."""

from fractions import Fraction

from basics import DAY, percent_text, rounded


def days_of(request, calls):
    """The last four days that have calls, each as 24 lists of calls."""
    today = request.zone.local(request.now) // DAY
    days = []
    for day in [today - 7 * week for week in range(1, 9)]:
        start, end = request.zone.midnight(day), request.zone.midnight(day + 1)
        hours = [[] for _ in range(24)]
        for call in calls:
            if start <= call["started_at"] < end:
                hours[request.zone.cell(call["started_at"])[1]].append(call)
        if any(hours):
            days.append(hours)
    return days[:4]


def quartiles(values, shown=lambda value: value):
    if len(values) < 3:
        return None
    ranked = sorted(values)
    return {"p%d" % (25 * quarter): shown(ranked[-(-quarter * len(ranked) // 4) - 1]) for quarter in (1, 2, 3)}


def typical_day(request, calls, answers_of, talk_of, reached_of, reached_name):
    days = days_of(request, calls)
    rows = []
    for hour in range(24):
        calls_of = [day[hour] for day in days]
        dialed = [calls for calls in calls_of if calls]
        answered = [calls for calls in calls_of if answers_of(calls)]
        rates = [Fraction(len(answers_of(calls)), len(calls)) for calls in dialed]
        rows.append({
            "hour": hour,
            "n": len(days),
            "dials": quartiles([len(calls) for calls in calls_of]),
            "answers": quartiles([len(answers_of(calls)) for calls in calls_of]),
            "answer_rate_pct": quartiles(rates, lambda rate: percent_text(rate.numerator, rate.denominator)),
            reached_name: quartiles([len(reached_of(calls)) for calls in calls_of]),
            "avg_talk_sec": quartiles([rounded(talk_of(calls), len(answers_of(calls))) for calls in answered]),
        })
    return rows
