"""Settings: where they come from, which wins, and that a wrong one is named with its fix."""

import datetime
from pathlib import Path

import pytest

from meterbook.config import environment, secret_store, setting_kinds

OWN_SERVER = "postgresql://billing:s%40fe@db.example:5433/utility?sslmode=require"


def refused(environ: dict[str, str], *, data_dir: Path) -> dict[str, environment.Problem]:
    with pytest.raises(environment.SettingsError) as caught:
        environment.load(environ, data_dir=data_dir)
    return {problem.name: problem for problem in caught.value.problems}


def test_defaults_need_nothing(tmp_path: Path) -> None:
    settings = environment.load({}, data_dir=tmp_path)
    assert (settings.host, settings.port, settings.language) == ("127.0.0.1", 8000, "zh-hans")
    assert (settings.session_hours, settings.time_zone) == (12, "Asia/Shanghai")
    assert settings.is_embedded
    assert not settings.is_prepared
    assert settings.fixed_today is None
    assert list(tmp_path.iterdir()) == []


def test_data_folder_from_argument_variable_or_data_home(tmp_path: Path) -> None:
    named = {"METERBOOK_DATA": str(tmp_path / "named"), "XDG_DATA_HOME": str(tmp_path / "home")}
    assert environment.load(named, data_dir=tmp_path / "told").data_dir == tmp_path / "told"
    assert environment.load(named).data_dir == tmp_path / "named"
    del named["METERBOOK_DATA"]
    assert environment.load(named).data_dir == tmp_path / "home" / "meterbook"
    assert environment.default_data_dir({"HOME": "/home/li"}) == Path("/home/li/.local/share/meterbook")


def test_environment_wins_over_file_wins_over_default(tmp_path: Path) -> None:
    (tmp_path / "meterbook.toml").write_text(
        "port = 8100\nsession_hours = 8\nsecure_cookies = true\n"
        'allowed_hosts = ["bills.example", "10.0.0.5"]\n'
        "fixed_today = 2026-03-31\n"
    )
    settings = environment.load({"METERBOOK_PORT": "8200"}, data_dir=tmp_path)
    assert (settings.port, settings.session_hours, settings.secure_cookies) == (8200, 8, True)
    assert settings.allowed_hosts == ("bills.example", "10.0.0.5")
    assert settings.fixed_today == datetime.date(2026, 3, 31)


def test_file_may_lie_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "etc.toml"
    elsewhere.write_text("port = 8100\n")
    settings = environment.load({"METERBOOK_CONFIG": str(elsewhere)}, data_dir=tmp_path / "data")
    assert settings.port == 8100
    problems = refused({"METERBOOK_CONFIG": str(tmp_path / "none.toml")}, data_dir=tmp_path)
    assert "path" in problems["METERBOOK_CONFIG"].fix


def test_every_wrong_setting_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "meterbook.toml").write_text('prot = 8100\nlog_level = "LOUD"\n')
    problems = refused({"METERBOOK_PORT": "99999", "METERBOOK_LANGAUGE": "en"}, data_dir=tmp_path)
    assert set(problems) == {"prot", "log_level", "METERBOOK_PORT", "METERBOOK_LANGAUGE"}
    assert "Did you mean port?" in problems["prot"].fix
    assert "Did you mean METERBOOK_LANGUAGE?" in problems["METERBOOK_LANGAUGE"].fix
    assert problems["METERBOOK_PORT"].given == "'99999'"
    assert "65535" in problems["METERBOOK_PORT"].allowed
    assert "8000" in problems["METERBOOK_PORT"].fix
    assert "DEBUG, INFO, WARNING or ERROR" in problems["log_level"].allowed


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "meterbook.toml").write_text("port: 8000")
    assert str(tmp_path / "meterbook.toml") in refused({}, data_dir=tmp_path)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("METERBOOK_PORT", "-1"),
        ("METERBOOK_PORT", "80.5"),
        ("METERBOOK_PORT", "８０００"),
        ("METERBOOK_SESSION_HOURS", "0"),
        ("METERBOOK_SECURE_COOKIES", "maybe"),
        ("METERBOOK_LANGUAGE", "fr"),
        ("METERBOOK_TIME_ZONE", "Beijing"),
        ("METERBOOK_FIXED_TODAY", "2026-02-30"),
        ("METERBOOK_ALLOWED_HOSTS", " , "),
        ("METERBOOK_ALLOWED_HOSTS", "http://bills.example"),
        ("METERBOOK_SECRET_KEY", "short"),
        ("METERBOOK_POSTGRES_BIN", "/nowhere/at/all"),
        ("METERBOOK_POSTGRES_USER", "root; rm"),
        ("DATABASE_URL", "mysql://a:b@c/d"),
        ("DATABASE_URL", "postgresql://db.example/utility"),
        ("DATABASE_URL", "postgresql://billing:x@db.example:99999/utility"),
        ("DATABASE_URL", "postgresql://billing:x@db.example"),
    ],
)
def test_impossible_values_are_refused(tmp_path: Path, variable: str, value: str) -> None:
    assert variable in refused({variable: value}, data_dir=tmp_path)


def test_messages_hide_secrets(tmp_path: Path) -> None:
    with pytest.raises(environment.SettingsError) as caught:
        environment.load(
            {"DATABASE_URL": "mysql://a:hush@c/d", "METERBOOK_SECRET_KEY": "hush"}, data_dir=tmp_path
        )
    assert "hush" not in str(caught.value)
    secrets = secret_store.prepare(tmp_path)
    settings = environment.load({"DATABASE_URL": OWN_SERVER}, data_dir=tmp_path)
    assert "s%40fe" not in repr(settings)
    assert secrets.django_key not in repr(secrets)


def test_every_setting_has_a_default_its_own_parser_accepts() -> None:
    for kind in setting_kinds.ALL:
        if kind.default not in {None, ()}:
            assert kind.parse(setting_kinds.as_text(kind.default)) == kind.default


def test_embedded_addresses_come_from_the_data_folder(tmp_path: Path) -> None:
    secrets = secret_store.prepare(tmp_path)
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "port").write_text("54321")
    settings = environment.load({}, data_dir=tmp_path)
    assert settings.is_prepared
    assert settings.secret_key == secrets.django_key
    assert (
        settings.database_url("owner")
        == f"postgresql://meterbook_owner:{secrets.owner_password}@127.0.0.1:54321/meterbook"
    )
    assert secrets.app_password in settings.database_url("app")
    assert secrets.job_password in settings.database_url("job")
    with pytest.raises(environment.SettingsError, match="owner, app or job"):
        settings.database_url("superuser")


def test_own_server_replaces_the_embedded_one(tmp_path: Path) -> None:
    secrets = secret_store.prepare(tmp_path)
    settings = environment.load({"DATABASE_URL": OWN_SERVER}, data_dir=tmp_path)
    assert not settings.is_embedded
    assert settings.is_prepared
    assert settings.database_url("owner") == OWN_SERVER
    place = "db.example:5433/utility?sslmode=require"
    assert settings.database_url("app") == f"postgresql://meterbook_app:{secrets.app_password}@{place}"
    given = {"DATABASE_URL": OWN_SERVER, "DATABASE_APP_URL": "postgresql://web:x@db.example/utility"}
    assert environment.load(given, data_dir=tmp_path).role_app == "web"


def test_django_database_has_a_pool_only_where_asked() -> None:
    pooled = environment.django_database(url=OWN_SERVER, pool_size=8)
    assert (pooled["USER"], pooled["PASSWORD"], pooled["HOST"]) == ("billing", "s@fe", "db.example")
    assert (pooled["PORT"], pooled["NAME"], pooled["OPTIONS"]["sslmode"]) == ("5433", "utility", "require")
    assert pooled["OPTIONS"]["pool"]["max_size"] == 8
    assert pooled["CONN_MAX_AGE"] == 0
    assert "pool" not in environment.django_database(url=OWN_SERVER, pool_size=None)["OPTIONS"]


def test_listening_to_others_answers_to_own_names(tmp_path: Path) -> None:
    local = environment.load({}, data_dir=tmp_path)
    assert local.allowed_hosts == ("127.0.0.1", "localhost", "[::1]")
    others = environment.load({"METERBOOK_HOST": "0.0.0.0"}, data_dir=tmp_path)  # noqa: S104
    assert len(others.allowed_hosts) > len(local.allowed_hosts)
    assert "*" not in others.allowed_hosts


def test_every_setting_is_in_the_manual() -> None:
    manual = (Path(__file__).resolve().parents[3] / "docs" / "operations" / "settings.md").read_text()
    for kind in setting_kinds.ALL:
        row = f"| `{kind.name}` | `{kind.variable}` | {kind.allowed} |"
        assert row in manual, f"{row} ... {kind.meaning} |"
