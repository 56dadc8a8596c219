#!/usr/bin/env python3
"""Says what the server has to answer for every file beside this script, sent through its door into an account of its own.

The forms are read by `asterisk/counts.py` and `freeswitch/expect.py`; what the legs come to is decided here, by the rules of
the contract and by nothing of Callboard's. `doors.py > doors.json` writes what tests/it/dialers/files compares with answers
and reports. Each file is sent twice: as an account without rules takes it (`unrouted`), and with a rule that takes every
call, whoever called whom (`all`).
"""

import collections
import datetime
import importlib.util
import json
import pathlib
import re

HERE = pathlib.Path(__file__).parent
ZONE = datetime.timezone(datetime.timedelta(hours=7))  # Asia/Ho_Chi_Minh in all of these years


def script(path):
    spec = importlib.util.spec_from_file_location(path.replace("/", "_"), HERE / f"{path}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ASTERISK, FREESWITCH = script("asterisk/counts"), script("freeswitch/expect")

# Results of calls without an answer; what is not here is failed.
RESULTS = {
    "ANSWERED": "answered", "NO ANSWER": "no_answer", "BUSY": "busy", "USER_BUSY": "busy", "NORMAL_CLEARING": "no_answer",
    "ORIGINATOR_CANCEL": "no_answer", "NO_USER_RESPONSE": "no_answer", "NO_ANSWER": "no_answer",
}
WEIGHTS = {"busy": 4, "no_answer": 3, "failed": 2}

OF_NO_CALL = "an event of a queue or its members that is of no call"
OF_DID = "the number that a caller in a queue dialed"
WAITING = "their call has not come"
CEL = "These are channel events (CEL). Send the call records of the same calls (CDR): they tell how each call ended."
CUT = "A row of 8 columns without a header is none that Asterisk writes by default; name its columns with `columns`."


class Leg:
    """A leg; of part `queue` an event, which tells that an agent was there (`met`) or that the caller left (`left`)."""

    def __init__(self, number, names, part, start=0, answered=False, billsec=0, ending=None, caller="", called="", met=False, left=False):
        self.number, self.names, self.part, self.start = number, set(names), part, start
        self.answered, self.billsec, self.ending = answered, billsec if answered else 0, ending
        self.caller, self.called, self.met, self.left = caller or "", called or "", met, left

    def result(self):
        return "answered" if self.answered else RESULTS.get(self.ending, "failed")


def outside(number):
    return re.fullmatch(r"\+?\d{7,}", re.sub(r"[ .()/-]", "", number)) is not None


def phone(number):
    """E.164 without plus, as section 1 says; none if it is no phone number."""
    digits = re.sub(r"[ .()/-]", "", number)
    if digits.startswith("00"):
        digits = digits[2:]
    elif digits.startswith("+"):
        digits = digits[1:]
    elif digits.startswith("0"):
        digits = "84" + digits[1:]
    return digits if re.fullmatch(r"[1-9]\d{7,14}", digits) else None


def families(legs):
    groups = []
    for leg in legs:
        joined = [group for group in groups if any(leg.names & other.names for other in group)]
        groups = [group for group in groups if group not in joined] + [[leg, *(it for group in joined for it in group)]]
    return [sorted(group, key=lambda leg: leg.number) for group in groups]


class Call:
    def __init__(self, legs):
        self.legs = legs
        queue = [leg for leg in legs if leg.part == "queue"]
        legs = [leg for leg in legs if leg.part != "queue"]
        of = lambda is_one: [leg for leg in legs if is_one(leg)]
        outbound = of(lambda leg: leg.part == "dialed" and outside(leg.called))
        deciding = outbound or of(lambda leg: leg.part == "whole") or of(lambda leg: leg.part == "dialed") or legs
        # The last word is that of the texts: one leg is told three times in 2020-02-…-Master.csv, with two causes.
        told = lambda leg: (leg.answered, leg.billsec, WEIGHTS.get(leg.result(), 5), leg.ending)
        best = max(deciding, key=told)
        in_order = sorted(legs, key=lambda leg: (leg.start, ["whole", "dialed", "artefact"].index(leg.part)))
        gave_up = any(leg.left for leg in queue) and not any(leg.met for leg in queue)
        self.result = "abandoned" if gave_up and best.answered else best.result()
        self.talk, self.cause = best.billsec, best.ending
        self.caller = best.caller or next((leg.caller for leg in in_order if leg.caller), "")
        self.called = best.called or next((leg.called for leg in in_order if leg.called), "")
        self.start = min(leg.start for leg in outbound or legs)

    def direction(self):
        if outside(self.called):
            return "outbound"
        return "inbound" if outside(self.caller) else "internal"

    def fault(self):
        return None if phone(self.called) else f'The called number "{self.called}" is no phone number.'


def reports(calls):
    """Members of the reports kpis, trend and hangup."""
    results = collections.Counter(call.result for call in calls)
    hour = lambda call: datetime.datetime.fromtimestamp(call.start, ZONE).strftime("%Y-%m-%d %H:00:00")
    return {
        "dialed": len(calls),
        **{name: results[name] for name in ("answered", "no_answer", "busy", "failed", "abandoned")},
        "talk": sum(call.talk for call in calls if call.result == "answered"),
        "causes": collections.Counter(call.cause for call in calls),
        "hours": collections.Counter(map(hour, calls)),
    }


def answers(legs, aside, unreadable):
    """Both answers for a file: its legs, the reasons of lines set aside, and the faults of those that cannot be read."""
    of_calls = families(legs)
    waiting = [family for family in of_calls if all(leg.part == "queue" for leg in family)]
    calls = [Call(family) for family in of_calls if family not in waiting]
    received = len(legs) + len(aside) + len(unreadable)
    both = {}
    for name in ("unrouted", "all"):
        ignored, faults, taken, refused = collections.Counter(aside), list(unreadable), [], 0
        if waiting:
            ignored[WAITING] += sum(map(len, waiting))
        for call in calls:
            if name == "unrouted" and call.direction() != "outbound":
                ignored[call.direction()] += len(call.legs)
            elif name == "unrouted" and call.fault():
                faults += [(leg.number, call.fault()) for leg in call.legs]
                refused += 1
            else:
                taken.append(call)
        stored = received - len(faults)
        both[name] = {
            "received": received,
            "stored": stored,
            "rejected": len(faults),
            "calls": len(of_calls) - refused,
            "collapsed": stored - len(aside) - (len(of_calls) - refused),
            "ignored": sum(ignored.values()),
            "ignored_for": ignored,
            "quarantined": 0,
            "unmapped": 0,
            "leads": len({phone(call.called) for call in taken}) if name == "unrouted" else 0,
            "faults": sorted(faults),
            "reports": reports(taken),
        }
    return both


def of_rows(name):
    rows, unreadable, form = ASTERISK.rows_of(name)
    said = ASTERISK.said

    def leg(number, row):
        ids = [said(row, key) for key in ("linkedid", "uniqueid") if said(row, key)]
        start = datetime.datetime.strptime(said(row, "start"), form).replace(tzinfo=ZONE).timestamp()
        called = ASTERISK.called(row)
        shown = re.search(r"<([^<>]*)>[^<>]*$", said(row, "clid"))
        shown = shown[1].strip() if shown else said(row, "clid").strip('"')
        caller = shown or said(row, "src") if outside(called) else said(row, "src") or shown
        answered = said(row, "disposition") == "ANSWERED"
        ids = ids or [f"row {number}"]
        return Leg(number, ids, ASTERISK.part(row), int(start), answered, int(said(row, "billsec")), said(row, "disposition"), caller, called)

    cut = [(1, CUT)] * unreadable
    first = 2 if name in HEADED else 1 + unreadable
    return [leg(first + at, row) for at, row in enumerate(rows)], [], cut


def of_queues(name):
    """Events of queues wait for the records of their calls, which are in other files."""
    aside, legs = [], []
    for number, (_, call, _, event, _) in enumerate(ASTERISK.events_of(name), 1):
        member = re.search("MEMBER|PAUSE|LOGIN|LOGOFF|QUEUESTART|CONFIGRELOAD", event)
        met = event in ("CONNECT", "COMPLETEAGENT", "COMPLETECALLER", "ATTENDEDTRANSFER", "BLINDTRANSFER", "OUTANSWER")
        left = event in ("ABANDON", "EXITWITHTIMEOUT", "EXITEMPTY", "EXITWITHKEY")
        if not call[:1].isdigit() or member:
            aside.append(OF_NO_CALL)
        elif event == "DID":
            aside.append(OF_DID)
        else:
            legs.append(Leg(number, [call], "queue", met=met, left=left))
    return legs, aside, []


HEADED = ("callcenter-2018-cdr-table.csv", "export-2017-cr-line-ends.csv", "ucoip-2017-export-with-header.csv")


def of_document(found):
    start = found["started"] / 1e6
    names = [found["uuid"], found["call"]] + ["+".join(found["family"])] * (len(found["family"]) > 1)
    answered = found["answered"] is not None
    leg = Leg(1, names, found["part"], start, answered, found["billsec"], found["cause"], found["from"], found["to"])
    return [leg], [], []


def of_csv(path):
    legs = []
    for number, row in enumerate(FREESWITCH.csv.reader(open(path, encoding="utf-8", newline="")), 1):
        name, caller, called, _, start, answer, _, _, billsec, cause, uuid, other = row[:12]
        if name == "Outbound Call":  # caller and called are swapped
            caller, called = "", max((caller, called), key=lambda text: sum(letter.isdigit() for letter in text))
        form = "%Y-%m-%d %H:%M:%S" if "-" in start else "%Y/%m/%d %H:%M"
        start = int(datetime.datetime.strptime(start, form).replace(tzinfo=ZONE).timestamp())
        part = "dialed" if name == "Outbound Call" else "whole"
        caller = "" if caller == "0000000000" else caller
        legs.append(Leg(number, {uuid, other} - {""}, part, start, answer != "", int(billsec), cause, caller, called))
    return legs, [], []


def files():
    """Legs, lines set aside and unreadable ones of every file, by its path."""
    for path in sorted((HERE / "asterisk").rglob("*")):
        name = str(path.relative_to(HERE / "asterisk"))
        if not path.is_file() or path.name.startswith(("counts.", "made-")) or "__pycache__" in name:
            continue
        if name.startswith("cel-wazo/"):
            yield f"asterisk/{name}", ([], [], [(1, CEL)])
        else:
            yield f"asterisk/{name}", of_queues(name) if "queue_log" in name else of_rows(name)
    for name, document in FREESWITCH.DOCUMENTS.items():
        yield f"freeswitch/{name}.json", of_document(document)
    for path in sorted((HERE / "freeswitch/cdr-csv").glob("[0-9]*.csv")):
        yield f"freeswitch/cdr-csv/{path.name}", of_csv(path)


# Files whose records are parts of the same calls, or tell the same calls twice.
TOGETHER = {
    "a row in the file of its account too": ["asterisk/issabel-2022-Master.csv", "asterisk/issabel-2022-account-agent01-1001.csv"],
    "calls with their queues": ["asterisk/issabel-2022-Master.csv", *(
        f"asterisk/issabel-2022-queue_log{day}" for day in ("", "-20220707", "-20220801", "-20220901", "-20221005")
    )],
    "calls with a vendor's queues": ["asterisk/callcenter-2018-cdr-table.csv", "asterisk/callcenter-2018-queue_log-table.csv"],
    "a table that two tools exported": ["asterisk/freepbx-2017-cdr-table-dmy.csv", "asterisk/ucoip-2017-export-with-header.csv"],
    "two legs that were bridged": [f"freeswitch/{name}.json" for name in FREESWITCH.DOCUMENTS if name[:2] in ("09", "10")],
    "a leg and the one that it made": [f"freeswitch/{name}.json" for name in FREESWITCH.DOCUMENTS if name[:2] in ("14", "15")],
    "both legs as events": [f"freeswitch/{name}.json" for name in FREESWITCH.DOCUMENTS if "leg-cancel" in name],
}


def together(names, read):
    """Reports of files in one account."""
    legs = [leg for name in names for leg in read[name][0]]
    calls = [Call(family) for family in families(legs) if any(leg.part != "queue" for leg in family)]
    return {"files": names, "reports": reports(calls)}


def listed(found):
    return "{\n" + ",\n".join(f" {json.dumps(name)}: {json.dumps(of, sort_keys=True)}" for name, of in found.items()) + "\n}"


def main():
    read = dict(files())
    found = {}
    for name, (legs, aside, unreadable) in sorted(read.items()):
        both = found[name] = answers(legs, aside, unreadable)
        if name.endswith(".json") and name.startswith("freeswitch"):
            for answer in both.values():  # a document is kept, so that the switch does not repeat it
                answer["quarantined"], answer["rejected"], answer["stored"] = answer["rejected"], 0, 1
    groups = {name: together(names, read) for name, names in TOGETHER.items()}
    print(f'{{"files": {listed(found)}, "together": {listed(groups)}}}')


if __name__ == "__main__":
    main()
