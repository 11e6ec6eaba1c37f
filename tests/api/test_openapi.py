"""The OpenAPI document as clients are generated from it."""

import gc
import subprocess
import sys
from typing import Any

import msgspec

from bihuan import app
from bihuan.api import openapi

assert app.make_desk, "importing it declares every operation"


def _schemas() -> dict[str, Any]:
    return dict(openapi.document("0")["components"]["schemas"])


def test_what_is_only_given_has_all_its_members() -> None:
    """The encoder leaves nothing out, so a client need not reckon with a member that is not there."""
    schemas = _schemas()
    for name in ("TicketView", "TicketRow", "Page", "Me", "ChangedTickets"):
        assert set(schemas[name]["required"]) == set(schemas[name]["properties"]), name
    assert set(schemas["NewTeam"]["required"]) == {"code", "name_zh", "name_en"}
    assert set(schemas["OpenTicket"]["required"]) < set(schemas["OpenTicket"]["properties"])


def test_no_struct_of_ours_leaves_defaults_out() -> None:
    ours = [t for t in gc.get_objects() if isinstance(t, type) and issubclass(t, msgspec.Struct)]
    ours = [t for t in ours if t.__module__.startswith("bihuan.")]
    assert len(ours) > 100
    assert [t for t in ours if t.__struct_config__.omit_defaults] == []


def test_it_is_the_same_every_time() -> None:
    """Whatever the order of sets: a generated client must not change by itself."""
    said = {
        subprocess.run(
            [sys.executable, "-m", "bihuan.cli.main", "openapi"],
            env={"PYTHONHASHSEED": seed}, check=True, capture_output=True, timeout=120,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(said) == 1
    assert {"/api/v1/live", "/api/v1/portal/live"} <= msgspec.json.decode(said.pop())["paths"].keys()
