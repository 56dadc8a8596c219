"""The whole flow through a client made by openapi-python-client, which takes an answer for what the document says.

Arguments: URL of a server with the demo's data, and a token that may ingest.
"""

import datetime
import sys
import time
import urllib.parse

from callboard_client import AuthenticatedClient, Client
from callboard_client.api.access import auth_login, auth_me
from callboard_client.api.analytics import analytics
from callboard_client.api.auto_call_exports import (
    autocall_export_download,
    autocall_export_order,
    autocall_export_show,
)
from callboard_client.api.auto_call_reports import autocall_funnel, autocall_kpis
from callboard_client.api.campaigns import autocall_campaigns
from callboard_client.api.ingest import ingest
from callboard_client.api.telesales_reports import (
    telesales_agent_performance,
    telesales_dashboard,
    telesales_dashboard_export,
)
from callboard_client.models import (
    AnalyticsCallCountPage,
    AnalyticsQuery,
    AnalyticsQueryQueryType,
    AutocallExportFailed,
    AutocallExportOrder,
    AutocallExportPending,
    AutocallExportReady,
    Credentials,
    Error,
    ExportReport,
    FileFormat,
    IngestAgent,
    IngestAgentKind,
    IngestRefusal,
    IngestTeam,
    IngestTeamKind,
    Permission,
    Role,
)

url, ingest_token = sys.argv[1:]
anyone = Client(url)

# Sign in.
login = auth_login.sync(client=anyone, body=Credentials("demo", "callboard-demo"))
assert login.data.user.role is Role.ADMIN
client = AuthenticatedClient(url, login.token)
assert Permission.AUTOCALL_EXPORT_REPORT in auth_me.sync(client=client).data.permissions

# KPIs.
campaign = next(one for one in autocall_campaigns.sync(client=client, per_page=200).data if one.total_leads > 0)
kpis = autocall_kpis.sync(campaign.id, client=client).data
assert kpis.total_leads > 0 and len(kpis.answer_rate_pct.split(".")[1]) == 2
assert autocall_funnel.sync(campaign.id, client=client).data[0].drop_rate_pct is None

# The dashboard of some agents, and the same as a file.
today = datetime.date.today()
window = {"date_from": str(today - datetime.timedelta(30)), "date_to": str(today)}
agents = [one.agent_id for one in telesales_agent_performance.sync(client=client, **window).data[:2]]
dashboard = telesales_dashboard.sync(client=client, agent_ids=agents, **window).data
assert dashboard.unique_agents == 2, dashboard
file = telesales_dashboard_export.sync(client=client, agent_ids=agents, format_=FileFormat.XLSX, **window)
assert file.payload.read(2) == b"PK"

# An export: order it, poll it, download it.
order = AutocallExportOrder(report_type=ExportReport.KPIS, from_=window["date_from"], to=window["date_to"])
job_id = autocall_export_order.sync(campaign.id, client=client, body=order).data.job_id
while isinstance(export := autocall_export_show.sync(campaign.id, job_id, client=client).data, AutocallExportPending):
    assert 0 <= export.progress_pct <= 100
    time.sleep(0.1)
assert not isinstance(export, AutocallExportFailed), export.error
assert isinstance(export, AutocallExportReady)
link = urllib.parse.urlsplit(export.download_url)
signed = dict(urllib.parse.parse_qsl(link.query))
file = autocall_export_download.sync(
    *map(urllib.parse.unquote, link.path.split("/")[-2:]),
    client=anyone,
    expires=int(signed["expires"]),
    signature=signed["signature"],
)
payload = file.payload.read()
assert payload.startswith(b"PK") and len(payload) == export.file_size

# Ingest: only what a line must have is to be given.
writer = AuthenticatedClient(url, ingest_token)
team = IngestTeam(IngestTeamKind.TEAM, 990_002, "Typed")
agent = IngestAgent(IngestAgentKind.AGENT, 990_002, "Typed", "typed2", team_id=None)
assert ingest.sync(client=writer, body=[team, agent]).data.stored == 2
agent.team_id = 990_009
refusal = ingest.sync(client=writer, body=[agent])
assert isinstance(refusal, IngestRefusal) and refusal.data.rejected == 1, refusal

# Analytics: the question says which rows come back.
page = analytics.sync(client=client, body=AnalyticsQuery(AnalyticsQueryQueryType.CALL_COUNT))
assert isinstance(page, AnalyticsCallCountPage) and page.data[0].count > 0

# A 422 lists every faulty field.
wrong = telesales_dashboard.sync(client=client, date_from="2026-06-30", date_to="2026-06-01", timezone="Nowhere")
assert isinstance(wrong, Error)
assert sorted(wrong.errors.additional_properties) == ["date_to", "timezone"], wrong
