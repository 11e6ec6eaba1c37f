"""The ends of time, NUL and the like, wherever an operation takes a moment or a parameter: refused or answered, no error."""

import pytest

from tests.conftest import House
from tests.trust.declared import Place, Sender, moments, places, sender

_MOMENTS = (
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z",
    "2026-02-29T00:00:00Z", "0001-01-01", "9999-12-31", "2026-11-22T00:00:00+24:00", "2026-11-22T24:00:00Z",
)  # fmt: skip
_PARAMETERS = ("\x00", "a\x00b", "\ud7ff\ue000", "'", "\\", "%", "9" * 400, "-1", "١٢٣", "null", "x" * 3_000)


@pytest.fixture(scope="module")
async def almighty(shared_house: House) -> Sender:
    """Somebody who may do everything."""
    return await sender(shared_house)


def _name(place: Place) -> str:
    return f"{place.operation.method} {place.operation.path} {place.name}"


@pytest.mark.parametrize("place", moments(), ids=_name)
async def test_the_ends_of_time(almighty: Sender, place: Place) -> None:
    for text in _MOMENTS:
        await almighty.send(place, text)
    assert place.operation.method == "GET" or almighty.told[_name(place)] - {500}


@pytest.mark.parametrize("place", [p for p in places() if p.put is None], ids=_name)
async def test_parameters_made_to_hurt(almighty: Sender, place: Place) -> None:
    for text in _PARAMETERS:
        await almighty.send(place, text)
    assert almighty.told[_name(place)] <= {200, 201, 204, 400, 401, 403, 404, 405, 409, 410, 413, 422}
