"""Signing in, administered from the command line: lost passwords and factors, sign-in services."""

import re
from pathlib import Path

from tests.cli.command import done, refused

_OF = ("--tenant", "demo", "--login")
_SERVICE = ("--code", "sso", "--name-zh", "统一登录", "--name-en", "SSO", "--client-id", "desk")


def test_lost_passwords_and_factors(desk_env: dict[str, str]) -> None:
    given = done("user", "give-password", *_OF, "li", env=desk_env)
    assert re.fullmatch(r"(?:[2-9a-z]{5}-){3}[2-9a-z]{5}\n", given), "the password and nothing else"
    assert done("user", "reset-factors", *_OF, "li", env=desk_env) == ""
    for command in ("give-password", "reset-factors"):
        assert "NoSuchStaff" in refused("user", command, *_OF, "nobody", env=desk_env)


def test_a_sign_in_service(desk_env: dict[str, str], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret\n", encoding="utf-8")
    add = ("oidc", "add", "--tenant", "demo", *_SERVICE, "--secret-file", str(secret))
    assert done(*add, "--issuer", "https://127.0.0.1:9", env=desk_env) == ""
    assert "/issuer" in refused(*add, "--issuer", "http://id.example.com", env=desk_env)
    told = refused("oidc", "check", "--tenant", "demo", "--code", "sso", env=desk_env)
    assert "ProviderTrouble" in told and "address_not_allowed" in told, "nowhere inside unless allowed"
    assert "NotFound" in refused("oidc", "check", "--tenant", "demo", "--code", "other", env=desk_env)


def test_a_password_that_may_not_be_one(desk_env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("password1234\n", encoding="utf-8")
    add = ("user", "add", "--tenant", "demo", "--role", "agent", "--password-file", str(file))
    assert "/password" in refused(*add, "--login", "weak", env=desk_env)
