"""Stores the row that hooks name and the demo lacks: a schedule. Arguments: URL and token of the server."""

import sys

import requests
from common import FIRST_SCHEDULE, FIRST_WEBHOOK

SCHEDULE = {
    "name": "Dashboard, monthly",
    "report": "telesales.dashboard",
    "window": "last_month",
    "at": {"time": "07:30", "day_of_month": 1},
    "deliver": {"webhook": FIRST_WEBHOOK},
}

url, token = sys.argv[1:]
answer = requests.post(f"{url}/api/schedules", headers={"Authorization": f"Bearer {token}"}, json=SCHEDULE)
answer.raise_for_status()
assert answer.json()["data"]["id"] == FIRST_SCHEDULE, answer.text
