"""What is shipped: right, complete in both languages, loaded once, and never over the institution's own."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copytree

import pytest

from bihuan import sla
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.permissions import all_codes
from bihuan.sla import policy_check
from bihuan.sla.calendars import ApproveCalendar, ProposeCalendar, approve, personal, propose
from bihuan.sla.model import CalendarBody, Limit, PolicyBody, RaisePriority, Rule, Segment, Tell
from bihuan.sla.policies import MakePolicy, make
from bihuan.sla.policy_check import Known
from bihuan.sla.shipped import BadTimeData, Change, folder_of_release
from tests.conftest import House

DATA = sla.read_shipped(folder_of_release())
CALENDARS = {body.code: body for body in DATA.calendars}
POLICIES = {body.code: body for body in DATA.policies}
_TEAMS = {"CS_L1", "CS_L2", "CARD_OPS", "BILLING", "DISPUTE", "FRAUD", "CP", "LEGAL", "MERCHANT", "IT"}
_ROLES = {"agent", "lead", "supervisor", "admin", "auditor"}


def _rule(policy: str, code: str) -> Rule:
    return next(rule for rule in POLICIES[policy].clocks if rule.code == code)


@pytest.mark.parametrize("body", DATA.policies, ids=lambda body: body.code)
def test_every_policy_is_right(body: PolicyBody) -> None:
    known = Known(calendars=CALENDARS, teams=_TEAMS, roles=_ROLES, permissions=all_codes())
    assert policy_check.problems(body, known) == []
    assert personal(body) == []


@pytest.mark.parametrize("body", DATA.calendars, ids=lambda body: body.code)
def test_every_calendar_is_right(body: CalendarBody) -> None:
    assert sla.calendar.problems(body) == []
    assert personal(body) == []


@pytest.mark.parametrize("body", [*DATA.calendars, *DATA.policies], ids=lambda body: body.code)
def test_every_text_is_in_its_language(body: CalendarBody | PolicyBody) -> None:
    texts = [body.title]
    for rule in body.clocks if isinstance(body, PolicyBody) else ():
        texts += [rule.title, *(s.when for s in rule.stages), *([rule.basis] if rule.basis else [])]
    for words in texts:
        assert re.search("[一-鿿]", words.zh), words
        assert not re.search("[一-鿿]", words.en), words
        assert not re.search("[,;:!?()]", words.zh), f"{words.zh}: full-width punctuation"


def test_the_missions_hours_are_the_case_types_own() -> None:
    """2 and 24 hours urgent, 4 and 48 normal: what the packs promise, so no policy says another number."""
    for policy in POLICIES:
        assert _rule(policy, "first_response").limit is None
        assert _rule(policy, "resolution").limit is None
        assert _rule(policy, "resolution").pauses_for[0] == "customer"


def test_the_complaints_limits_are_the_regulators() -> None:
    rule = _rule("complaint", "CN_NFRA_COMPLAINT")
    limits = [rule.limit, *(stage.limit for stage in rule.stages)]
    assert [limit.amount for limit in limits if limit] == [15, 30, 60]
    assert {limit.unit for limit in limits if limit} == {"calendar_day"}
    assert all(stage.notify_customer and stage.approval == "sla.extend" for stage in rule.stages)
    assert [step.left_seconds for step in rule.ladder] == [5 * 86400, 2 * 86400, None]
    assert "new_facts" in rule.restarts_on
    assert (rule.pauses_for, rule.verified) == (("appraisal",), "yes")
    assert rule.source


def test_the_card_query_has_thirty_working_days() -> None:
    rule = _rule("dispute", "CN_CARD_QUERY")
    assert rule.limit == Limit(amount=30, unit="working_day", calendar="cn_working")
    assert {"first_response", "resolution", "update"} <= {r.code for r in POLICIES["dispute"].clocks}


def test_urgent_tickets_climb_the_ladder() -> None:
    steps = {step.code: step for step in _rule("urgent", "resolution").ladder}
    assert [steps[code].share for code in ("half", "most", "nearly")] == [50, 75, 90]
    assert [steps[code].do for code in ("half", "most", "nearly")] == [
        (Tell(to="assignee"),), (Tell(to="lead"),), (Tell(to="role:supervisor"),),
    ]  # fmt: skip
    assert steps["late"].after_seconds == 0
    raised = [
        s for p in DATA.policies for r in p.clocks for s in r.ladder if RaisePriority(to="urgent") in s.do
    ]
    assert raised


def test_chinas_working_days() -> None:
    body = CALENDARS["cn_working"]
    calendar = sla.calendar.compile(body)
    lunch = (Segment(start=540, end=720), Segment(start=780, end=1080))
    # facts.md §7: the notice of 2026.
    assert not calendar.is_working(date(2026, 2, 16))
    assert calendar.segments(date(2026, 2, 14)) == lunch, "a Saturday that is worked"
    assert sum(calendar.is_working(date.fromordinal(d)) for d in range(739617, 739982)) == 248
    assert date.fromordinal(739617) == date(2026, 1, 1)
    assert body.years == (2024, 2025, 2026)
    ahead = {d.on for d in body.days if d.on.year == 2027}
    assert {date(2027, 2, 5), date(2027, 6, 9), date(2027, 10, 1)} <= ahead
    assert not any(d.kind == "makeup" for d in body.days if d.on.year > 2026)
    start, end = datetime(2026, 12, 30, tzinfo=UTC), datetime(2027, 1, 8, tzinfo=UTC)
    assert calendar.provisional_years(start, end) == (2027,)


def test_night_and_day_count_where_they_should() -> None:
    around = sla.calendar.compile(CALENDARS["around_the_clock"])
    assert around.segments(date(2026, 10, 1)) == (Segment(start=0, end=1440),)
    assert around.provisional_years(datetime(2030, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)) == ()
    service = sla.calendar.compile(CALENDARS["service_hours"])
    assert service.segments(date(2026, 10, 1)) == (Segment(start=480, end=1320),)


async def _load(house: House, folder: Path | None = None) -> dict[str, Change]:
    async with house.desk.database.work(house.tenant_id) as work:
        told = await sla.diff_shipped(work, folder)
        changes = await sla.load_shipped(work, desk_actor(house.tenant_id), folder)
        assert told == changes, "what loading would do is what it does"
    return {f"{c.what}:{c.code}": c for c in changes}


async def test_loading_twice_changes_nothing(house: House) -> None:
    first, second = await _load(house), await _load(house)
    assert {c.change for c in first.values()} == {"added"}
    assert {(c.change, c.version) for c in second.values()} == {("unchanged", 1)}


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """The files of a later release."""
    folder = Path(copytree(folder_of_release(), tmp_path / "time"))
    for file in ("calendars.yaml", "policies.yaml"):
        text = (folder / file).read_text(encoding="utf-8")
        text = text.replace('"08:00-22:00"', '"07:00-23:00"').replace("amount: 16,", "amount: 12,")
        (folder / file).write_text(text, encoding="utf-8")
    return folder


async def test_an_upgrade_is_a_new_version(house: House, later: Path) -> None:
    await _load(house)
    changes = await _load(house, later)
    changed = {what for what, c in changes.items() if c.change == "changed"}
    assert changed == {"calendar:service_hours", "policy:standard"}
    async with house.desk.database.work(house.tenant_id) as work:
        book = await sla.book(work)
    assert book.current_calendars()["service_hours"] == 2
    assert [h.state for h in book.calendar_heads("service_hours")] == ["past", "current"]
    assert [h.layer for h in book.policy_heads("standard")] == ["shipped", "shipped"]


async def test_an_upgrade_never_touches_the_institutions_own(house: House, later: Path) -> None:
    await _load(house)
    admin, other = desk_actor(house.tenant_id), await _somebody(house)
    async with house.desk.database.work(house.tenant_id) as work:
        book = await sla.book(work)
        await make(work, admin, MakePolicy(body=book.policy_body("standard", 1), note="我行的版本"))
        body = book.calendar_body("service_hours", 1)
        proposal = await propose(work, admin, body.code, ProposeCalendar(body=body, note="我行的时间"))
        await approve(work, other, body.code, proposal.version, ApproveCalendar())
    changes = await _load(house, later)
    assert (changes["policy:standard"].change, changes["policy:standard"].version) == ("kept", 2)
    assert (changes["calendar:service_hours"].change, changes["calendar:service_hours"].version) == (
        "kept",
        2,
    )
    async with house.desk.database.work(house.tenant_id) as work:
        book = await sla.book(work)
    assert len(book.policy_heads("standard")) == 2
    assert book.current_calendars()["service_hours"] == 2


async def _somebody(house: House) -> Actor:
    await house.token("admin", login="second")
    return Actor(
        tenant_id=house.tenant_id,
        id=house.people["second"],
        kind="staff",
        name="second",
        permissions=all_codes(),
    )


BROKEN = {
    "calendars.yaml": (
        ('"08:00-22:00"', '"8 to 22"'),
        ("mon-sun:", "mondays:"),
        ("notices: [2024, 2025, 2026]", "notices: [2031]"),
        ("  statutory: CN", "  zones: Asia/Shanghai\n  statutory: CN"),
        ("statutory: CN", "statutory: XX"),
        ('["09:00-12:00", "13:00-18:00"]', '["13:00-18:00", "09:00-12:00"]'),
    ),
    "policies.yaml": (
        ("unit: calendar_day", "unit: fortnight"),
        ("calendar: cn_working", "calendar: nowhere"),
        ("approval: sla.extend", "approval: sla.nobody"),
        ("rank: 10", "rank: ten"),
        ("clocks:", "- ["),
    ),
}


@pytest.mark.parametrize(
    ("file", "old", "new"), [(file, *pair) for file, pairs in BROKEN.items() for pair in pairs]
)
def test_a_broken_file_is_named(tmp_path: Path, file: str, old: str, new: str) -> None:
    folder = Path(copytree(folder_of_release(), tmp_path / "time"))
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadTimeData, match=re.escape(file)):
        sla.read_shipped(folder)


def test_a_folder_without_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadTimeData, match=r"calendars\.yaml"):
        sla.read_shipped(tmp_path)
