"""Settings: one typed table; what is not known or not right is refused before anything starts."""

from pathlib import Path

import pytest

from bihuan.core import settings
from bihuan.core.settings import TABLE, BadSetting, UnknownSetting


def test_defaults_are_whole_and_typed() -> None:
    made = settings.load({})
    assert (made.port, made.host, made.session_hours) == (8080, "127.0.0.1", 12)
    assert {f"BIHUAN_{name.upper()}" for name in made.__struct_fields__} == {s.name for s in TABLE}


def test_every_setting_is_explained_in_both_languages() -> None:
    for setting in TABLE:
        assert setting.en.endswith(".") and setting.zh.endswith("。"), setting.name
        assert setting.name.startswith("BIHUAN_")


def test_environment_then_overrides() -> None:
    assert settings.load({"BIHUAN_PORT": "9000", "HOME": "/x"}).port == 9000
    assert settings.load({"BIHUAN_PORT": "9000"}, port=9001).port == 9001


@pytest.mark.parametrize(("name", "nearest"), [("BIHUAN_PROT", "BIHUAN_PORT"), ("BIHUAN_DATABASE_ULR", "BIHUAN_DATABASE_URL")])  # fmt: skip
def test_an_unknown_name_is_refused_with_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(UnknownSetting) as caught:
        settings.load({name: "1"})
    assert caught.value.params == {"name": name, "nearest": nearest}
    assert name in caught.value.text("zh") and nearest in caught.value.text("en")


@pytest.mark.parametrize(("name", "value"), [("BIHUAN_PORT", "http"), ("BIHUAN_POOL", "1"), ("BIHUAN_PORT", ""), ("BIHUAN_WORKERS", "-1")])  # fmt: skip
def test_a_wrong_value_is_refused(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as caught:
        settings.load({name: value})
    assert caught.value.params["name"] == name


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://secret\n")
    assert settings.load({"BIHUAN_DATABASE_URL_FILE": str(file)}).database_url == "postgresql://secret"
    with pytest.raises(BadSetting):
        settings.load({"BIHUAN_DATABASE_URL_FILE": str(tmp_path / "none")})
    with pytest.raises(UnknownSetting):
        settings.load({"BIHUAN_PORT_FILE": str(file)})


def test_secrets_are_not_shown() -> None:
    made = settings.load({"BIHUAN_DATABASE_URL": "postgresql://u:hidden@h/d"})
    shown = {setting.name: value for setting, value in settings.effective(made)}
    assert "hidden" not in str(shown)
    assert shown["BIHUAN_DATABASE_URL"] == "••••••"
    assert shown["BIHUAN_DATABASE_ADMIN_URL"] == ""


def test_places() -> None:
    made = settings.load({"BIHUAN_DATA": "somewhere"})
    assert made.data_folder == Path.cwd() / "somewhere"
    assert made.keys_file == made.data_folder / "keys.json"
    assert settings.load({"BIHUAN_KEYS": "/etc/keys"}).keys_file == Path("/etc/keys")
