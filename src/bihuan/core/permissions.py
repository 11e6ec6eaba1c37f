"""The permission catalogue: each permission is declared where it is used, with a sentence in both languages."""

import msgspec


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """A right that roles and tokens may hold."""

    code: str
    zh: str
    en: str


_catalogue: dict[str, Permission] = {}


def declare(code: str, *, zh: str, en: str) -> str:
    """Declare a permission and return its code. Declaring one twice is an error of ours."""
    if code in _catalogue:
        raise ValueError(f"permission {code} is declared twice")
    _catalogue[code] = Permission(code=code, zh=zh, en=en)
    return code


def catalogue() -> list[Permission]:
    """Every permission, by code."""
    return [_catalogue[code] for code in sorted(_catalogue)]


def all_codes() -> frozenset[str]:
    """Every code."""
    return frozenset(_catalogue)
