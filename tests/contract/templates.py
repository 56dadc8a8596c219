"""Rules of export templates: fields of reports, and formats, conditions and pictures that no pattern describes."""

import schemathesis
from common import is_good, is_in

TEMPLATE = "/api/export-templates/{name}"
STORED = ("agents-acme", "campaign-trend")
# Some fields of some reports, the first one a number.
FIELDS = {
    "telesales.agent-performance": ("dials", "name", "answers", "conversions", "conv_rate"),
    "autocall.trend": ("dialed", "bucket", "answered", "answer_rate_pct", "transfer_count"),
}
PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@schemathesis.hook("map_case").apply_to(path=TEMPLATE)
def names_of_stored_templates(context, case):
    """No schema knows them. Every other name is replaced; links have names already."""
    name = (case.path_parameters or {}).get("name")
    if is_good(case) and not is_in("stateful", case) and len(name) % 2 == 0:
        case.path_parameters = {"name": STORED[len(name) // 2 % 2]}
    return case


@schemathesis.hook("map_case").apply_to(path=TEMPLATE)
def fields_of_the_report(context, case):
    """No schema knows the fields of a report, each of which stands once, and their types."""
    if not is_good(case) or not isinstance(case.body, dict):
        return case
    body = dict(case.body)
    body["report"] = sorted(FIELDS)[len(body["report"]) % 2]
    fields = FIELDS[body["report"]]
    body["columns"] = [column | {"field": field} for field, column in zip(fields, body["columns"])]
    for column in body["columns"]:
        if column.get("format") is not None:
            column["format"] = "#,##0.0"
    if body.get("sort"):
        body["sort"] = [sort | {"field": field} for field, sort in zip(fields, body["sort"])]
    if body.get("conditional"):
        body["conditional"] = [part | {"field": fields[0], "when": {"<": 5}} for part in body["conditional"]]
    if body.get("logo") is not None:
        body["logo"] = PICTURE
    case.body = body
    return case
