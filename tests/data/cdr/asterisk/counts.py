#!/usr/bin/env python3
"""Counts what the records of Asterisk beside this script say, apart from Callboard's readers.

It knows the form of each file by name, where Callboard finds it; it shares nothing with Callboard but the rules of the
contract. `counts.py > counts.json` writes the counts that tests/it/asterisk.rs compares with what is read.
"""

import collections
import csv
import datetime
import io
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
ZONE = datetime.timezone(datetime.timedelta(hours=7))  # Asia/Ho_Chi_Minh in all of these years
CSV = (
    "accountcode src dst dcontext clid channel dstchannel lastapp lastdata start answer end duration billsec disposition "
    "amaflags uniqueid userfield peeraccount linkedid sequence"
).split()
CUSTOM = (
    "clid src dst dcontext channel dstchannel lastapp lastdata start answer end duration billsec disposition amaflags "
    "accountcode uniqueid userfield sequence"
).split()
FREEPBX = "start clid src dst dcontext channel dstchannel lastapp lastdata duration billsec disposition amaflags accountcode uniqueid".split()
ISO, DAY_FIRST, SHORT = "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d/%m/%y %H:%M"
EVENTS = {
    "Source": "src", "Destination": "dst", "CallerID": "clid", "Channel": "channel", "DestinationChannel": "dstchannel",
    "LastApplication": "lastapp", "LastData": "lastdata", "StartTime": "start", "BillableSeconds": "billsec",
    "Disposition": "disposition", "UniqueID": "uniqueid", "Linkedid": "linkedid",
}


def text(name):
    return (HERE / name).read_bytes().decode("latin-1").replace("\0", "")


def table(lines, names):
    return [dict(zip(names, row)) for row in csv.reader(lines)]


def headed(body):
    lines = body.split("\n")
    names = ["start" if name == "calldate" else name for name in lines[0].split(",")]
    return table([line for line in lines[1:] if line], names)


def requoted(body):
    """`""Person 07" <1141>"` as the two quotes that it means."""
    return re.sub(r',""((?:[^,"]|, )*)" (<[^>]*>)",', r',"""\1"" \2",', body)


def rows_of(name):
    """Rows of a file, its unreadable lines, and the format of its dates."""
    if name == "callcenter-2018-cdr-table.csv":
        return headed(requoted(text(name))), 0, ISO
    if name == "cdr_custom-2023-19-columns.csv":
        return table(io.StringIO(text(name)), CUSTOM), 0, ISO
    if name == "export-2017-cr-line-ends.csv":
        return headed(text(name).replace("\r", "\n")), 0, SHORT
    if name == "freepbx-2017-cdr-table-dmy.csv":
        return table(io.StringIO(text(name)), FREEPBX), 0, DAY_FIRST
    if name == "ucoip-2017-export-with-header.csv":
        return headed(text(name)), 0, ISO
    if name == "ooh323-2018-Master-extract.csv":
        return table(text(name).split("\n")[1:-1], CSV), 1, ISO
    if name.startswith("ami-"):
        pairs = [line.split(":", 1) for line in text(name).split("\n") if ":" in line]
        return [{EVENTS.get(key, key): value.strip() for key, value in pairs}], 0, ISO
    if name == "freepbx-2019-cdr-row-busy.json":
        row = json.loads(text(name))
        at = datetime.datetime.fromtimestamp(int(row["call_timestamp"]), ZONE)
        return [dict(row, start=at.strftime(ISO))], 0, ISO
    if name == "grandstream-ucm6100-2013-cdr-api.json":
        return json.loads(text(name))["cdr"], 0, ISO
    return table(io.StringIO(text(name)), CSV), 0, ISO


def said(row, name):
    value = (row.get(name) or "").strip()
    return "" if value == "NULL" else value


def outside(number):
    plain = re.sub(r"[ .()/-]", "", number)
    return re.fullmatch(r"\+?\d{7,}", plain) is not None


def called(row):
    dst = said(row, "dst")
    if dst and dst not in "s h i t e o a T".split():
        return dst
    target = re.match(r"[^,|&]*/(\+?\d{7,})(@[^,|&]*)?([,|]|$)", said(row, "lastdata"))
    return target[1] if said(row, "lastapp") == "Dial" and target else dst


def part(row):
    channel, other = said(row, "channel"), said(row, "dstchannel")
    if (other or channel).startswith("Local/"):
        return "artefact"
    through = other or (said(row, "trunk") and said(row, "lastapp") == "Dial")
    return "dialed" if through and outside(called(row)) else "whole"


def joined(families):
    """Number of groups of names, where groups that share a name are one."""
    above = {}

    def top(name):
        while above.setdefault(name, name) != name:
            name = above[name]
        return name

    for names in families:
        for name in names[1:]:
            above[top(name)] = top(names[0])
        top(names[0])
    return len({top(name) for name in above})


def counts_of_rows(name):
    rows, unreadable, form = rows_of(name)
    ids = lambda row: [said(row, key) for key in ("linkedid", "uniqueid") if said(row, key)] or [json.dumps(row)]
    at = lambda row: int(datetime.datetime.strptime(said(row, "start"), form).replace(tzinfo=ZONE).timestamp())
    answered = [row for row in rows if said(row, "disposition") == "ANSWERED"]
    parts = collections.Counter(map(part, rows))
    return {
        "records": len(rows) + unreadable,
        "legs": len(rows),
        "unreadable": unreadable,
        "no_calls": 0,
        "calls": joined(map(ids, rows)),
        "endings": collections.Counter(said(row, "disposition") for row in rows),
        "answered": len(answered),
        "billsec": sum(int(said(row, "billsec")) for row in answered),
        "dialed": parts["dialed"],
        "artefacts": parts["artefact"],
        "agents": 0,
        "abandoned": 0,
        "first": min(map(at, rows)),
        "last": max(map(at, rows)),
    }


def events_of(name):
    """Events as time, call id, agent, event and talk."""
    if name == "callcenter-2018-queue_log-table.csv":
        for row in csv.DictReader(io.StringIO(text(name))):
            yield int(row["date_time"]), row["callid"], row["type"], row["event"], int(row["ttime"])
    elif name == "queue_log-realtime-2013-mysqldump.txt":
        for line in text(name).splitlines():
            row = [value.strip(" '") for value in line.strip("(),").split(",")]
            if row[5] == "ADDMEMBER" or len(row) != 11:  # a member with commas in its name
                row = row[:4] + ["", "ADDMEMBER"] + [""] * 5
            at = datetime.datetime.strptime(row[1][:19], ISO).replace(tzinfo=ZONE).timestamp()
            yield int(at), row[2], row[4], row[5], int(row[7] or 0) if row[5].startswith("COMPLETE") else 0
    else:
        for line in text(name).splitlines():
            row = line.split("|")
            yield int(row[0]), row[1], row[3], row[4], int(row[6]) if row[4].startswith("COMPLETE") else 0


def counts_of_events(name):
    kept, no_calls = [], 0
    for event in events_of(name):
        of_member = re.search("MEMBER|PAUSE|LOGIN|LOGOFF|QUEUESTART|CONFIGRELOAD", event[3])
        if not event[1][:1].isdigit() or of_member or event[3] == "DID":
            no_calls += 1
        else:
            kept.append(event)
    met = ("CONNECT", "COMPLETEAGENT", "COMPLETECALLER", "ATTENDEDTRANSFER", "BLINDTRANSFER")
    left = ("ABANDON", "EXITWITHTIMEOUT", "EXITEMPTY", "EXITWITHKEY")
    return {
        "records": len(kept) + no_calls,
        "legs": len(kept),
        "unreadable": 0,
        "no_calls": no_calls,
        "calls": len({event[1] for event in kept}),
        "endings": {},
        "answered": sum(event[3] in met or event[3] == "OUTANSWER" for event in kept),
        "billsec": sum(event[4] for event in kept if event[3] in met or event[3] == "OUTANSWER"),
        "dialed": 0,
        "artefacts": 0,
        "agents": sum(event[3] in met or event[3].startswith("OUT") for event in kept),
        "abandoned": sum(event[3] in left for event in kept),
        "first": None,
        "last": None,
    }


def counts_of(name):
    if name.startswith("cel-wazo/"):
        nothing = dict.fromkeys("legs no_calls calls answered billsec dialed artefacts agents abandoned".split(), 0)
        return {"records": 1, "unreadable": 1, "endings": {}, "first": None, "last": None, **nothing}
    return counts_of_events(name) if "queue_log" in name else counts_of_rows(name)


def main():
    files = [path for path in HERE.rglob("*") if path.is_file() and path.name not in ("counts.py", "counts.json")]
    names = sorted(str(path.relative_to(HERE)) for path in files if not path.name.startswith("made-"))
    json.dump({name: counts_of(name) for name in names}, sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
