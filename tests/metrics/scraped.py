"""Makes things happen on a server, and asks the Prometheus that scrapes it what it counted.

Arguments: URL and token of the server, address and token of its metrics, a folder."""

import http.server
import json
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from names import COUNTERS, GAUGES, HISTOGRAMS

url, token, probes, metrics_token, place = sys.argv[1:]
RETRIED = 120


def send(method, address, body=None, bearer=None, kind="application/json"):
    """Status and body of an answer."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    request = urllib.request.Request(address, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def api(method, path, body=None, status=(200, 201, 202), **options):
    got, text = send(method, url + path, body, token, **options)
    assert got in status, f"{method} {path}: {got} {text}"
    return json.loads(text) if text else None


def eventually(what, ask):
    for _ in range(RETRIED):
        found = ask()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"not in time: {what}")


def receiver():
    """The address of a server that accepts every webhook."""

    class Accepting(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Accepting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def prometheus():
    """Begins to scrape. The base of its own API."""
    folder = pathlib.Path(place) / "prometheus"
    folder.mkdir()
    (folder / "token").write_text(metrics_token)
    (folder / "prometheus.yml").write_text(json.dumps({
        "global": {"scrape_interval": "1s"},
        "rule_files": [str(pathlib.Path("deploy/prometheus/alerts.yml").resolve())],
        "scrape_configs": [{
            "job_name": "callboard",
            "static_configs": [{"targets": [probes]}],
            "authorization": {"credentials_file": str(folder / "token")},
        }],
    }))
    listen = f"127.0.0.1:{free_port()}"
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
               f"--web.listen-address={listen}", "--log.level=error"]
    return f"http://{listen}", subprocess.Popen(command)


def is_there(base):
    try:
        return send("GET", f"{base}/-/ready")[0] == 200
    except urllib.error.URLError:
        return False


def series(base, expression):
    """Series with their values."""
    _, text = send("GET", f"{base}/api/v1/query?query={urllib.parse.quote(expression)}")
    return [(it["metric"], float(it["value"][1])) for it in json.loads(text)["data"]["result"]]


def value(base, expression):
    return sum(number for _, number in series(base, expression))


def happen():
    """One of everything that is counted."""
    report = "/api/autocall/campaigns/1/reports/kpis?from=2026-01-01&to=2026-01-02"
    for _ in range(3):
        api("GET", report)
    assert send("GET", f"{url}/nothing/0987654321")[0] == 404
    assert send("BREW", url)[0] == 405
    lines = b'{"kind":"team","id":77,"name":"North"}\n{"kind":"team","id":78}\n{"kind":"nothing"}\n'
    api("POST", "/api/ingest", lines, kind="application/x-ndjson")
    for _ in range(7):
        send("POST", f"{url}/api/auth/login", {"username": "nobody", "password": "nothing"})
    export = {"report_type": "kpis", "from": "2026-01-01", "to": "2026-01-02", "format": "csv"}
    api("POST", "/api/autocall/campaigns/1/reports/export", export)
    webhook = api("POST", "/api/webhooks", {"url": receiver(), "events": ["*"]})["data"]["id"]
    schedule = {"name": "Daily", "report": "telesales.dashboard", "window": "yesterday", "at": {"time": "07:30"},
                "deliver": {"webhook": webhook}}
    number = api("POST", "/api/schedules", schedule)["data"]["id"]
    api("POST", f"/api/schedules/{number}/run")


COUNTED = [
    'callboard_http_requests_total{route="/api/autocall/campaigns/{id}/reports/kpis",status="200",cache="miss"}',
    'callboard_http_requests_total{route="/api/autocall/campaigns/{id}/reports/kpis",status="200",cache="hit"}',
    'callboard_http_requests_total{route="other",status="404"}',
    'callboard_http_requests_total{method="OTHER",status="405"}',
    'callboard_http_request_duration_seconds_count{route="/api/autocall/campaigns/{id}/reports/kpis",cache="hit"}',
    'callboard_cache_requests_total{outcome="read"}',
    'callboard_cache_requests_total{outcome="hit"}',
    "callboard_db_read_round_trips_total",
    "callboard_db_pool_wait_seconds_count",
    'callboard_ingest_lines_total{kind="team",outcome="stored"}',
    'callboard_ingest_lines_total{kind="team",outcome="rejected"}',
    'callboard_ingest_lines_total{kind="other",outcome="rejected"}',
    'callboard_rate_limited_total{group="login_name"}',
    'callboard_exports_finished_total{outcome="ready"}',
    'callboard_webhook_deliveries_total{outcome="delivered"}',
    'callboard_schedule_runs_total{outcome="done"}',
    "process_cpu_seconds_total",
]

assert send("GET", f"{url}/metrics", bearer=metrics_token)[0] == 404, "metrics on the public port"
assert send("GET", f"http://{probes}/metrics")[0] == 401, "metrics without their token"
assert send("GET", f"http://{probes}/metrics", bearer=token)[0] == 401, "metrics with a user's token"

base, process = prometheus()
try:
    eventually("a scrape", lambda: is_there(base) and value(base, 'up{job="callboard"}'))
    eventually("figures of the installation", lambda: series(base, "callboard_db_size_bytes"))
    histograms = {f"{name}_{part}": labels for name, labels in HISTOGRAMS.items() for part in ("sum", "count")}
    for name, labels in (COUNTERS | GAUGES | histograms).items():
        found = series(base, name)
        assert found, f"no {name}"
        for own, _ in found:
            assert set(own) - {"__name__", "job", "instance"} == labels, own
    before = {it: value(base, it) for it in COUNTED}
    happen()
    for it in COUNTED:
        eventually(f"{it}, which was {before[it]}", lambda it=it: value(base, it) > before[it])
    _, text = send("GET", f"http://{probes}/metrics", bearer=metrics_token)
    for secret in ("0987654321", "nobody", "demo", token):
        own = [line for line in text.splitlines() if secret in line and 'task="demo' not in line]
        assert not own, own
    rules = json.loads(send("GET", f"{base}/api/v1/rules")[1])["data"]["groups"][0]["rules"]
    wrong = [rule for rule in rules if rule["health"] == "err"]
    assert rules and not wrong, wrong
    print(f"{len(COUNTERS | GAUGES | HISTOGRAMS)} metrics scraped, {len(COUNTED)} series counted, {len(rules)} rules read")
finally:
    process.terminate()
    process.wait()
