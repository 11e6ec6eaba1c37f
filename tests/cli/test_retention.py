"""`bihuan retention`: rules with what their sources ask for, and the plan."""

from tests.cli.command import done, refused

TENANT = ("--tenant", "demo")


def test_rules_and_plan(desk_env: dict[str, str]) -> None:
    rows = [row.split("\t") for row in done("retention", "rules", *TENANT, env=desk_env).splitlines()]
    found = {row[0]: row for row in rows}
    assert found["complaint_file"][2:4] == ["3 years", "≥ 3 years (verified)"]
    assert found["audit"][2] == "Never deleted"
    assert found["ticket"][3] == "- (unverified)"
    plan = [row.split("\t") for row in done("retention", "plan", *TENANT, env=desk_env).splitlines()]
    assert all(len(row) == 4 and row[2].isdigit() and row[3].isdigit() for row in plan)
    refused("retention", "plan", "--tenant", "nowhere", env=desk_env)
