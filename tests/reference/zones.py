#!/usr/bin/env python3
"""Every zone of PyPI's tzdata with its offsets, for comparison with the server's: JSON on standard output.

    {"version": "2026a", "zones": {"Europe/Berlin": [[from, offset], …], …}}

Spans from 2015 to the end of 2037, `from` in seconds since 1970, offsets in seconds ahead of UTC. Run it with
PYTHONTZPATH empty, so that the system's data is not read instead.
"""

import io
import json
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

import tzdata

DAY = 86_400
FIRST = int(datetime(2015, 1, 1, tzinfo=timezone.utc).timestamp())
LAST = int(datetime(2038, 1, 1, tzinfo=timezone.utc).timestamp())


def spans(zone):
    def offset(second):
        return zone.utcoffset(datetime.fromtimestamp(second, zone)) // timedelta(seconds=1)

    found = [[FIRST, offset(FIRST)]]
    for day in range(FIRST + DAY, LAST, DAY):
        before, after, last = day - DAY, day, found[-1][1]
        if offset(after) == last:
            continue
        while after - before > 1:
            middle = (before + after) // 2
            before, after = (middle, after) if offset(middle) == last else (before, middle)
        found.append([after, offset(after)])
    return found


@lru_cache(maxsize=None)
def spans_of_file(data):
    # Links have the same file as their zone.
    return spans(ZoneInfo.from_file(io.BytesIO(data)))


files = resources.files("tzdata")
names = [name for name in (files / "zones").read_text().split() if name != "Factory"]
zones = {name: spans_of_file(files.joinpath("zoneinfo", *name.split("/")).read_bytes()) for name in names}
print(json.dumps({"version": tzdata.IANA_VERSION, "zones": zones}))
