"""Rules of schedules: what no schema compares, and the rows that they name."""

import schemathesis
from common import FIRST_WEBHOOK, is_good

SCHEDULES = r"^/api/schedules(/\{id\})?$"


@schemathesis.hook("map_case").apply_to(path_regex=SCHEDULES)
def reports_with_their_parameters(context, case):
    """Each report has parameters of its own, and a change of one without the other meets the stored one. The demo sends no
    mail, and its webhook is stored. Days of the week and a day of the month exclude each other."""
    if not is_good(case) or not isinstance(case.body, dict):
        return case
    body = dict(case.body)
    if "report" in body or "params" in body:
        report = body.setdefault("report", "telesales.dashboard")
        is_of_campaign = report.startswith("autocall.") and report != "autocall.attempts"
        body["params"] = {"campaign_id": 1} if is_of_campaign else {}
    if "deliver" in body:
        body["deliver"] = {"webhook": FIRST_WEBHOOK}
    if "days" in body.get("at", ()):
        body["at"] = {name: value for name, value in body["at"].items() if name != "day_of_month"}
    case.body = body
    return case


@schemathesis.hook("filter_case").apply_to(path_regex=SCHEDULES)
def what_a_schedule_leaves_empty(context, case):
    """A null member of an inner object is treated as absent."""
    inner = [case.body.get(name) for name in ("at", "deliver")] if isinstance(case.body, dict) else []
    return not any(isinstance(object, dict) and None in object.values() for object in inner)
