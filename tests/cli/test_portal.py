"""`bihuan portal`: a link that opens once, the end of what came of links, or a sentence."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bihuan.core.embedded import EmbeddedServer
from tests.cli.command import Environment, clean_environment, done, refused


@pytest.fixture
def desk(folder: Path) -> Iterator[Environment]:
    """A desk with keys and schema and no tenant."""
    env = clean_environment(BIHUAN_DATA=str(folder / "data"))
    server = EmbeddedServer(folder / "data")
    server.start()
    done("keys", "init", env=env)
    done("db", "migrate", env=env)
    yield env
    server.stop()


def test_a_link_for_somebody_known_or_a_sentence(desk: Environment) -> None:
    assert "--customer-ref | --ticket" in refused("portal", "link", env=desk, code=2)
    assert "Invalid" in refused("portal", "link", "--customer-ref", "C1", env=desk)
    done("tenant", "add", "one", "--name", "One", env=desk)
    assert "NoSuchCustomer" in refused("portal", "link", "--customer-ref", "C1", env=desk)
    assert "NoSuchTicket" in refused("portal", "link", "--ticket", "2000000000", env=desk)
    assert "NoSuchTenant" in refused("portal", "link", "--tenant", "two", "--customer-ref", "C1", env=desk)
    wrong = refused("portal", "link", "--customer-ref", "C1", env={**desk, "BIHUAN_PUBLIC_URL": "x"}, code=2)
    assert "BIHUAN_PUBLIC_URL" in wrong


def test_the_end_of_somebodys_portal_or_a_sentence(desk: Environment) -> None:
    assert "--customer-ref | --ticket" in refused("portal", "end", env=desk, code=2)
    done("tenant", "add", "one", "--name", "One", env=desk)
    assert "NoSuchCustomer" in refused("portal", "end", "--customer-ref", "C1", env=desk)
    assert "NoSuchTicket" in refused("portal", "end", "--ticket", "2000000000", env=desk)
    assert "NoSuchTenant" in refused("portal", "end", "--tenant", "two", "--customer-ref", "C1", env=desk)
