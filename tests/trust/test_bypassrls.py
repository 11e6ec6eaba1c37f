"""The same tests once more with the second lock open: as a role with BYPASSRLS the desk gives the same answers.

So every statement keeps tenants apart by itself. That the run would notice is shown by statements that lose their
condition: closed, the second lock hides it; open, the run fails.
"""

import os
import subprocess
import sys

import pytest

from tests.cli.command import clean_environment
from tests.conftest import ROOT, figure

WHOLE = os.environ.get("BIHUAN_TEST_LONG") == "1"
#: What tests the second lock itself cannot be tried with it open.
_NOT = ["--deselect", "tests/tickets/test_row_security.py"]
_SAMPLE = ["tests/api/test_every_operation.py", "-k", "another_tenant or not_ones_own"]
_ALL = ["tests/api", "tests/tickets", "tests/customers", "tests/identity", "tests/channels", *_NOT]
#: Statements behind which no other stands that finds nothing either.
PLANTS = ("tickets.ticket", "customers.customer", "identity.staff_by_id")


def _run(*what: str, bypass: bool = True, plant: str = "") -> subprocess.CompletedProcess[str]:
    plugin = ["-p", "tests.trust.bypass"] if bypass or plant else []
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *plugin, *what]  # fmt: skip
    env = clean_environment(**({"BIHUAN_TEST_PLANT": plant} if plant else {}))
    env.pop("PYTEST_XDIST_WORKER", None)
    return subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=2_700 if WHOLE else 280,
        check=False,
    )


def _outcome(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-2_000:]


@pytest.mark.long
def test_the_same_answers_without_the_second_lock() -> None:
    done = _run(*(_ALL if WHOLE else _SAMPLE))
    figure(f"with BYPASSRLS: {_outcome(done)}")
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]


@pytest.mark.long
@pytest.mark.parametrize("plant", PLANTS if WHOLE else PLANTS[:1])
def test_a_statement_that_lost_its_condition_is_noticed(plant: str) -> None:
    """The check can fail: with the second lock open, another tenant's row comes through and the run is red."""
    done = _run(*_SAMPLE, "-x", plant=plant)
    figure(f"with BYPASSRLS and {plant} planted: {_outcome(done)}")
    assert done.returncode == 1, done.stdout[-8_000:] + done.stderr[-2_000:]
    assert " failed" in _outcome(done) and " error" not in _outcome(done)
