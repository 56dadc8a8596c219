"""The overview, section 15 of the contract: rows without their warnings, by id."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from basics import DAY, LOCAL_EPOCH, MINUTE, QUARTER, fixed, percent_text, print_instant

OPEN = ("pending", "in_progress", "retry")


def number(value):
    return Decimal(fixed(value.numerator, value.denominator, 1))


def overview(world, request):
    is_telesales = request.query.get("module", "autocall") == "telesales"
    campaigns = world.telesales_campaigns if is_telesales else world.autocall_campaigns
    rows = []
    for campaign_id, campaign in sorted(campaigns.items()):
        row = Row(world, request, campaign_id, is_telesales)
        if campaign["status"] in ("active", "paused") or row.has_recent_calls():
            rows.append(row.shown(campaign))
    return rows


class Row:
    def __init__(self, world, request, campaign_id, is_telesales):
        self.world, self.zone, self.now = world, request.zone, request.now
        self.today = self.zone.local(self.now) // DAY
        self.end = (self.now // QUARTER + 1) * QUARTER
        self.is_telesales = is_telesales
        if is_telesales:
            self.calls = [call for call in world.calls if call["campaign_id"] == campaign_id]
            self.leads = [lead for lead in world.telesales_leads if lead["campaign_id"] == campaign_id]
            self.dials = [call for call in self.calls if call["result"] != "blocked"]
            self.answers = ("answered", "abandoned")
        else:
            self.calls = self.dials = world.attempts_of[campaign_id]
            self.leads = world.autocall_leads_of[campaign_id]
            self.answers = ("answered",)

    def midnight(self, day):
        return self.zone.midnight(day)

    def within(self, start, end):
        return [call for call in self.dials if start <= call["started_at"] < end]

    def answered(self, calls):
        return sum(1 for call in calls if call["result"] in self.answers)

    def has_recent_calls(self):
        start = self.midnight(self.today - 7)
        return any(start <= call["started_at"] <= self.now for call in self.calls)

    def left(self):
        if self.is_telesales:
            return max(0, len(self.leads) - len({call["lead_id"] for call in self.dials}))
        return sum(1 for lead in self.leads if lead["status"] in OPEN)

    def pace(self):
        days = {self.zone.local(call["started_at"]) // DAY for call in self.dials}
        days = sorted(day for day in days if self.today - 28 <= day < self.today)[-7:]
        if len(days) < 2:
            return None
        start, end = self.midnight(days[0]), self.midnight(self.today)
        leads = {call["lead_id"] for call in self.within(start, end)}
        if self.is_telesales:
            leads -= {call["lead_id"] for call in self.dials if call["started_at"] < start}
        else:
            attempts_of = self.world.attempts_of_lead
            leads = [
                lead for lead in leads
                if lead in self.world.leads and self.world.leads[lead]["status"] not in OPEN
                and all(attempt["started_at"] < end for attempt in attempts_of[lead])
            ]
        each = Fraction(len(leads), len(days))
        lasts = self.left() / each if each else None
        ends_on = None
        if lasts is not None and lasts // 1 <= 36500:
            ends_on = (LOCAL_EPOCH + timedelta(days=self.today + lasts // 1)).date().isoformat()
        return {
            "leads_finished_per_day": number(each),
            "basis_days": len(days),
            "days_left": None if lasts is None else number(lasts),
            "ends_on": ends_on,
        }

    def shown(self, campaign):
        today = self.within(self.midnight(self.today), self.end)
        week_ago = self.today - 7
        minute = self.zone.local(self.now) % DAY // MINUTE * MINUTE
        before = self.within(self.midnight(week_ago), self.zone.instant(week_ago * DAY + minute))
        known = [call["started_at"] for call in self.calls if call["started_at"] <= self.now]
        week = self.within(self.midnight(week_ago), self.end)
        return {
            "id": campaign["id"],
            "name": campaign["name"],
            "status": campaign["status"],
            "dials_today": len(today),
            "answers_today": self.answered(today),
            "answer_rate_pct": percent_text(self.answered(today), len(today)),
            "answer_rate_before_pct": percent_text(self.answered(before), len(before)) if before else None,
            "last_call_at": print_instant(max(known)) if known else None,
            "in_progress": sum(1 for call in week if call["result"] is None),
            "leads_total": len(self.leads),
            "leads_left": self.left(),
            "pace": self.pace(),
        }
