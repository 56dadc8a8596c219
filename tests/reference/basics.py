"""Instants, time zones, exact ratios and JSON text: section 1 of the contract.

An instant is an int of microseconds since 1970 in UTC; a local time is such an int on the local clock. Comparisons of
aware datetimes of one zone ignore `fold`, and additions follow the wall clock; ints avoid both.
"""

import json
import re
import unicodedata
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000
MINUTE = 60 * SECOND
QUARTER = 15 * MINUTE
HOUR = 60 * MINUTE
DAY = 24 * HOUR

LOCAL_EPOCH = datetime(1970, 1, 1)
UTC_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

# Range of datetime. No row lies beyond, so the offset at the limit is used there.
EARLIEST = -62_000_000_000 * SECOND
LATEST = 253_000_000_000 * SECOND

MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?"
    # Decoding a query string turns `+` into a space.
    r"([Zz]|[+\- ]\d\d(?::?\d\d)?)?)?"
)


def microseconds(delta):
    return delta // timedelta(microseconds=1)


class Zone:
    def __init__(self, name):
        self.tz = ZoneInfo(name)
        self.known = {}

    def _ask_offset(self, instant):
        instant = min(max(instant, EARLIEST), LATEST)
        moment = UTC_EPOCH + timedelta(microseconds=instant)
        return microseconds(moment.astimezone(self.tz).utcoffset())

    def offset(self, instant):
        quarter = instant // QUARTER
        if quarter not in self.known:
            first = self._ask_offset(quarter * QUARTER)
            last = self._ask_offset((quarter + 1) * QUARTER - 1)
            # Some zones changed at 00:01, so a quarter hour may have two offsets.
            self.known[quarter] = first if first == last else None
        offset = self.known[quarter]
        return self._ask_offset(instant) if offset is None else offset

    def local(self, instant):
        return instant + self.offset(instant)

    def first_change(self, before, after):
        """The instant of the one change of offset in (before, after]."""
        old = self.offset(before)
        while after - before > 1:
            middle = (before + after) // 2
            if self.offset(middle) == old:
                before = middle
            else:
                after = middle
        return after

    def instant(self, local):
        """The instant of a local time: the change itself where DST skips it, the earlier where it repeats."""
        clock = LOCAL_EPOCH + timedelta(microseconds=min(max(local, EARLIEST), LATEST))
        earlier = microseconds(self.tz.utcoffset(clock.replace(fold=0)))
        later = microseconds(self.tz.utcoffset(clock.replace(fold=1)))
        if later > earlier:
            return self.first_change(local - later, local - earlier)
        return local - earlier

    def midnight(self, day):
        return self.instant(day * DAY)

    def cell(self, instant):
        """Day of the week (0 = Sunday) and hour of the day."""
        day, hour = divmod(self.local(instant) // HOUR, 24)
        # 1970-01-01 was a Thursday.
        return (day + 4) % 7, hour

    def bucket(self, instant, unit):
        return bucket_label(self.local(instant) // HOUR, unit)

    def buckets_touched(self, start, end, unit):
        """Labels of every bucket that has an instant in [start, end)."""
        labels = set()
        while start < end:
            stop = min(end, (start // HOUR + 1) * HOUR)
            if self.offset(start) != self.offset(stop - 1):
                stop = self.first_change(start, stop - 1)
            # The piece has one offset and lasts an hour at most, so its two ends name every bucket it touches.
            labels.add(self.bucket(start, unit))
            labels.add(self.bucket(stop - 1, unit))
            start = stop
        return labels


@lru_cache(maxsize=None)
def zone(name):
    return Zone(name)


@lru_cache(maxsize=None)
def bucket_label(local_hour, unit):
    clock = LOCAL_EPOCH + timedelta(hours=local_hour)
    if unit == "hour":
        return clock.date().isoformat() + " %02d:00:00" % clock.hour
    if unit == "week":
        year, week, _ = clock.isocalendar()
        return "%04d-W%02d" % (year, week)
    return clock.date().isoformat()


def instant_of(text, reader, is_end=False):
    """An ISO 8601 datetime or bare date; `reader` is the zone of texts without an offset."""
    match = MOMENT.fullmatch(text.strip())
    if not match:
        raise ValueError("no datetime: %r" % text)
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    days = date(int(year), int(month), int(day)).toordinal() - LOCAL_EPOCH.toordinal()
    if hour is None:
        return reader.midnight(days + 1 if is_end else days)
    # 24:00:00 needs no special case: it is 24 hours after midnight.
    whole = days * DAY + int(hour) * HOUR + int(minute) * MINUTE + int(second or 0) * SECOND
    clock = whole + int((fraction or "").ljust(6, "0")[:6])
    if is_end and (hour, minute, second) == ("23", "59", "59"):
        # The whole second is included, unless the clock skips it.
        return min(read_clock(whole, offset, reader) + SECOND, read_clock(whole + SECOND, offset, reader))
    return read_clock(clock, offset, reader)


def read_clock(clock, offset, reader):
    if offset is None:
        return reader.instant(clock)
    if offset in "Zz":
        return clock
    ahead = int(offset[1:3]) * HOUR + int(offset[3:].lstrip(":") or 0) * MINUTE
    return clock + ahead if offset[0] == "-" else clock - ahead


def print_instant(instant):
    if instant is None:
        return None
    moment = LOCAL_EPOCH + timedelta(seconds=instant // SECOND)
    return moment.isoformat() + "+00:00"


def rounded(numerator, denominator):
    """The quotient as an int, half away from zero; 0 for a zero denominator."""
    if denominator == 0:
        return 0
    quotient = Fraction(numerator) / denominator
    size = (2 * abs(quotient) + 1) // 2
    return -size if quotient < 0 else size


def fixed(numerator, denominator, places):
    """The quotient as text with that many decimals."""
    units = rounded(numerator * 10**places, denominator)
    whole, rest = divmod(abs(units), 10**places)
    return "%s%d.%0*d" % ("-" if units < 0 else "", whole, places, rest)


def percent_text(part, whole):
    return fixed(100 * part, whole, 2)


def percent_number(part, whole, places):
    return Decimal(fixed(100 * part, whole, places))


def shares(counts):
    """Percentages of the sum of the counts that add up to exactly 100.00, by largest remainder."""
    total = sum(counts)
    units = [count * 10000 // total for count in counts]
    remainders = [count * 10000 % total for count in counts]
    by_claim = sorted(range(len(counts)), key=lambda row: (-remainders[row], -counts[row], row))
    for row in by_claim[: 10000 - sum(units)]:
        units[row] += 1
    return [fixed(unit, 100, 2) for unit in units]


MOST_KEYS = 10000
OTHER = "(other)"


def short(text):
    """Text cut as readers cut it: ingest refuses longer ones, tables do not."""
    return None if text is None else text[:255]


def bounded(rows, *counters):
    """Rows of a list by free text, in order; rows beyond the first 10,000 are merged into one without its other columns."""
    rest = rows[MOST_KEYS:]
    if not rest:
        return rows
    key = next(iter(rest[0]))
    other = {name: OTHER if name in (key, "label") else None for name in rest[0]}
    other.update({name: sum(row[name] for row in rest) for name in counters})
    return rows[:MOST_KEYS] + [other]


def by_bytes(text):
    return text.encode("utf-8")


def to_json(value):
    """Compact JSON. json.dumps would convert decimals to floats."""
    if isinstance(value, dict):
        return "{" + ",".join(to_json(key) + ":" + to_json(value[key]) for key in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(to_json, value)) + "]"
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return json.dumps(value, ensure_ascii=False)


def normal(value):
    """A JSON value with all texts and keys in normal form C."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, dict):
        return {normal(key): normal(item) for key, item in value.items()}
    return value
