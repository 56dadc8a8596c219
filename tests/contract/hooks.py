"""Rules that the OpenAPI document cannot express, for Schemathesis (see script/contract).

Each hook states its rule. No hook inspects responses or disables a check: hooks only correct the classification of
generated requests as valid or invalid.
"""

import itertools
import json
from urllib.parse import urlencode

import causes  # noqa: F401
import dialers  # noqa: F401
import lists  # noqa: F401 (its hooks)
import schedules  # noqa: F401
import schemathesis
import templates  # noqa: F401
from common import (
    ENDS_OF_WINDOWS,
    FIRST_SCHEDULE,
    FIRST_WEBHOOK,
    LIMITS,
    WINDOWS,
    date_of,
    in_calendar,
    is_blank,
    is_good,
    is_in,
)
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER

# The document requires names of the IANA database.
ZONES = ["UTC", "Asia/Ho_Chi_Minh", "Asia/Kathmandu", "America/New_York", "Pacific/Chatham", "Australia/Lord_Howe"]
schemathesis.openapi.format("time-zone", st.sampled_from(ZONES))

# Ingest reports lines or items one by one, with 200 if any is valid: a mix of valid and invalid ones.
GOOD = {"kind": "team", "id": 1, "name": "North"}
LINES = [
    '{"kind":"agent","id":3,"name":"Nguyen Van A","username":"agent01","team_id":1}',
    '{"kind":"autocall_lead","id":1,"campaign_id":1,"phone":"0987654321","payload":{"a":[1,2]}}',
    '{"kind":"team","id":"one"}',
    "",
    "no JSON",
]


@schemathesis.serializer("application/x-ndjson")
def lines_as_they_are(context, value):
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook("filter_case").apply_to(path="/api/ingest")
def bodies_that_a_schema_can_judge(context, case):
    """A body declared as gzip must be gzip, and any value sent in place of a text becomes a text. An invalid item among
    valid ones is reported in a 200, and a null member is treated as absent: JSON is invalid as a whole only if it is
    neither an object nor an array."""
    if str((case.headers or {}).get("Content-Encoding")).lower() in ("gzip", "x-gzip"):
        return False
    if case.media_type == "application/x-ndjson":
        return isinstance(case.body, str)
    return is_good(case) or not isinstance(case.body, (dict, list))


@schemathesis.hook("map_case").apply_to(path="/api/ingest")
def a_good_row_behind_it(context, case):
    """OpenAPI has no schema for lines, so theirs is a text. Validity of an item depends on stored rows, which no schema
    knows. With `atomic`, one invalid item makes the whole body a 422."""
    if case.media_type == "application/x-ndjson" and isinstance(case.body, str):
        case.body = "\n".join([case.body, *LINES[len(case.body) % len(LINES) :], json.dumps(GOOD)])
    elif is_good(case) and isinstance(case.body, (dict, list)):
        case.body = [*(case.body if isinstance(case.body, list) else [case.body]), GOOD]
    if is_good(case) and str((case.query or {}).get("atomic")).lower() in ("true", "1"):
        case.query = {name: value for name, value in case.query.items() if name != "atomic"}
    return case


@schemathesis.hook("map_body").apply_to(path="/api/auth/login")
def somebody_who_exists(context, body):
    """Replaces half of the valid credentials with those of a user, so that successful logins are checked too."""
    if isinstance(body, dict):
        if str(body.get("username")) and not str(body.get("username")).strip():
            body["username"] = "x"  # a blank name is treated as absent
        fit = all(isinstance(body.get(name), str) and 0 < len(body[name]) <= 255 for name in ("username", "password"))
        if fit and len(body["username"]) % 2 == 0:
            body |= {"username": "demo", "password": "callboard-demo"}
    return body


RESOURCES = r"^/api/autocall/(scripts|campaigns)(/\{id\})?$"
TARGETS = ("target_audio_url", "target_script_id", "target_queue_name")
ENDS = ("start_at", "end_at")


def correct(body):
    """Corrects what no schema knows: stored scripts and voices, placeholders, one action a key, targets of actions, NUL
    characters, and an end after its start."""
    for name, value in body.items():
        if isinstance(value, str):
            body[name] = value.replace("\0", "").replace("{{", "{").strip() or "x"
    if body.get("script_id") is not None:
        body["script_id"] = 1
    if body.get("voice_id") is not None:
        body["voice_id"] = None
    if any(body.get(name) is not None for name in ENDS):  # the other one may be stored
        body |= {"start_at": "2026-07-01T00:00:00Z", "end_at": "2026-08-01T00:00:00+07:00"}
    for digit, action in zip("0123456789*#", body.get("dtmf_actions") or []):
        action |= {"digit": digit, "label": action["label"].replace("\0", "").strip() or "x"}
        for name in TARGETS:
            action.pop(name, None)
        if action["action_type"] == "queue":
            action["target_queue_name"] = "queue"


@schemathesis.hook("filter_case").apply_to(path_regex=RESOURCES)
def what_a_resource_leaves_empty(context, case):
    """A blank text is treated as absent. Values tried one at a time are not corrected below: no schema knows the targets
    of actions, the order of two instants, or the stored scripts."""
    body = case.body
    if not isinstance(body, dict):
        return True
    actions = body.get("dtmf_actions")
    actions = [action for action in actions if isinstance(action, dict)] if isinstance(actions, list) else []
    has_target = any(name in action for action in actions for name in TARGETS)
    has_end = is_good(case) and any(body.get(name) is not None for name in ENDS)
    is_unknown = is_in("coverage", case) and (has_target or has_end or body.get("script_id") not in (None, 1))
    return not is_unknown and not any(map(is_blank, [*body.values(), *[value for action in actions for value in action.values()]]))


@schemathesis.hook("map_case").apply_to(path_regex=RESOURCES)
def rows_that_are_stored(context, case):
    if is_good(case) and isinstance(case.body, dict):
        correct(case.body)
    return case


NUMBERS = itertools.count()
LEADS = r"^/api/autocall/(campaigns/\{id\}/leads(/import)?|leads/\{id\})$"


@schemathesis.hook("filter_case").apply_to(path_regex=LEADS)
def leads_that_a_schema_can_judge(context, case):
    """An invalid lead among valid ones is reported in a 200 or 201, so a list is invalid as a whole only if it is known
    to hold no valid lead: with one lead at most. Valid leads tried one at a time are not corrected below."""
    if not isinstance(case.body, dict):
        return True
    if is_good(case):
        return not is_in("coverage", case)
    leads = case.body.get("leads")
    return not isinstance(leads, list) or len(leads) <= 1


@schemathesis.hook("map_case").apply_to(path_regex=LEADS)
def leads_with_a_phone(context, case):
    """No schema says that a lead has one of two spellings of its phone and of its payload, or knows the stored leads and
    the telephone numbers."""
    if not is_good(case) or not isinstance(case.body, dict):
        return case
    leads = case.body.get("leads") if isinstance(case.body.get("leads"), list) else [case.body]
    for lead in leads:
        lead.pop("variables", None)
        if isinstance(lead.get("external_ref"), str):
            lead["external_ref"] = lead["external_ref"].replace("\0", "").strip()
        if isinstance(lead.get("payload"), dict):
            lead["payload"] = {"city": "Hanoi"}  # no schema excludes NUL characters and numbers that are too large
        if case.method == "POST":
            lead.pop("phone_number", None)
            lead["phone"] = f"09{next(NUMBERS):08}"
        elif "id" in lead:
            lead["id"] = 1
    if case.method == "PATCH" and "leads" in case.body:
        case.path_parameters["id"] = 1  # the campaign of that lead
    return case


@schemathesis.hook
def before_add_examples(context, examples):
    """The campaign of the lead in the example, templates, and the rules of other files. Hooks on cases do not see examples."""
    for case in examples:
        templates_that_exist(context, case)
        for hook in GLOBAL_HOOK_DISPATCHER.applicable("map_case", context):
            if hook.__module__ != __name__:
                hook(context, case)
        if case.method == "PATCH" and case.operation.path == "/api/autocall/campaigns/{id}/leads":
            case.path_parameters["id"] = 1


WEBHOOKS = r"^/api/webhooks(/\{id\}(/replay)?)?$"


@schemathesis.hook("map_case").apply_to(path_regex=WEBHOOKS)
def events_that_exist(context, case):
    """No schema knows the names of events and the addresses that are allowed, or compares two instants."""
    if is_good(case) and isinstance(case.body, dict):
        if case.body.get("url") is not None:
            case.body["url"] = "https://example.com/hooks"
        if isinstance(case.body.get("events"), list):
            case.body["events"] = ["*"]
        in_calendar(case.body)
    return case


@schemathesis.hook("filter_case").apply_to(path_regex=WEBHOOKS)
def events_that_are_tried_one_at_a_time(context, case):
    """These are not corrected above."""
    has_rule = isinstance(case.body, dict) and ("events" in case.body or {"from", "to"} <= set(case.body))
    return not (is_in("coverage", case) and is_good(case) and has_rule)


@schemathesis.hook("map_case")
def ids_of_stored_rows(context, case):
    """No schema knows them. Every other id in a path is replaced, also under an invalid body; links have ids already."""
    path = case.meta and case.meta.components.get(ParameterLocation.PATH)
    given = (case.path_parameters or {}).get("id")
    is_linked = path is None or is_in("stateful", case)
    if not is_linked and path.mode.is_positive and isinstance(given, int) and given % 2 == 0:
        case.path_parameters["id"] = first_id(case) + given // 2 % 4
    return case


def first_id(case):
    given = {"webhooks": FIRST_WEBHOOK, "schedules": FIRST_SCHEDULE}
    return given.get(case.operation.path.split("/")[2], 1)


@schemathesis.hook("before_call")
def rows_that_hooks_name_are_kept(context, case, kwargs):
    """Valid requests name the first script, campaign, lead, webhook and schedule. Whatever the phase and the mode of a request, and
    wherever its id is from, it must not delete one of them, archive the script, or move the lead to another campaign: it
    gets the next id instead."""
    path, given = case.operation.path, case.path_parameters or {}
    ends = case.method == "DELETE" or (case.method, path) == ("PATCH", "/api/autocall/scripts/{id}")
    if ends and path.endswith("/{id}") and str(given.get("id")) == str(first_id(case)):
        case.path_parameters = given | {"id": first_id(case) + 1}
    if path == "/api/ingest":
        for line in case.body if isinstance(case.body, list) else [case.body]:
            is_kept = isinstance(line, dict) and line.get("kind") in ("autocall_script", "autocall_lead")
            if is_kept and line.get("id") == 1:
                line["id"] = 2


@schemathesis.hook("before_call")
def values_of_links(context, case, kwargs):
    """In the stateful phase, links put values of responses into bodies and queries that hooks corrected before: the id of a
    script that is a draft, of a lead that is gone."""
    if is_in("stateful", case):
        for hook in GLOBAL_HOOK_DISPATCHER.applicable("map_case", context):
            hook(context, case)


@schemathesis.hook("map_case")
def templates_that_exist(context, case):
    """No schema knows the stored templates and the report of each."""
    if is_good(case):
        for members in (case.query, case.body):
            if isinstance(members, dict):
                members.pop("template", None)
                members.pop("templates", None)
    return case


KEY = "Idempotency-Key"


@schemathesis.hook("map_case")
def a_key_of_its_own(context, case):
    """A key that another request had is refused with another body."""
    if is_good(case) and KEY in (case.headers or {}):
        case.headers[KEY] = f"key {next(NUMBERS)}"
    return case


@schemathesis.hook("map_query")
def windows_of_the_calendar(context, query):
    return in_calendar(query)


REPORTS = r"^/api/(telesales/reports(/|$)|autocall/campaigns/(comparison|\{id\}/reports(/|$)))"


def lacks_dates(case):
    """Dates or a name are required by the reports of Telesales but one."""
    path = case.operation.path
    return path.startswith("/api/telesales/reports") and "abandon-rate" not in path and "window" not in (case.query or {})


def correct_comparison(given):
    """No schema says that a comparison needs a start, within the calendar, and has its ends in order."""
    if ".." in str(given.get("compare")):
        given["compare"] = "2026-05-01..2026-05-07"
    elif "compare" in given and "window" not in given:
        start = date_of(given.get("from") or given.get("date_from"))
        if start is None or start.year < 5:
            del given["compare"]


@schemathesis.hook("map_case").apply_to(path_regex=REPORTS)
def a_name_in_place_of_the_ends(context, case):
    """No schema says that the name of a window stands in place of both ends."""
    if not is_good(case):
        return case
    if "window" in (case.query or {}):
        case.query = {name: value for name, value in case.query.items() if name not in ENDS_OF_WINDOWS}
    elif lacks_dates(case) and not set(WINDOWS[1]) <= set(case.query or {}):
        case.query = (case.query or {}) | {"date_from": "2026-06-01", "date_to": "2026-06-08"}
    if isinstance(case.body, dict) and case.body.get("window"):
        for name in WINDOWS[0]:
            case.body.pop(name, None)
    for given in (case.query, case.body):
        if isinstance(given, dict):
            correct_comparison(given)
    return case


@schemathesis.hook("filter_case").apply_to(path_regex=REPORTS)
def a_name_or_the_ends(context, case):
    """These are not corrected above: values that are tried one at a time."""
    if not is_good(case) or not is_in("coverage", case):
        return True
    given = set(case.query or {}) | set(case.body if isinstance(case.body, dict) else ())
    is_doubled = "window" in given and given & set(ENDS_OF_WINDOWS)
    return not (lacks_dates(case) and not set(WINDOWS[1]) <= given or is_doubled or "compare" in given)


EXPORT = "/api/autocall/campaigns/{id}/reports/export"


@schemathesis.hook("map_body").apply_to(path=EXPORT)
def windows_of_orders(context, body):
    """Applies the same rules as in queries."""
    return in_calendar(body) if isinstance(body, dict) else body


@schemathesis.hook("filter_body").apply_to(path=EXPORT)
def what_an_order_leaves_empty(context, body):
    """A null or empty member is treated as absent."""
    return not isinstance(body, dict) or all(value not in ("", None) for value in body.values())


AGAIN = "/api/exports/{job_id}/again"


@schemathesis.hook("map_case").apply_to(path=AGAIN)
def windows_of_earlier_orders(context, case):
    """An end that is left out is that of the earlier order, which no schema knows."""
    if is_good(case) and isinstance(case.body, dict) and set(case.body) & set(WINDOWS[0]):
        case.body |= {"from": "2026-06-01", "to": "2026-06-08"}
    return case


@schemathesis.hook("filter_case").apply_to(path=AGAIN)
def ends_that_are_tried_one_at_a_time(context, case):
    """These are not corrected above."""
    has_end = isinstance(case.body, dict) and set(case.body) & set(WINDOWS[0])
    return not (is_in("coverage", case) and is_good(case) and has_end)


def are_numbers(*values):
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)


@schemathesis.hook("filter_case").apply_to(path="/analytics")
def what_a_question_leaves_empty(context, case):
    """A null member and an empty text are treated as absent; values tried one at a time are not corrected below."""
    body = case.body
    if not isinstance(body, dict):
        return True
    filters = body.get("filters") if isinstance(body.get("filters"), dict) else {}
    in_order = all(
        not are_numbers(filters.get(least), filters.get(most)) or filters[least] <= filters[most]
        for least, most in LIMITS
    )
    return in_order and all(value not in ("", None) for value in (*body.values(), *filters.values()))


@schemathesis.hook("map_body").apply_to(path="/analytics")
def questions_in_order(context, body):
    """Applies the same rules as in queries. No schema compares a minimum with its maximum or counts buckets."""
    filters = body.get("filters") if isinstance(body, dict) else None
    if not isinstance(filters, dict):
        return body
    ends = [name for name in WINDOWS[1] if date_of(filters.get(name)) is not None]
    for name in ends if len(ends) == 1 else []:
        # The other end is that of an attempt, and an hour is the smallest bucket.
        filters[name] = "2026-06-01" + str(filters[name])[10:]
    in_calendar(filters)
    for least, most in LIMITS:
        if are_numbers(filters.get(least), filters.get(most)):
            filters[least], filters[most] = sorted((filters[least], filters[most]))
    return body


def texts_of(value):
    """The texts a parameter is sent as: one per value, none for null."""
    several = value if isinstance(value, (list, tuple, dict)) else [value]
    return [str(one) for one in several if one is not None]


@schemathesis.hook("filter_case").apply_to(path="/api/agents")
def ids_that_are_named_twice(context, case):
    """They are counted once, so that a list may be longer than the document says."""
    ids = ",".join(texts_of((case.query or {}).get("ids"))).split(",")
    return is_good(case) or len(set(ids)) == len(ids)


@schemathesis.hook("filter_query")
def an_empty_value_is_as_if_absent(context, query):
    """No schema says that empty optional parameters (to=&granularity=) are treated as absent, and that blanks around a
    value are dropped. An empty list is sent as an empty value."""
    texts = [texts_of(value) for value in (query or {}).values()]
    return all(any(several) and all(text == text.strip() for text in several) for several in texts)


@schemathesis.hook("filter_case")
def heads_that_are_read(context, case):
    """No schema limits a query as a whole. Over 64 KiB of head, a long list of ids included, the connection is answered
    with 431 and no body."""
    query = case.query if isinstance(case.query, dict) else {}
    return len(urlencode({name: texts_of(value) for name, value in query.items()}, doseq=True, errors="replace")) < 60_000
