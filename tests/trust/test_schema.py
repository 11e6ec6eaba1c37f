"""The whole schema against the running app (schemathesis): what it takes is answered as it says, what it does not is
refused, nobody gets by without signing in, and nothing ever breaks.

`make test` tries a few cases of each operation with a fixed seed; `make test-long` two hundred with a seed of its own,
printed at the end. BIHUAN_TEST_SEED repeats one.
"""

import asyncio
import os
import random
from collections.abc import Callable
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bihuan import app
from bihuan.api import openapi
from bihuan.core.http import Operation, operations
from bihuan.core.permissions import all_codes
from tests.api.test_every_operation import _of, name, names
from tests.channels.portal import customer
from tests.conftest import House, figure
from tests.identity.behind import holder

assert app.make_desk, "importing it declares every operation"
assert names, "ids of things that are there, a fixture of another file"
WHOLE = os.environ.get("BIHUAN_TEST_LONG") == "1"
#: Per operation; half of them are as the schema says, half break it.
EXAMPLES = 200 if WHOLE else 4
SEED = int(os.environ.get("BIHUAN_TEST_SEED", "0")) or (random.SystemRandom().randrange(1, 1 << 32) if WHOLE else 20_261_122)  # fmt: skip
SCHEMA = schemathesis.openapi.from_dict(openapi.document("0"))
#: Streams do not end; they are tried in tests/api/test_live.py.
OPERATIONS = [o for o in operations() if not o.events]
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
Send = Callable[[Any], httpx.Response]


def test_no_5xx_is_declared() -> None:
    document = openapi.document("0")
    declared = {s for path in document["paths"].values() for one in path.values() for s in one["responses"]}
    assert {"401", "404", "422", "429"} <= declared
    assert [s for s in declared if s.startswith("5") or s == "default"] == []
    figure(f"schemathesis: {len(OPERATIONS)} operations x {EXAMPLES} examples x 2, seed {SEED}")


@pytest.mark.long
@pytest.mark.parametrize("one", OPERATIONS, ids=name)
async def test_with_a_session(shared_house: House, names: dict[str, str], one: Operation) -> None:
    client = await _somebody(shared_house, one)
    real = _real(one, names)

    def is_right(case: Any, send: Send) -> None:
        answer = send(case)
        checks = [*_CHECKS, negative_data_rejection] if _is_judged(case, one) else _CHECKS
        case.validate_response(answer, checks=checks)

    await asyncio.to_thread(_try, one, is_right, _sending(client), real)


@pytest.mark.long
@pytest.mark.parametrize("one", [o for o in OPERATIONS if not o.public], ids=name)
async def test_without_a_session(shared_house: House, names: dict[str, str], one: Operation) -> None:
    nobody = shared_house.anonymous()

    def is_refused(case: Any, send: Send) -> None:
        case.headers = {
            k: v for k, v in (case.headers or {}).items() if k.lower() not in ("authorization", "cookie")
        }
        case.cookies = {}
        answer = send(case)
        assert answer.status_code in (401, 400, 413, 415, 422), answer.text
        if _is_well_formed(case, one):
            assert answer.status_code == 401, answer.text
        case.validate_response(answer, checks=_CHECKS)

    await asyncio.to_thread(_try, one, is_refused, _sending(nobody), _real(one, names))


def _is_well_formed(case: Any, one: Operation) -> bool:
    return one.takes is None and not one.form


def _is_judged(case: Any, one: Operation) -> bool:
    """Where it is the body that is broken; a cookie or token that is left out is put there by the client."""
    body = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    return (
        one.takes is not None
        and not one.partial
        and body is not None
        and body.mode is GenerationMode.NEGATIVE
    )


async def _somebody(house: House, one: Operation) -> httpx.AsyncClient:
    """Who may do everything; by a credential of this operation's own, as some end the one they are asked by."""
    if one.public:
        return house.anonymous()
    if one.asks == "customer":
        return await customer(house, f"C-{one.method}-{one.path}"[:60])
    return await holder(house, f"fuzz{OPERATIONS.index(one)}", all_codes())


def _real(one: Operation, told: dict[str, str]) -> dict[str, str]:
    """Ids of things that are there."""
    return {**_of(one, told), "code": "general", "kind": "resolution", "version": "1"}


def _sending(client: httpx.AsyncClient) -> Send:
    """Send a case from the thread of the cases to the loop of the app."""
    loop = asyncio.get_running_loop()

    def send(case: Any) -> httpx.Response:
        told = case.as_transport_kwargs(base_url="http://desk")
        # Bytes above ASCII go as they would by any other client.
        headers = {
            k: str(v).encode("latin-1")
            for k, v in told.pop("headers", {}).items()
            if k.lower() not in ("host", "user-agent")
        }
        kept = {k: told[k] for k in ("params", "json") if told.get(k) is not None}
        if told.get("files"):
            kept["files"] = [(str(n), _content(v)) for n, v in _pairs(told["files"])]
        if told.get("data") is not None:
            kept["content" if isinstance(told["data"], (bytes, str)) else "data"] = told["data"]
        try:
            request = client.build_request(told["method"], told["url"], headers=headers, **kept)
        except httpx.InvalidURL:
            hypothesis.reject()  # longer than this client sends; a server ends such a line by itself
        return asyncio.run_coroutine_threadsafe(_sent(client, request), loop).result(60)

    return send


def _content(value: Any) -> Any:
    """What this client can send as a file."""
    if isinstance(value, tuple):
        return tuple(part if isinstance(part, bytes | str) else str(part) for part in value)
    return value if isinstance(value, bytes | str) else str(value)


def _pairs(files: Any) -> list[tuple[str, Any]]:
    return list(files.items()) if isinstance(files, dict) else list(files)


async def _sent(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    await request.aread()
    return await client.send(request)


def _try(one: Operation, check: Callable[[Any, Send], None], send: Send, real: dict[str, str]) -> None:
    described = SCHEMA[f"/api/v1{one.path}"][one.method]
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        if mode is GenerationMode.NEGATIVE and one.takes is None and not one.query and "{" not in one.path:
            continue  # there is nothing to get wrong

        @hypothesis.seed(SEED)
        @hypothesis.settings(
            max_examples=EXAMPLES // 2, deadline=None, database=None, phases=[Phase.generate, Phase.shrink] if WHOLE else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @hypothesis.given(
            case=described.as_strategy(generation_mode=mode), known=hypothesis.strategies.booleans()
        )
        def each(case: Any, known: bool) -> None:
            if known and case.path_parameters:
                case.path_parameters = {k: real.get(k, v) for k, v in case.path_parameters.items()}
            check(case, send)

        each()
