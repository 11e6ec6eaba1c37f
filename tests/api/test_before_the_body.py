"""What is refused before any work: another site's visitors, other kinds of body, files of nobody."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bihuan import app
from bihuan.core.http import Operation, operations
from tests.api.test_every_operation import name, problem
from tests.channels.portal import customer, sent
from tests.conftest import House

assert app.make_desk, "importing it declares every operation"
PUBLIC = [o for o in operations() if o.public and o.method not in ("GET", "HEAD")]
FORMS = [o for o in operations() if o.form]
_BOUNDARY = "x0x"
_MULTIPART = {"content-type": f"multipart/form-data; boundary={_BOUNDARY}"}


def test_there_is_something_to_try() -> None:
    steps = (
        "second",
        "enrol",
        "enrolled",
        "new-password",
        "passkey",
        "passkey-asked",
        "service",
        "service-asked",
    )
    first = {"/session", "/portal/session", "/portal/progress"}
    from_servers = {"/session/service-ended/{tenant}/{code}"}
    assert {o.path for o in PUBLIC} == first | from_servers | {f"/session/{step}" for step in steps}
    assert {o.path for o in PUBLIC if o.urlencoded} == from_servers, "what a token signed by a service proves"
    assert {o.path for o in FORMS} == {"/tickets/{id}/attach", "/portal/tickets/{id}/attach"}


@pytest.mark.parametrize("one", PUBLIC, ids=name)
async def test_another_site_signs_nobody_in(shared_house: House, one: Operation) -> None:
    nobody = shared_house.anonymous()
    for site in ("cross-site", "same-site", "same-origin, cross-site", "nonsense"):
        answer = await nobody.post(one.path, json={}, headers={"sec-fetch-site": site})
        assert (answer.status_code, problem(answer)) == (403, "CrossSite"), site
    for headers in ({"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {}):
        answer = await nobody.post(one.path, json={}, headers=headers)
        assert (answer.status_code, problem(answer)) == (422, "Invalid"), headers


@pytest.mark.parametrize("one", PUBLIC, ids=name)
async def test_what_a_form_elsewhere_can_send_is_not_taken(shared_house: House, one: Operation) -> None:
    nobody = shared_house.anonymous()
    form = () if one.urlencoded else ("application/x-www-form-urlencoded",)
    for kind in ("text/plain", *form, "multipart/form-data; boundary=x", ""):
        answer = await nobody.post(one.path, content=b"{}", headers={"content-type": kind})
        assert (answer.status_code, problem(answer)) == (415, "JsonOnly"), kind
    for kind in ("application/json", "Application/JSON; charset=utf-8"):
        answer = await nobody.post(one.path, content=b"{}", headers={"content-type": kind})
        assert (answer.status_code, problem(answer)) == (422, "Invalid"), kind


class _Pulled:
    """A form with one file of 4 MB in 64 pieces, which counts how many were asked for."""

    pieces = 64

    def __init__(self) -> None:
        self.count = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        head = f'--{_BOUNDARY}\r\ncontent-disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        for number in range(self.pieces):
            self.count += 1
            yield head.encode() if number == 0 else b"x" * 65_536
        yield f"\r\n--{_BOUNDARY}--\r\n".encode()


async def _tried(client: httpx.AsyncClient, path: str, **headers: str) -> tuple[int, str, int]:
    body = _Pulled()
    answer = await client.post(path, content=body, headers={**_MULTIPART, **headers})
    return answer.status_code, "" if answer.status_code < 400 else problem(answer), body.count


async def test_files_are_read_only_of_who_may_send_them(house: House) -> None:
    desk, browser = await house.client(), await customer(house)
    ticket = await sent(house, browser)
    inside, outside = f"/tickets/{ticket['id']}/attach", f"/portal/tickets/{ticket['id']}/attach"
    for path in (inside, outside):
        assert await _tried(house.anonymous(), path) == (401, "NotSignedIn", 0)
    assert await _tried(browser, outside, **{"x-csrf-token": "wrong"}) == (403, "CsrfMissing", 0)
    reader = await house.client("auditor")
    assert await _tried(reader, inside) == (403, "NotAllowed", 0)
    for client, path in ((desk, inside), (browser, outside)):
        assert await _tried(client, path) == (201, "", _Pulled.pieces)
