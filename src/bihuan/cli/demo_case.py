"""One ticket of the demo and the people who handle it: every step is the verb that the desk's own people use."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from bihuan import casetypes, tickets
from bihuan.casetypes import CaseType, Missing, Step
from bihuan.cli.demo_files import made
from bihuan.cli.demo_scenes import Customer, Scene, Talk, filled, scenes, words
from bihuan.cli.demo_time import Days
from bihuan.core import clock
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.desk import Desk
from bihuan.core.permissions import all_codes
from bihuan.core.problems import Language
from bihuan.customers import NewContact, NewCustomer
from bihuan.tickets import Channel, OpenTicket, Ticket

#: By these doors a customer comes in themselves; by `phone` somebody of ours takes it down.
_CHANNELS: tuple[Channel, ...] = ("phone", "phone", "portal", "portal", "wechat", "chat", "email", "api")
#: Said where a scene says nothing of an element that is asked for.
_ELEMENTS = {"scope": "1 笔 / one transaction", "tried": "尚未尝试 / nothing yet", "steps": "-"}


class Cast(msgspec.Struct, frozen=True, kw_only=True):
    """Who plays: everybody by login, and departments by code."""

    desk: Desk
    tenant_id: UUID
    people: dict[str, Actor]
    teams: dict[str, UUID]

    def agents(self, team_id: UUID | None) -> list[Actor]:
        """Agents of a department. A lead may do more than an agent should, and a supervisor too."""
        return [
            actor
            for login, actor in self.people.items()
            if team_id in actor.teams and login not in ("lead", "supervisor")
        ]


class Case:
    """A ticket from its first moment. `ticket` is as the last verb left it."""

    ticket: Ticket
    case_type: CaseType

    def __init__(self, cast: Cast, days: Days, rng: random.Random, scene: Scene, customer: Customer) -> None:
        self._cast = cast
        self._days = days
        self._customer = customer
        self._scene = scene
        self._told: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self.rng = rng
        self.holder: Actor = cast.people["agent"]

    @property
    def talk(self) -> Talk:
        """What is said in the customer's language."""
        return scenes().talk[self._scene.language]

    @property
    def becomes(self) -> str | None:
        """The case type that this turns out to be."""
        return self._scene.becomes

    @property
    def resolution(self) -> str:
        """What the customer is told in the end."""
        return filled(self._scene.resolution, self._told)

    @property
    def lead(self) -> Actor:
        """Who may reject, merge, archive and reopen."""
        return self._cast.people["lead"]

    @property
    def language(self) -> Language:
        """The customer's language."""
        return self._scene.language

    def anybody(self) -> str:
        """The login of somebody of the department that has it."""
        chosen = self.rng.choice(self._cast.agents(self.ticket.team_id))
        return next(login for login, actor in self._cast.people.items() if actor.id == chosen.id)

    def in_hours(self, hours: int) -> datetime:
        """A moment to come."""
        return clock.now() + timedelta(hours=hours)

    def one_of(self, texts: Sequence[str]) -> str:
        """Any of them."""
        return self.rng.choice(texts)

    def chance(self, share: float) -> bool:
        """True in this share of all cases."""
        return self.rng.random() < share

    async def later(self, least: float, most: float) -> None:
        """Some minutes pass."""
        await self._days.until(clock.now() + timedelta(minutes=self.rng.uniform(least, most)))

    async def open(self) -> None:
        """The customer writes in, or calls."""
        self._told = words(self.rng, self._customer, clock.now())
        scene, told = self._scene, self._told
        self._values = filled({**scenes().found[scene.case_type], **scene.found}, told)
        channel = self.one_of(_CHANNELS)
        command = OpenTicket(
            case_type=scene.case_type,
            title=filled(scene.title, told),
            description=filled(scene.description, told),
            elements={"occurred_at": told["moment"], **filled(scene.elements, told)},
            fields=filled(scene.fields, told),
            priority=scene.priority,
            customer=self._who(),
            channel=msgspec.convert(channel, Channel),
        )
        actor = self._cast.people["agent"] if channel == "phone" else self._door
        async with self._cast.desk.database.work(self._cast.tenant_id) as work:
            opened = await tickets.open_ticket(work, actor, command)
        self.ticket, self.case_type = opened.ticket, opened.case_type
        if scene.file and self.chance(0.7):
            await self.attach()

    async def attach(self) -> None:
        """A file comes along."""
        store = tickets.store_of(self._cast.desk.settings)
        upload = made(self._scene.file or "screenshot", self.rng.randrange(100))
        async with self._cast.desk.database.work(self._cast.tenant_id) as work:
            self.ticket = (await tickets.attach(work, self._door, self.ticket.id, [upload], store)).ticket

    async def do(self, verb: str, actor: Actor | None = None, **command: object) -> None:
        """A verb, by whoever holds the ticket unless said otherwise; nobody does what their role does not allow."""
        found, actor = tickets.BY_NAME[verb], actor or self.holder
        actor.must(found.permission)
        given = {"version": self.ticket.head_seq, **command}
        told = {name: given[name] for name in found.takes.__struct_fields__ if name in given}
        async with self._cast.desk.database.work(self._cast.tenant_id) as work:
            done = await found.act(work, actor, self.ticket.id, msgspec.convert(told, found.takes))
        self.ticket, self.case_type = done.ticket, done.case_type

    async def verified(self) -> None:
        """核身, where the solution needs it: by the surest way there is on the telephone or in the app."""
        settings = self._cast.desk.settings
        async with self._cast.desk.database.work(self._cast.tenant_id) as work:
            shown = await tickets.verification_of(work, self.ticket, minutes=settings.verification_minutes)
            if shown.ever >= shown.needs.resolve:
                return
            made = (
                {"method": "face", "channel": "app"}
                if shown.needs.resolve > 2
                else {"method": "sms", "channel": "phone"}
            )
            command = msgspec.convert({**made, "passed": True}, tickets.RecordVerification)
            self.ticket = await tickets.record_verification(
                work, self.holder, self.ticket.id, command, minutes=settings.verification_minutes
            )

    async def says(self, text: str) -> None:
        """The customer writes again."""
        await self.do("receive", self._door, body=text, channel=self.ticket.channel)

    async def taken_over(self) -> None:
        """Somebody of the department that has it now claims it."""
        self.holder = self.rng.choice(self._cast.agents(self.ticket.team_id))
        await self.do("claim")

    async def passed_on(self) -> bool:
        """To a supporting department, with the reason; False where none has anybody."""
        known = [code for code in self.case_type.support if self._cast.agents(self._cast.teams[code])]
        targets = [code for code in known if self._cast.teams[code] != self.ticket.team_id]
        if targets:
            await self.do("transfer", team=self.one_of(targets), reason=self.talk.transfer)
        return bool(targets)

    async def turns_into(self, case_type: str) -> None:
        """It is something else than was thought."""
        like = next(scene for scene in scenes().scenes if scene.case_type == case_type)
        fields = filled(like.fields, self._told)
        self._values = {**fields, **filled(scenes().found[case_type], self._told)}
        await self.do("reclassify", case_type=case_type, reason=self.talk.reclassify, fields=fields)

    async def fill(self, step: Step) -> None:
        """Find out, do and bring whatever the step still needs, from the list of what is missing."""
        while lacking := self._lacking(step):
            codes = {kind: [m.code for m in lacking if m.kind == kind] for kind in ("field", "element")}
            if codes["field"] or codes["element"]:
                fields = {code: self._values[code] for code in codes["field"]}
                elements = {code: _ELEMENTS[code] for code in codes["element"]}
                await self.do("fields", fields=fields, elements=elements)
            checks = {kind: [m.code for m in lacking if m.kind == kind] for kind in ("checklist", "evidence")}
            if any(checks.values()):
                await self.do("check", checklist=checks["checklist"], evidence=checks["evidence"])

    def _lacking(self, step: Step) -> list[Missing]:
        """What is missing; stages close by themselves."""
        fields = self.ticket.fields
        held = [code for code, value in fields.items() if isinstance(value, dict) and "value_id" in value]
        found = casetypes.missing(
            self.case_type,
            {code: value for code, value in fields.items() if code not in held},
            step=step,
            elements=self.ticket.elements,
            evidence=self.ticket.evidence,
            done=self.ticket.checklist,
            held=held,
        )
        return [each for each in found if each.kind != "stage"]

    @property
    def _door(self) -> Actor:
        return desk_actor(self._cast.tenant_id, all_codes())

    def _who(self) -> NewCustomer:
        who, language = self._customer, self._scene.language
        if self._scene.organisation:
            contact = NewContact(name=who.name, mobiles=[who.mobile])
            shop = filled("{merchant_en}" if language == "en" else "{merchant}", self._told)
            return NewCustomer(
                kind="organisation",
                external_ref=f"M{who.ref}",
                name=shop,
                contacts=[contact],
                language=language,
            )
        return NewCustomer(external_ref=who.ref, name=who.name, mobiles=[who.mobile], language=language)
