"""Rules of the doors of dialers: what a file holds is text to OpenAPI, and only its content can be judged."""

import schemathesis
from common import is_good

FREESWITCH = "/api/ingest/freeswitch"
CSV = "/api/ingest/csv"
MAPPING = "/api/ingest/mappings/{name}"
DOORS = r"^/api/ingest/(freeswitch|asterisk|vicidial|csv)$"
ROWS = {
    CSV: "id;name\n1;North\n2;South\n",
    "/api/ingest/asterisk": "src,dst,start,end,disposition,uniqueid\n"
    "1001,0987654321,2026-06-01 10:00:00,2026-06-01 10:00:30,NO ANSWER,1780282800.1\n",
    "/api/ingest/vicidial": "uniqueid,lead_id,list_id,campaign_id,call_date,start_epoch,end_epoch,length_in_sec,status,"
    "phone_code,phone_number,user\n1782784790.101,5001,101,HANOI,2026-06-30 09:00:00,1782784800,1782784895,95,NA,84,"
    "0901234501,VDAD\n",
}


@schemathesis.hook("filter_case").apply_to(path_regex=DOORS)
def bodies_that_are_text(context, case):
    """A body declared as gzip must be gzip, and any value sent in place of a text becomes a text. Not even an empty one is
    refused: it is read, and has no rows."""
    if str((case.headers or {}).get("Content-Encoding")).lower() in ("gzip", "x-gzip"):
        return False
    if case.operation.path == FREESWITCH and not is_good(case):
        return False  # whatever cannot be read is kept
    return isinstance(case.body, (str, bytes))


@schemathesis.hook("map_case").apply_to(path_regex=DOORS)
def a_file_with_rows(context, case):
    """A file of which no row can be stored is a 422. Names of columns, sheets and mappings depend on what is stored."""
    path = case.operation.path
    if not is_good(case) or path not in ROWS:
        return case
    free = ("columns", "date_format", "sheet", "map", "encoding", "atomic")
    case.query = {name: value for name, value in (case.query or {}).items() if name not in free}
    if path == CSV:
        case.query["kind"] = "team"
    case.media_type = "text/csv" if path != "/api/ingest/vicidial" else case.media_type
    case.body = ROWS[path]
    return case


@schemathesis.hook("map_case").apply_to(path=MAPPING)
def columns_of_its_kind(context, case):
    """Fields are those of the kind, required ones among them."""
    if is_good(case) and isinstance(case.body, dict):
        case.body |= {"kind": "team", "columns": {"id": "Id", "name": "Name"}, "values": {}, "date_format": None, "timezone": None}
        if isinstance(case.body.get("about"), str):
            case.body["about"] = case.body["about"].replace("\0", "")
    return case


@schemathesis.hook("map_case").apply_to(path="/api/ingest/routing")
def rules_of_plain_texts(context, case):
    """A pattern is a regular expression, and no text has a NUL."""
    if is_good(case) and isinstance(case.body, dict):
        for rule in case.body.get("rules") or []:
            rule["when"] = {"accountcode": "sales"}
            for name in ("campaign", "lead", "agent", "attempt_number"):
                rule.pop(name, None)
        case.body["strip_prefixes"] = ["9"]
    return case
