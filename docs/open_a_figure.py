"""Opens the numbers of reports: for every count of every report, the list of calls or leads behind it, and its total.

Arguments: URL of a server, a token, first and last day, and an AutoCall campaign.
"""

import json
import sys
import urllib.request
from collections import Counter
from urllib.parse import quote, urlencode

url, token, first, last, campaign = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Cache-Control": "no-cache"}


def ask(path, body=None):
    body = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(urllib.request.Request(url + path, body, headers)) as answer:
        return json.load(answer), answer.headers["Callboard-Window"]


# To open a number: the rule of section 13 of docs/contract.md, in fifteen lines.
def figures(value, at, around=(), name=None):
    if not at:
        yield value, around, name
        return
    around = (value, *around) if isinstance(value, dict) else around
    inside = value if isinstance(value, dict) else dict(enumerate(value))
    for key in inside if at[0] == "*" else [at[0]]:
        yield from figures(inside[key], at[1:], around, key)
def put_in(text, around, name):
    if not text or text[0] + text[-1] != "{}": return text
    return name if text == "{*}" else next((it[text[1:-1]] for it in around if text[1:-1] in it), None)
def opened(calls, around, name, asked):
    given = asked | {key: put_in(text, (*around, asked), name) for key, text in calls["set"].items()}
    steps = [quote(str(put_in(step, (*around, asked), name)), safe="") for step in calls["list"].split("/")]
    return "/".join(steps) + "?" + urlencode({key: value for key, value in given.items() if value is not None})


def answer(report):
    """The figures of a report, and the parameters of its request."""
    route, _, question = report.partition("#")
    ends = ("from", "to") if route.startswith("/api/autocall/") else ("date_from", "date_to")
    dates, asked = dict(zip(ends, (first, last))), {"timezone": "Europe/Berlin"}
    if route == "/api/overview":
        asked["module"] = question
        body, window = ask(f"{route}?{urlencode(asked)}")
    elif question:
        body, window = ask(route, {"query_type": question, "filters": dates, "page_size": 1000} | asked)
    else:
        asked["campaign_ids"] = campaign
        body, window = ask(f"{route.replace('{id}', campaign)}?{urlencode(dates | asked)}")
    if "{id}" in route:
        asked["campaign_id"] = campaign
    # Exactly the window of the answer, whatever it was asked by.
    return body["data"], asked | dict(zip(ends, window.split("/")))


count = Counter()
metrics = [it for it in ask("/api/meta/metrics")[0]["data"] if "at" in it and it["kind"] == "count" and it["calls"]]
for report in dict.fromkeys(it["report"] for it in metrics):
    data, asked = answer(report)
    for metric in (it for it in metrics if it["report"] == report):
        for value, around, name in figures(data, metric["at"].split("/")[1:]):
            path = opened(metric["calls"], around, name, asked)
            total = ask(path + "&limit=1")[0]["total"]
            assert total == value, f"{metric['id']}: {value}, but {path} has {total}"
            count[report] += 1
for report, figures_of in count.items():
    print(f"{figures_of:6} {report}")
print(f"{count.total():6} figures opened in {len(count)} reports, each the total of its list")
