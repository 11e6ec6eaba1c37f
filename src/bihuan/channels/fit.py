"""What an Inbound's values become on a ticket of its case type. Pure, but for the clock's reading it is given.

Nothing is lost and nothing refused: what does not fit its place becomes a "name: value" line of the description and a
note. Where even that would show a personal value whole, or a text is too long, the caller is told to keep the original.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import cast, get_args

import msgspec

from bihuan import customers, tickets
from bihuan.casetypes import CaseType, Field, Priority, protected_fields
from bihuan.channels.contract import Inbound, InboundCustomer, cut, note, title_and_body
from bihuan.core.problems import Language
from bihuan.customers import NewCustomer
from bihuan.privacy import mask_value
from bihuan.tickets import Channel, OpenTicket

BODY_LENGTH = 50_000
TAG = re.compile(r"[^,\s\x00-\x1f](?:[^,\x00-\x1f]{0,38}[^,\s\x00-\x1f])?")
_MOST_TAGS, _MOST_CONTACTS, _CONTACT_LENGTH = 20, 10, 120
_PRIORITIES: dict[str, Priority] = {code: code for code in get_args(Priority)}
#: Names of what is no field of a case type: (zh, en).
_NAMES = {
    "case_type": ("业务类型", "Case type"),
    "priority": ("优先级", "Priority"),
    "tags": ("标签", "Tags"),
    "name": ("姓名", "Name"),
    "mobiles": ("手机", "Mobile"),
    "emails": ("邮箱", "E-mail"),
    "external_ref": ("客户号", "Customer number"),
}
_KINDS = {"name": "person_name", "mobiles": "mobile", "emails": "email", "external_ref": "account"}
_WHOLE_TEXT = ("……（全文见附件）", "… (the whole text is attached)")


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """A command that opens the ticket, and what goes with it.

    `full_text` is the description as it would have been without its limit, None where it is whole;
    `needs_original` says that the ticket shows less than came in.
    """

    command: OpenTicket
    notes: tuple[str, ...]
    full_text: str | None = None
    needs_original: bool = False


def fit(inbound: Inbound, case_type: CaseType, *, now: datetime, language: Language = "zh") -> Fitted:
    """The Inbound as a command for `case_type`, which need not be the one it asked for."""
    rest = _Rest(case_type, language)
    if inbound.case_type not in (None, case_type.code):
        rest.put("case_type", inbound.case_type, note("case_type_unknown"))
    priority = _PRIORITIES.get(inbound.priority or "")
    if inbound.priority and priority is None:
        rest.put("priority", inbound.priority, note("priority_unknown"))
    command = OpenTicket(
        case_type=case_type.code,
        title="-",
        description="-",
        priority=priority,
        customer=rest.customer(inbound.customer),
        channel=msgspec.convert(inbound.channel, Channel),
        tags=rest.tags(inbound.tags),
        fields=rest.known_fields(inbound.fields),
        elements=rest.known_elements(inbound.elements),
    )
    command = rest.fields(command, now)
    title, body, notes = title_and_body(inbound.title, inbound.body)
    description, full_text = _description(body, rest.lines, _WHOLE_TEXT[language == "en"])
    cut_note = (note("text_cut"),) if full_text else ()
    return Fitted(
        command=msgspec.structs.replace(command, title=title, description=description),
        notes=tuple(dict.fromkeys((*inbound.notes, *notes, *rest.notes, *cut_note))),
        full_text=full_text,
        needs_original=rest.hides or full_text is not None,
    )


class _Rest:
    """Gathers what fits nowhere."""

    def __init__(self, case_type: CaseType, language: Language) -> None:
        self._case_type = case_type
        self._language: Language = language
        self.lines: list[str] = []
        self.notes: list[str] = []
        self.hides = False

    def put(self, code: str, value: object, note_: str) -> None:
        """A line "name: value"; a personal value stands there masked, and the original must be kept."""
        kind = _KINDS.get(code) or protected_fields(self._case_type).get(code)
        shown = _shown(value)
        if kind is not None:
            shown, self.hides = mask_value(kind, shown), True
        self.lines.append(f"{self._name(code)}: {shown}")
        self.notes.append(note_)

    def known_fields(self, given: Mapping[str, object]) -> dict[str, object]:
        """Values of fields that the case type has, in the form it takes them."""
        known = {field.code: field for field in self._case_type.fields}
        return {c: _suited(known[c], v) for c, v in self._only(given, known).items()}

    def known_elements(self, given: Mapping[str, str]) -> dict[str, object]:
        """Elements that the case type has."""
        return self._only(given, {element.code for element in self._case_type.elements})

    def _only(self, given: Mapping[str, object], known: Collection[str]) -> dict[str, object]:
        for code in given:
            if code not in known:
                self.put(code, given[code], note("field_unfit", code))
        return {code: value for code, value in given.items() if code in known}

    def fields(self, command: OpenTicket, now: datetime) -> OpenTicket:
        """The command without the fields and elements that are not right. What is taken away can make an answer to it
        meaningless, so it looks again until all is well.
        """
        while problems := tickets.problems_of(command, self._case_type, now)[1]:
            for place, code in dict.fromkeys(_place(problem.pointer) for problem in problems):
                self.put(code, getattr(command, place)[code], note("field_unfit", code))
                left = {c: v for c, v in getattr(command, place).items() if c != code}
                command = msgspec.structs.replace(command, **{place: left})
        return command

    def tags(self, tags: Sequence[str]) -> list[str]:
        """Tags in our form; the others as a line."""
        good = [tag for tag in tags if TAG.fullmatch(tag)][:_MOST_TAGS]
        if rest := [tag for tag in tags if tag not in good]:
            self.put("tags", ", ".join(rest), note("tag_unfit"))
        return good

    def customer(self, asked: InboundCustomer | None) -> NewCustomer | None:
        """Who asks, with the contacts that are contacts."""
        if asked is None:
            return None
        found = NewCustomer(
            kind=asked.kind,
            name=next(iter(self._contacts("name", [asked.name])), None),
            external_ref=next(iter(self._contacts("external_ref", [asked.external_ref or ""])), None),
            mobiles=self._contacts("mobiles", asked.mobiles),
            emails=self._contacts("emails", asked.emails),
            language=self._language,
        )
        return found if found.name or found.external_ref or found.mobiles or found.emails else None

    def _contacts(self, code: str, values: Sequence[str]) -> list[str]:
        given = list(dict.fromkeys(value.strip() for value in values if value.strip()))
        good = [value for value in given if _is_contact(code, value)][:_MOST_CONTACTS]
        for value in given:
            if value not in good:
                self.put(code, value, note("contact_unfit", self._name(code)))
        return good

    def _name(self, code: str) -> str:
        if code in _NAMES:
            return _NAMES[code][self._language == "en"]
        labels = {each.code: each.label for each in (*self._case_type.fields, *self._case_type.elements)}
        return labels[code].of(self._language) if code in labels else code


def _place(pointer: str) -> tuple[str, str]:
    """ "/fields/amount" → ("fields", "amount"). Fields and elements alone are left to have problems here."""
    place, code = pointer.split("/")[1:3]
    if place not in ("fields", "elements"):
        raise ValueError(pointer)
    return place, code


def _is_contact(code: str, value: str) -> bool:
    if len(value) > _CONTACT_LENGTH:
        return False
    if code in ("name", "external_ref"):
        return True
    asked = NewCustomer(mobiles=[value]) if code == "mobiles" else NewCustomer(emails=[value])
    return not customers.problems(asked)


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(_shown(each) for each in cast("list[object]", value))
    return msgspec.json.encode(value).decode()


#: A table's cells are texts: what a person writes there → what the field takes.
_YES, _NO = {"true", "yes", "y", "是", "有"}, {"false", "no", "n", "否", "无"}
_MONEY = re.compile(
    r"(?P<before>[A-Z]{3}|¥|\uffe5)?\s*(?P<amount>-?[0-9][0-9,]*(?:\.[0-9]+)?)\s*(?P<after>[A-Z]{3}|元)?"
)
_YUAN = {"¥": "CNY", "\uffe5": "CNY", "元": "CNY"}


def _suited(field: Field, value: object) -> object:
    """A cell's text as the field's type has it, where that is beyond doubt; else as given. An amount without its
    currency is in doubt.
    """
    if not isinstance(value, str):
        return value
    text = value.strip()
    if field.type == "boolean":
        word = text.casefold()
        return True if word in _YES else False if word in _NO else value
    if field.type == "money":
        return _money(text) or value
    if field.type == "choice":
        return _chosen(field, text)
    if field.type == "choices":
        return [_chosen(field, part.strip()) for part in re.split(r"[,;、;,]", text) if part.strip()]
    return value


def _money(text: str) -> Mapping[str, str] | None:
    found = _MONEY.fullmatch(text)
    currencies = {_YUAN.get(c, c) for c in (found["before"], found["after"]) if c} if found else set[str]()
    if found is None or len(currencies) != 1:
        return None
    return {"amount": found["amount"].replace(",", ""), "currency": currencies.pop()}


def _chosen(field: Field, text: str) -> str:
    """A choice's code by its label."""
    labels = {label: choice.code for choice in field.choices for label in (choice.label.zh, choice.label.en)}
    return labels.get(text, text)


def _description(body: str, lines: Sequence[str], marker: str) -> tuple[str, str | None]:
    """The description within its limit, and the whole text where that is longer."""
    tail = "\n".join(lines)
    whole = f"{body}\n\n{tail}" if tail else body
    if len(whole) <= BODY_LENGTH:
        return whole, None
    room = BODY_LENGTH - len(marker) - len(tail) - 2
    if tail and room > BODY_LENGTH // 2:
        return f"{cut(body, room)}{marker}\n\n{tail}", whole
    return cut(whole, BODY_LENGTH - len(marker)) + marker, whole
