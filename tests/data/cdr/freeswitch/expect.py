"""Counts and reads the records beside it by means of its own, and prints what it found: python3 expect.py > expected.json.

No JSON parser: values are cut out of the text by pattern, and percent-escapes are undone by what the README says of each file.
The parties and the part of each call were read by eye. Stamps of CSV files are taken as Asia/Ho_Chi_Minh.
"""

import csv
import datetime
import glob
import json
import os
import re
import urllib.parse
import zoneinfo

HERE = os.path.dirname(os.path.abspath(__file__))
ZONE = zoneinfo.ZoneInfo("Asia/Ho_Chi_Minh")

# File, percent-encoded, part, from, to, provider: by eye.
BY_EYE = {
    "01": (True, "whole", "1001", "1002", "internal"),
    "02": (False, "whole", "+4986517478763", "+4986517829391", "ipbxas"),
    "03": (False, "whole", "1001", "1002", "internal"),
    "04": (False, "whole", "1001", "1003", "cgrtest"),
    "05": (False, "whole", "1001", "1002", "internal"),
    "06": (False, "whole", "1001", "1002", "internal"),
    "07": (False, "whole", "1001", "1002", "internal"),
    "08": (True, "whole", "1234", "85595846716", "external"),
    "09": (True, "dialed", "1294", "0715504925", "external"),
    "10": (True, "dialed", "1294", "1234", "external"),
    "11": (True, "whole", "+85516572410", "1294", "external"),
    "12": (True, "dialed", "+50222879845", "6998050496888669", "external"),
    "13": (True, "dialed", "525550487289", "69980528134216924", "external"),
    "14": (True, "whole", "1001", "1003", "internal"),
    "15": (True, "dialed", "1001", "1003", "internal"),
    "16": (True, "dialed", "9111401549", "3868624286", "sipptester"),
    "event-2025-11-13-hangup-complete-a-leg-cancel": (False, "whole", "1001", "1003", "internal"),
    "event-2025-11-13-hangup-complete-b-leg-cancel": (False, "dialed", "1001", "1003", "internal"),
    "event-2025-11-13-hangup-complete-dialer-answered": (False, "dialed", "9111401549", "3868624286", "sipptester"),
}

# Result and direction of the call that a file is the first leg of: by eye, and by the facts of the specification.
CALLS = {
    "01": ("answered", "internal"),
    "02": ("answered", "outbound"),
    "03": ("answered", "internal"),
    "04": ("answered", "internal"),
    "05": ("answered", "internal"),
    "06": ("answered", "internal"),
    "07": ("answered", "internal"),
    "08": ("no_answer", "outbound"),
    "09": ("answered", "outbound"),
    "11": ("answered", "inbound"),
    "12": ("no_answer", "outbound"),
    "13": ("answered", "outbound"),
    "14": ("no_answer", "internal"),
    "16": ("answered", "outbound"),
    "event-2025-11-13-hangup-complete-a-leg-cancel": ("no_answer", "internal"),
    "event-2025-11-13-hangup-complete-dialer-answered": ("answered", "outbound"),
}

# Files whose legs are of one call. All others are calls of their own.
TOGETHER = [["09", "10"], ["14", "15"], [name for name in BY_EYE if name.endswith("leg-cancel")]]


def document(path):
    name = os.path.basename(path)[: -len(".json")]
    short = name if name.startswith("event") else name[:2]
    encoded, part, caller, called, provider = BY_EYE[short]
    text = open(path, encoding="utf-8").read()
    prefix = "variable_" if name.startswith("event") else ""
    start = text.index('"variables"') if not prefix else 0

    def value(variable):
        found = re.compile(r'"%s%s"\s*:\s*"((?:[^"\\]|\\.)*)"' % (prefix, variable)).search(text, start)
        raw = found.group(1) if found else ""
        return urllib.parse.unquote(raw) if encoded else raw

    def micros(variable):
        return int(value(variable + "_uepoch") or 0) or None

    family = next((files for files in TOGETHER if short in files), [short])
    return name, {
        "uuid": value("uuid"),
        "call": value("originator") or value("uuid"),
        "part": part,
        "started": micros("start"),
        "answered": micros("answer"),
        "ended": micros("end"),
        "billsec": int(value("billsec")),
        "cause": value("hangup_cause"),
        "from": caller,
        "to": called,
        "provider": provider,
        "family": sorted(family),
        "accountcode": value("accountcode"),
        "user_agent": value("sip_user_agent"),
    }


def rows(path):
    lines = list(csv.reader(open(path, encoding="utf-8", newline="")))

    def instant(stamp):
        for form in ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M"):
            try:
                return int(datetime.datetime.strptime(stamp, form).replace(tzinfo=ZONE).timestamp())
            except ValueError:
                pass
        return 0

    causes, calls = {}, {}
    for line in lines:
        causes[line[9]] = causes.get(line[9], 0) + 1
    for line in lines:  # rows of one call, by union of uuids
        names = {line[10], line[11]} - {""}
        merged = names.union(*(calls[name] for name in names if name in calls))
        for name in merged:
            calls[name] = merged
    known = {line[10] for line in lines}
    return os.path.basename(path), {
        "rows": len(lines),
        "answered": sum(line[5] != "" for line in lines),
        "billsec": sum(int(line[8]) for line in lines if line[5]),
        "causes": causes,
        "keys": len(known),
        "calls": len({frozenset(names) for name, names in calls.items() if name in known}),
        "starts": sum(instant(line[4]) for line in lines),
        "dialed": sum(line[0] == "Outbound Call" for line in lines),
    }


def call(short, documents):
    of_it = [found for name, found in documents.items() if short in found["family"]]
    first = min(of_it, key=lambda found: found["started"])
    result, direction = CALLS[short]
    return {
        "id": first["uuid"],
        "result": result,
        "direction": direction,
        "talk": next(found["billsec"] for name, found in documents.items() if name.startswith(short)),
        "legs": len(of_it),
    }


DOCUMENTS = dict(document(path) for path in sorted(glob.glob(HERE + "/[0-9e]*.json")) if "expected" not in path)

if __name__ == "__main__":
    print(
        json.dumps(
            {
                "documents": DOCUMENTS,
                "calls": sorted((call(short, DOCUMENTS) for short in CALLS), key=lambda found: found["id"]),
                "csv": dict(rows(path) for path in sorted(glob.glob(HERE + "/cdr-csv/[0-9]*.csv"))),
            },
            indent=1,
        )
    )
