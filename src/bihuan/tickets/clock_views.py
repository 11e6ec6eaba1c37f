"""A ticket's clocks in full: by which policy and why, with their stages, their ladders and their ledgers."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from bihuan import sla
from bihuan.casetypes import CaseType, store
from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import Language, NotFound
from bihuan.identity import Directory
from bihuan.sla import Clock, Rule, Stage
from bihuan.tickets import extensions, reads
from bihuan.tickets.clock_model import (
    ClockDetail,
    ClockLedger,
    ExtensionView,
    StageState,
    StageView,
    StepView,
    TicketClocks,
    WhyView,
)
from bihuan.tickets.clock_words import Names, deeds_text, names_of, own_promise, reasons, step_text, why_lines
from bihuan.tickets.clocks import Timing, targets_of, timing
from bihuan.tickets.extension_model import Extension, Told
from bihuan.tickets.model import Ticket


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket with its clocks, as a reader of this language is shown them."""

    ticket: Ticket
    case_type: CaseType
    when: Timing
    running: tuple[Clock, ...]
    past: tuple[Clock, ...]
    language: Language

    def rule(self, c: Clock) -> Rule:
        """The rule a clock was started by."""
        targets = targets_of(self.case_type, self.ticket.priority)
        return self.when.book.pinned(c.policy, c.policy_version, targets).rule(c.kind)


async def look(work: Work, actor: Actor, name: str, language: Language | None = None) -> Looked:
    """What is shown of a ticket's clocks, by its id or number. Raises NotFound."""
    ticket = await reads.find_ticket(work, actor, name)
    running = tuple(await (await sla.read(work, ticket.id)).all())
    past = await sla.past_runs(work, ticket.id)
    return Looked(
        ticket=ticket,
        case_type=(await store.version(work, ticket.case_type, ticket.case_type_version)).case_type,
        when=await timing(work, clock.now(), (*running, *past)),
        running=running,
        past=past,
        language=language or actor.language,
    )


async def ticket_clocks(work: Work, looked: Looked) -> TicketClocks:
    """All clocks of a ticket in full."""
    asked = await extensions.extensions_of(work, looked.ticket.id)
    words = await extensions.words_of(work, looked.ticket.id, asked)
    names = await names_of(work)

    def detail(c: Clock) -> ClockDetail:
        of_run = [e for e in asked if (e.kind, e.run) == (c.kind, c.run)]
        views = {e.stage: _extension(e, words[e.id], names.people, _lapsed(looked, c, e)) for e in of_run}
        return _detail(looked, c, views, names)

    tried = await reasons(looked.when, looked.ticket, looked.case_type, looked.running)
    lines = why_lines(looked.when.book, tried, looked.language)
    why = [
        WhyView(
            policy=r.policy, version=r.version, title=_title(looked, r.policy, r.version), matched=r.matched, text=line
        )
        for r, line in zip(tried, lines, strict=True)
    ]  # fmt: skip
    policy, version = policy_of(looked.running)
    return TicketClocks(
        policy=policy,
        policy_version=version,
        why=why,
        clocks=[detail(c) for c in looked.running],
        past=[detail(c) for c in looked.past],
    )


def clock_ledger(looked: Looked, kind: str, run: int | None) -> ClockLedger:
    """The ledger of one run of a clock, the present one where none is named. Raises NotFound."""
    runs = [c for c in (*looked.running, *looked.past) if c.kind == kind and run in (None, c.run)]
    if not runs:
        raise NotFound
    c = max(runs, key=lambda one: one.run)
    calendar = sla.clock.calendar_of(c, looked.when.book.calendars())
    told = sla.ledger.ledger(c, calendar, looked.when.at)

    return ClockLedger(
        kind=c.kind,
        title=looked.rule(c).title.of(looked.language),
        run=c.run,
        sentence=sla.words.summary(c, told, calendar, language=looked.language, now=looked.when.at),
        entries=sla.words.entries(told.entries, calendar, looked.language),
        ahead=sla.words.entries(told.ahead, calendar, looked.language),
        counted_seconds=told.counted_seconds,
        paused_seconds=told.paused_seconds,
        not_counted_seconds=told.not_counted_seconds,
        target_seconds=told.target_seconds,
        due_at=told.due_at,
        left_seconds=told.left_seconds,
    )


async def explain(work: Work, actor: Actor, number: str, language: Language) -> list[str]:
    """Lines of text, in order: the ticket, why this policy, each clock with its ledger, runs before. Raises NotFound."""
    looked = await look(work, actor, number, language)
    tried = await reasons(looked.when, looked.ticket, looked.case_type, looked.running)
    lines = [_head(looked), ""]
    lines += why_lines(looked.when.book, tried, language)
    if not any(one.matched for one in tried):
        lines.append(own_promise(language))
    for c in (*looked.running, *looked.past):
        lines += ["", *_clock(looked, c.kind, c.run)]
    return lines


def policy_of(clocks: Sequence[Clock]) -> tuple[str, int]:
    """The policy most open clocks keep, else most of all: code and version; ("", 0) for the case type's promise."""
    kept = [(c.policy, c.policy_version) for c in clocks if c.stopped_at is None]
    kept = kept or [(c.policy, c.policy_version) for c in clocks]
    return max(sorted(set(kept)), key=kept.count, default=("", 0))


def for_customer(rule: Rule) -> bool:
    """Whether a customer may know of this clock: what is promised to them and what the law sets; never a team's part."""
    return not rule.team and (rule.code == "resolution" or rule.basis is not None)


async def promised_at(work: Work, ticket: Ticket, clocks: Sequence[Clock]) -> datetime | None:
    """What is due first of what runs, of the clocks the customer may know."""
    loaded = await store.version(work, ticket.case_type, ticket.case_type_version)
    when = await timing(work, clock.now(), clocks)
    targets = targets_of(loaded.case_type, ticket.priority)
    due = [
        c.due_at
        for c in clocks
        if c.stopped_at is None
        and c.paused_at is None
        and for_customer(when.book.pinned(c.policy, c.policy_version, targets).rule(c.kind))
    ]
    return min(due, default=None)


# ---------------------------------------------------------------------------------------------------------- one clock
def _detail(looked: Looked, c: Clock, asked: dict[str, ExtensionView], names: Names) -> ClockDetail:
    rule, calendars, now = looked.rule(c), looked.when.book.calendars(), looked.when.at
    plain = {f: getattr(c, f) for f in _COPIED}
    return ClockDetail(
        title=rule.title.of(looked.language),
        state=c.state(now),
        left_seconds=sla.clock.left_seconds(c, calendars, now),
        stages=[_stage(looked, c, rule, one, asked.get(one.code)) for one in rule.stages],
        basis=rule.basis.of(looked.language) if rule.basis else None,
        source=rule.source,
        verified=rule.verified,
        for_customer=for_customer(rule),
        steps=[
            StepView(
                code=due.code,
                title=step_text(due.code, rule, looked.language),
                at=due.at,
                done=due.code in c.followed,
                does=deeds_text(due.do, names, looked.language),
            )
            for due in sla.clock.step_moments(c, rule, calendars)
        ],
        **plain,
    )


_COPIED = ("kind", "run", "started_at", "due_at", "target_seconds", "unit", "amount", "paused_at", "stopped_at",
    "policy", "policy_version", "calendar", "calendar_version", "stage", "provisional")  # fmt: skip


def _stage(looked: Looked, c: Clock, rule: Rule, stage: Stage, asked: ExtensionView | None) -> StageView:
    calendars, now = looked.when.book.calendars(), looked.when.at
    as_open = msgspec.structs.replace(c, stopped_at=None, stopped_by=None)
    codes = [s.code for s in rule.stages]
    reached = codes.index(c.stage) if c.stage in codes else -1
    state: StageState = "closed"
    if codes.index(stage.code) <= reached:
        state = "granted"
    elif asked is not None and asked.state == "asked":
        state = "asked"
    elif codes.index(stage.code) == reached + 1 and c.state(now) in ("running", "paused"):
        state = "open"
    return StageView(
        code=stage.code,
        when=stage.when.of(looked.language),
        due_at=sla.clock.extend(as_open, rule, stage.code, calendars, now=now).due_at,
        state=state,
        approval=stage.approval,
        notify_customer=stage.notify_customer,
        extension=asked,
    )


def _lapsed(looked: Looked, c: Clock, asked: Extension) -> bool:
    return extensions.has_lapsed(asked, c, looked.rule(c), looked.when.at)


def _extension(asked: Extension, words: Told, people: Directory, lapsed: bool) -> ExtensionView:
    decider = people.staff.get(asked.decided_by) if asked.decided_by else None
    asker = people.staff.get(asked.asked_by)
    return ExtensionView(
        id=asked.id,
        state="lapsed" if lapsed else asked.state,
        asked_by=asker.login if asker else None,
        asked_at=asked.asked_at,
        decided_by=decider.login if decider else None,
        decided_at=asked.decided_at,
        reason=words.reason,
        notice=words.notice,
    )


def _title(looked: Looked, policy: str, version: int) -> str:
    return looked.when.book.policy_body(policy, version).title.of(looked.language)


# ------------------------------------------------------------------------------------------------------- in words
def _head(looked: Looked) -> str:
    ticket, zh = looked.ticket, looked.language == "zh"
    title, state = looked.case_type.title.of(looked.language), reads.state_text(ticket.state, looked.language)
    return f"工单 {ticket.number}（{title}，{state}）" if zh else f"Ticket {ticket.number} ({title}, {state})"


def _clock(looked: Looked, kind: str, run: int) -> Iterator[str]:
    told, zh = clock_ledger(looked, kind, run), looked.language == "zh"
    again = "" if run == 1 else f"（第 {run} 次计时）" if zh else f" (run {run})"
    yield f"{told.title}{again}"
    yield f"  {told.sentence}"
    for entry in told.entries:
        yield f"  {'＋' if entry.counted else '－'} {entry.text}"
    if told.ahead:
        yield "  此后：" if zh else "  From now on:"
    for entry in told.ahead:
        yield f"  {'＋' if entry.counted else '－'} {entry.text}"
