"""The classes of records this release knows, and on what their times rest: `retention.yaml`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import msgspec
import yaml

from bihuan.core.problems import Language
from bihuan.privacy.retention_time import Term

Keeps = Literal["ticket", "person", "row", "nothing"]


class RecordClass(msgspec.Struct, frozen=True, kw_only=True):
    """A class of records. `shortest`: what its source asks for; `verified`: it was read there. `fixed`: nobody sets it."""

    code: str
    zh: str
    en: str
    keeps: Keeps
    default: Term
    verified: bool
    source_zh: str
    source_en: str
    shortest: Term | None = None
    kinds: tuple[str, ...] = ()
    case_types: tuple[str, ...] = ()
    fixed: str | None = None
    fixed_en: str | None = None

    def title(self, language: Language) -> str:
        """What it is called."""
        return self.zh if language == "zh" else self.en

    def source(self, language: Language) -> str:
        """On what it rests."""
        return self.source_zh if language == "zh" else self.source_en

    def kept_as(self, language: Language) -> str | None:
        """How long it is kept, in words, where nobody sets it."""
        return self.fixed if language == "zh" else self.fixed_en


@cache
def classes() -> Mapping[str, RecordClass]:
    """Every class, by code, in the order they are shown."""
    raw = yaml.safe_load((Path(__file__).parent / "retention.yaml").read_text(encoding="utf-8"))
    found = [msgspec.convert({**row, **_terms(row)}, RecordClass) for row in raw]
    return MappingProxyType({one.code: one for one in found})


def class_of(case_type: str, kind: str) -> RecordClass:
    """The class of a ticket."""
    of_tickets = [one for one in classes().values() if one.keeps == "ticket"]
    named = next((one for one in of_tickets if case_type in one.case_types), None)
    return named or next(one for one in of_tickets if kind in one.kinds)


def _terms(row: Mapping[str, str]) -> dict[str, object]:
    said = {name: row[name].split() for name in ("default", "shortest") if name in row}
    return {name: {"amount": int(amount), "unit": unit} for name, (amount, unit) in said.items()}
