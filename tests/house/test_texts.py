"""Every text a user sees is there in Chinese and in English, with the same gaps to fill."""

import importlib
import pkgutil
import string
from collections.abc import Iterator

import pytest

import bihuan
from bihuan.core import http, permissions, problems, settings
from bihuan.core.filters import FilterField
from bihuan.core.problems import FIELD_TEXTS, Problem
from bihuan.tickets import lifecycle
from bihuan.tickets.reads import FILTERS
from bihuan.tickets.verbs import VERBS
from tests.house.sources import ROOT


def _import_all() -> None:
    for found in pkgutil.walk_packages(bihuan.__path__, "bihuan."):
        importlib.import_module(found.name)


_import_all()


def _gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text)


def _both(zh: str, en: str) -> bool:
    """Both there, each in its language, with the same gaps. Names such as CSRF are the same in both."""
    return (
        bool(zh.strip() and en.strip()) and not _is_chinese(en) and _is_chinese(zh) and _gaps(zh) == _gaps(en)
    )


def _problems(of: type[Problem] = Problem) -> Iterator[type[Problem]]:
    yield of
    for one in of.__subclasses__():
        yield from _problems(one)


@pytest.mark.parametrize(
    "problem", sorted(set(_problems()), key=lambda p: p.__name__), ids=lambda p: p.__name__
)
def test_every_problem_speaks_both(problem: type[Problem]) -> None:
    """Its own words: an inherited message would be about something else."""
    if problem.__module__.startswith("bihuan."):
        zh, en = vars(problem).get("zh", ""), (vars(problem).get("__doc__") or "").strip()
        assert _both(zh, en), (zh, en)
        assert 400 <= problem.status < 600


def test_no_two_problems_have_one_name() -> None:
    """The class's name is the code clients read."""
    names = [p.__name__ for p in set(_problems()) if p.__module__.startswith("bihuan.")]
    assert sorted(n for n in set(names) if names.count(n) > 1) == []


def test_every_field_error_speaks_both() -> None:
    assert {code: texts for code, texts in FIELD_TEXTS.items() if not _both(*texts)} == {}


def test_every_permission_speaks_both() -> None:
    listed = permissions.catalogue()
    assert len(listed) > 25
    assert [p.code for p in listed if not _both(p.zh, p.en)] == []


def test_every_operation_speaks_both() -> None:
    listed = http.operations()
    assert len(listed) > 40
    assert [(o.method, o.path) for o in listed if not _both(o.zh, o.en)] == []
    assert [(o.path, q.name) for o in listed for q in o.query if not _both(q.zh, q.en.replace("`", ""))] == []


def test_every_operation_needs_a_permission_that_is_declared() -> None:
    known = permissions.all_codes()
    assert [o.path for o in http.operations() if o.permission is not None and o.permission not in known] == []


def test_every_state_stage_and_verb_speaks_both() -> None:
    assert set(lifecycle.STATE_TEXTS) == set(lifecycle.STAGES)
    assert {state: texts for state, texts in lifecycle.STATE_TEXTS.items() if not _both(*texts)} == {}
    assert [v.name for v in VERBS if not _both(v.zh, v.en)] == []


@pytest.mark.parametrize("field", FILTERS, ids=lambda f: f.name)
def test_every_filter_field_speaks_both(field: FilterField) -> None:
    assert _both(field.zh, field.en)
    assert [value for value, texts in field.values.items() if not _both(*texts)] == []


def test_every_setting_speaks_both_and_has_its_attribute() -> None:
    assert [s.name for s in settings.TABLE if not _both(s.zh, s.en)] == []
    attributes = {s.name.removeprefix("BIHUAN_").lower() for s in settings.TABLE}
    assert attributes == set(settings.Settings.__struct_fields__)


def test_languages_are_two() -> None:
    assert set(problems.Language.__args__) == {"zh", "en"}  # pyright: ignore[reportAttributeAccessIssue]


def test_the_reference_of_settings_is_current() -> None:
    """Write it anew by: python -c "from bihuan.core.settings import reference; print(reference(), end='')"."""
    written = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert written == settings.reference()
