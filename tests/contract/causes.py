"""Rules of the results that accounts give to causes: a name stands once, however it is spelled."""

import schemathesis
from common import is_good

CAUSES = "/api/ingest/causes"


@schemathesis.hook("map_case").apply_to(path=CAUSES)
def one_name_of_each_kind(context, case):
    """No schema knows which names are spellings of one."""
    if is_good(case) and isinstance(case.body, dict):
        case.body = {
            member: dict(list(names.items())[:1]) if isinstance(names, dict) else names
            for member, names in case.body.items()
        }
    return case
