"""Rules of the lists of calls and leads, of their files, and of orders of files."""

import datetime

import schemathesis
from common import ENDS_OF_WINDOWS, LIMITS, WINDOWS, date_of, in_calendar, is_good

LISTS = r"^/api/(autocall/(attempts|leads|campaigns/\{id\}/attempts)|telesales/(calls|leads))(/export)?$"
LOOKUPS = ("lead_id", "phone", "uuid")
SEVERAL = ("campaign_ids", "agent_ids", "source", "result", "has", "digit", "transfer", "status")
ORDER = "/api/telesales/calls/export"
EVIDENCE = "/api/telesales/reports/compliance/export"

# Positions in lists, each of them before some rows of any account.
OF_CALL, OF_LEAD = "g8CDzgAGUyyUyOJAYS_DvA", "dn2UIQAAAQAAAAAE"


@schemathesis.hook("map_case").apply_to(path_regex=LISTS)
def filters_that_go_together(context, case):
    if is_good(case):
        if isinstance(case.body, dict):
            case.body = with_dates(case, corrected(case, dict(case.body)))
        elif case.method == "GET":
            given = case.query or {}
            asked = with_dates(case, corrected(case, dict(given)))
            if asked != given:  # a changed query is held against the schema, where a list is no text yet
                case.query = {name: parts(name, value) for name, value in asked.items()}
    return case


def parts(name, value):
    """The values of a list that stand in one text."""
    if name not in SEVERAL or not isinstance(value, str):
        return value
    return [int(part) if name == "campaign_ids" else part for part in value.split(",")]


def corrected(case, asked):
    """No schema knows the cursors and the stored rows, reads a JSON object in a text, or says that the name of a window
    stands in place of its ends, which have two names."""
    for least, most in LIMITS:
        if least in asked and most in asked:
            asked[least], asked[most] = sorted((asked[least], asked[most]), key=float)
    for name in ("campaign_id", "team_id", "lead_id"):
        if isinstance(asked.get(name), int) and asked[name] % 2 == 0:
            asked[name] = 1 + asked[name] // 2 % 4
    if asked.get("payload_filters"):
        asked["payload_filters"] = '{"city":"Hanoi"}'
    if asked.get("bucket"):
        asked["bucket"] = label(asked["bucket"])
    if asked.get("after"):
        asked["after"] = OF_LEAD if case.operation.path.endswith("/leads") else OF_CALL
    if asked.get("window"):
        excluded = ENDS_OF_WINDOWS
    else:
        excluded = WINDOWS[0] if any(asked.get(name) for name in WINDOWS[1]) else ()
    for name in excluded:
        asked.pop(name, None)
    return in_calendar(asked)


def label(text):
    """A pattern knows neither the length of a month nor the years with 53 weeks."""
    if len(text) < 10:
        return text.replace("W53", "W52")
    return (date_of(text) or datetime.date(2026, 6, 1)).isoformat() + text[10:]


def with_dates(case, asked):
    """The list of Telesales calls requires both ends or a name, unless a lead or a call is looked up. A file of all time
    takes long."""
    path, is_whole = case.operation.path, any(all(asked.get(name) for name in window) for window in WINDOWS)
    needs = path == "/api/telesales/calls" and not any(asked.get(name) for name in LOOKUPS)
    if asked.get("window") or is_whole or not needs and not path.endswith("/export"):
        return asked
    others = {name: value for name, value in asked.items() if name not in ENDS_OF_WINDOWS}
    return others | {"window": "yesterday"}


@schemathesis.hook("filter_case").apply_to(path_regex=LISTS)
def values_that_are_read_otherwise(context, case):
    """An empty list is treated as absent, and the text of an integer may be a telephone key."""
    query = {} if is_good(case) else case.query or {}
    is_empty = any(query.get(name) in ("", []) for name in (*SEVERAL, "agent_ids[]", "source[]"))
    return not is_empty and query.get("digit") not in tuple("0123456789")


@schemathesis.hook("map_case").apply_to(path=EVIDENCE)
def evidence_of_what_is_there(context, case):
    """No schema knows the stored campaigns, that a window begins after 1970, and that its start stands in place of its length."""
    if is_good(case) and isinstance(case.body, dict):
        there = {"campaign_id": 1, "window_from": "2026-05-20", "window_to": "2026-06-01"}
        case.body = {name: there.get(name, value) if value else value for name, value in case.body.items()}
        if case.body.get("window_from"):
            case.body = {name: value for name, value in case.body.items() if name != "window_minutes"} | {"window_to": "2026-06-01"}
    return case


TEXTS = ("date_from", "date_to", "window_from", "window_to", "window", "timezone", "hangup_cause", "phone", "uuid", "bucket", "stage", "disposition", "cid")
WORDS = ("format", "lang", "template")


@schemathesis.hook("filter_case").apply_to(path=[ORDER, EVIDENCE])
def members_that_are_read_like_parameters(context, case):
    """A null or empty member is treated as absent, and a text is read as in a query: "7", "true", "25,26"."""
    if is_good(case) or not isinstance(case.body, dict):
        return True
    return not any(is_read(name, value) for name, value in case.body.items())


def is_read(name, value):
    if isinstance(value, list):
        return not value or "" in value or name == "agent_ids" and any(isinstance(item, str) for item in value)
    is_one_of_several = name in SEVERAL and isinstance(value, (int, float))
    return value in (None, "") or is_one_of_several or isinstance(value, str) and name not in TEXTS + WORDS
