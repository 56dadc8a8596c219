"""Parts of several rules: the mode and the phase of a case, windows, and limits."""

import datetime

WINDOWS = (("from", "to"), ("date_from", "date_to"))
ENDS_OF_WINDOWS = [name for window in WINDOWS for name in window]
# Ids that the server gives begin here: the demo gives one to its webhook, and script/contract one to a schedule.
FIRST_WEBHOOK = 2**40
FIRST_SCHEDULE = FIRST_WEBHOOK + 1
LIMITS = (("min_duration", "max_duration"), ("sentiment_min", "sentiment_max"))


def is_good(case):
    return case.meta is None or case.meta.generation.mode.is_positive


def is_in(phase, case):
    return case.meta is not None and case.meta.phase.name.value == phase


def is_blank(value):
    return isinstance(value, str) and not value.strip()


def date_of(text):
    """The date at the start of a text, limited to the last day of its month; None without a date."""
    text = str(text)
    for day in (text[8:10], "30", "29", "28"):
        try:
            return datetime.date.fromisoformat(text[:8] + day)
        except ValueError:
            continue
    return None


def in_calendar(query):
    """A pattern cannot know the length of a month (June 31), and no schema compares two parameters: an end must not lie
    before its start, nor, in Telesales, more than 90 days after it. The number of filled buckets is limited: with one
    end given, the other is the campaign's, so the given end must lie near it."""
    for window in WINDOWS:
        given = {name: date_of(query[name]) for name in window if (query or {}).get(name)}
        for name, date in given.items():
            if date is not None:
                query[name] = date.isoformat() + str(query[name])[10:]
        start, end = (given.get(name) for name in window)
        for name in given if (start is None) != (end is None) and query.get("fill_gaps") else []:
            yesterday = datetime.date.today() - datetime.timedelta(days=1)
            query[name] = yesterday.isoformat() + str(query[name])[10:] if given[name] else query[name]
        if start is not None and end is not None and not 2 <= (end - start).days <= 80:
            start = min(start, datetime.date(9999, 12, 1))
            query[window[0]] = start.isoformat() + str(query[window[0]])[10:]
            query[window[1]] = (start + datetime.timedelta(days=7)).isoformat() + str(query[window[1]])[10:]
    return query
