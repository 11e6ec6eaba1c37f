"""Deadlines worked out by hand, with their sources: the code and the oracle both come to them."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from bihuan.sla import calendar as business
from bihuan.sla.model import CalendarBody, Limit
from tests.sla.oracle import Oracle

_FILE = yaml.load(
    Path(__file__).with_name("worked_examples.yaml").read_text(encoding="utf-8"), yaml.BaseLoader
)
EXAMPLES: list[dict[str, Any]] = _FILE["examples"]


def _segments(written: list[list[str]]) -> list[dict[str, int]]:
    return [{"start": int(start), "end": int(end)} for start, end in written]


def _body(code: str) -> dict[str, Any]:
    """A calendar of the file as the JSON of one."""
    said = _FILE["calendars"][code]

    def day(on: str, kind: str, name: str, segments: list[list[str]]) -> dict[str, Any]:
        return {"on": on, "kind": kind, "name": name, "segments": _segments(segments)}

    def week(of: dict[str, Any]) -> list[list[dict[str, int]]]:
        return [_segments({**said, **of}[name]) if name else [] for name in of["week"]]

    own = said.get("queue")
    return {
        "code": code,
        "title": {"zh": "算例", "en": "Worked example"},
        "zone": said["zone"],
        "week": week(said),
        "days": [
            *(day(on, "holiday", name, []) for name, days in said.get("off", {}).items() for on in days),
            *(day(on, "makeup", "调休", said["day"]) for on in said.get("makeup", [])),
            *(day(on, "override", "半天", half) for on, half in said.get("half", {}).items()),
        ],
        "statutory": said.get("statutory", ""),
        "years": [int(year) for year in said.get("years", [])],
        "queues": [{"queue": own["code"], "week": week(own), "days": []}] if own else [],
    }


BODIES = {code: _body(code) for code in _FILE["calendars"]}


def _limit(example: dict[str, Any]) -> Limit:
    amount, unit, *last_day = example["limit"].split()
    said = {"amount": int(amount), "unit": unit, "last_day": last_day[0] if last_day else "strict"}
    return msgspec.convert({**said, "calendar": example.get("calendar", "")}, Limit)


def _pauses(example: dict[str, Any]) -> list[tuple[datetime, datetime]]:
    return [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in example.get("pauses", [])]


def test_there_are_forty_and_each_says_why() -> None:
    assert len(EXAMPLES) >= 40 and len({e["id"] for e in EXAMPLES}) == len(EXAMPLES)
    assert all(len(e["why"]) > 10 and e["source"] for e in EXAMPLES)
    assert {b["code"]: business.problems(msgspec.convert(b, CalendarBody)) for b in BODIES.values()} == {
        code: [] for code in BODIES
    }


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e["id"])
def test_the_code_comes_to_it(example: dict[str, Any]) -> None:
    code, limit, start = (
        example.get("calendar"),
        _limit(example),
        datetime.fromisoformat(example["start"]),
    )
    body = msgspec.convert(BODIES[code], CalendarBody) if code else None
    calendar = business.compile(body, queue=example.get("queue", "")) if body else None
    seconds, due = business.target(calendar, limit, start)
    for begin, end in _pauses(example):
        if begin < due:
            due = business.after(
                calendar, limit.unit, due, business.elapsed(calendar, limit.unit, begin, end)
            )
    assert due == datetime.fromisoformat(example["due"]), example["why"]
    assert seconds == int(example.get("seconds", seconds))
    counted = business.elapsed(calendar, limit.unit, start, due)
    paused = sum((business.elapsed(calendar, limit.unit, a, b) for a, b in _pauses(example)), timedelta())
    assert counted - paused == timedelta(seconds=seconds)
    # Plain calendar days count whatever a notice says.
    rests = limit.unit not in ("minute", "hour", "calendar_day") or limit.last_day != "strict"
    years = calendar.provisional_years(start, due) if calendar and rests else ()
    assert bool(years) == (example.get("provisional") == "true")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e["id"])
def test_the_oracle_comes_to_it(example: dict[str, Any]) -> None:
    limit, start = _limit(example), datetime.fromisoformat(example["start"])
    body = BODIES[example.get("calendar", "office")]
    first: date = start.date() - timedelta(days=3)
    by_minutes = Oracle(body, first, 120, example.get("queue", ""))
    minutes = limit.amount * (60 if limit.unit.endswith("hour") else 1)
    if limit.unit.endswith("day"):
        plain = by_minutes.day_due(limit.amount, limit.unit, limit.last_day, start)
        assert plain is not None
        minutes = by_minutes.elapsed(limit.unit, start, plain)
    due = by_minutes.due(limit.unit, start, minutes, _pauses(example))
    assert due == datetime.fromisoformat(example["due"]), example["why"]
