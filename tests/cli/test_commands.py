"""Every command: help, exit codes, one clear sentence when something is wrong."""

import json
from pathlib import Path

import pytest

from plugin.cli import cli, run
from tests.cli.conftest import Regulars


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command explains itself with --help and exits 0."""
    for name in cli.commands:
        assert run([name, "--help"]) == 0
        assert "Usage: regulars" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["frobnicate"], ["signals"], ["serve", "--port", "0"], ["signals", "x", "--format", "xml"], ["erase", "x"]],
)
def test_wrong_use_exits_2_with_one_sentence(regulars: Regulars, arguments: list[str]) -> None:
    """Wrong use exits 2 and says what to do on one line of standard error."""
    said = regulars(*arguments)

    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("regulars: ")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("REGULARS_LOG_FORMAT", "xml", "REGULARS_LOG_FORMAT must be text or json"),
        ("REGULARS_DATABASE_URL", "mysql://x", "REGULARS_DATABASE_URL must begin with"),
        ("REGULARS_DATABASE_URL", "postgresql://x", "write postgresql+psycopg://"),
        ("REGULARS_DATABASE_URL", "postgresql+psycopg://x", "REGULARS_SECRET_KEYS must be set on PostgreSQL"),
        ("REGULARS_SECRET_KEYS", "short", "under 32 characters"),
        ("REGULARS_PUBLIC_URL", "example.com", "REGULARS_PUBLIC_URL must be an address"),
        ("REGULARS_SHOPIFY_CLIENT_ID", "alone", "set both or neither"),
        ("REGULARS_ALLOW_PRIVATE_HOSTS", "maybe", "must be 1 or 0"),
        ("REGULARS_PROXIES", "-1", "must be a number from 0 to 9"),
        ("REGULARS_PAGE_SECONDS", "0", "must be a number from 1 to 3600"),
        ("REGULARS_PUBLC_URL", "https://x.example", "is not a setting"),
    ],
)
def test_a_setting_that_cannot_work_is_refused(
    regulars: Regulars, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    """A configuration that cannot work ends in one sentence and exit code 2, before anything starts."""
    monkeypatch.setenv(name, value)

    said = regulars("serve")

    assert said.code == 2
    assert told in said.err
    assert said.err.count("\n") == 1


def test_serve_and_worker_refuse_an_old_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the newest schema nothing starts, and the remedy is named."""
    path = tmp_path / "empty.db"
    path.touch()
    monkeypatch.setenv("REGULARS_DATABASE_URL", f"sqlite:///{path}")
    for command in ("serve", "worker"):
        assert run([command]) == 1
        assert "run regulars migrate" in capsys.readouterr().err


def test_a_missing_database_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command on a database that is not there makes none and says what to do."""
    path = tmp_path / "none.db"
    monkeypatch.setenv("REGULARS_DATABASE_URL", f"sqlite:///{path}")

    assert run(["shops", "list"]) == 1

    assert "run regulars migrate first" in capsys.readouterr().err
    assert not path.exists()


def test_an_unknown_shop_is_answered_with_the_known_ones(regulars: Regulars, shop: str) -> None:
    """A shop that is not there is refused with the list of those that are."""
    said = regulars("signals", "elsewhere.myshopify.com")

    assert said.code == 1
    assert shop in said.err


def test_shops_are_listed_paused_resumed_and_removed(regulars: Regulars, shop: str) -> None:
    """The state of a shop follows the commands."""
    assert "active" in regulars("shops", "list").out
    assert regulars("shops", "pause", shop).code == 0
    assert "paused" in regulars("shops", "list").out
    assert regulars("shops", "resume", "1").code == 0
    assert "active" in regulars("shops", "list").out
    assert regulars("shops", "remove", shop).code == 0
    assert "uninstalled" in regulars("shops", "list").out


def test_a_program_goes_out_and_in_and_back(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """What show prints, set takes; history lists it; undo restores what was before."""
    first = json.loads(regulars("program", shop_args := "show", shop).out)
    changed = {**first, "holdout_percent": 25}
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(changed))

    assert shop_args == "show"
    assert regulars("program", "set", shop, str(file), "--note", "more control").code == 0
    assert json.loads(regulars("program", "show", shop).out) == changed
    assert "more control" in regulars("program", "history", shop).out
    assert regulars("program", "undo", shop).code == 0
    assert json.loads(regulars("program", "show", shop).out) == first
    assert len(regulars("program", "history", shop).out.splitlines()) == 3


def test_rules_that_cannot_work_are_refused_field_by_field(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """A program with a bad field is not saved; the field is named."""
    body = json.loads(regulars("program", "show", shop).out)
    body["holdout_percent"] = 80
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(body))

    said = regulars("program", "set", shop, str(file))

    assert said.code == 1
    assert "holdout_percent" in said.err
    assert json.loads(regulars("program", "show", shop).out)["holdout_percent"] != 80


def test_doctor_names_what_is_wrong(regulars: Regulars, shop: str) -> None:
    """Doctor exits 1 for a store that cannot be reached and names it, in lines and in JSON."""
    said = regulars("doctor")

    assert said.code == 1
    assert f"FAIL shop {shop}" in said.out
    found = json.loads(regulars("doctor", "--json").out)
    assert {"about", "ok", "told"} == set(found[0])
    assert [one["ok"] for one in found if one["about"] == "database"] == [True]


def test_a_customer_is_erased(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """After erase the customer has no row any more, and the same file imported again is the merchant's own decision."""
    file = tmp_path / "orders.csv"
    file.write_text(
        "order_id,customer_id,ordered_at,total,currency\n1,7001,2026-01-05,20,USD\n2,8001,2026-01-05,20,USD\n"
    )
    regulars("import", shop, "--from-csv", str(file))

    assert regulars("erase", shop, "--customer", "7001").code == 0

    assert [row["customer_id"] for row in regulars("signals", shop).rows()] == ["8001"]


def test_a_customer_is_told_what_is_kept(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """Disclose prints the customer's rows by table, and nothing of anybody else."""
    file = tmp_path / "orders.csv"
    file.write_text(
        "order_id,customer_id,ordered_at,total,currency\n1,7001,2026-01-05,20,USD\n2,8001,2026-01-05,20,USD\n"
    )
    regulars("import", shop, "--from-csv", str(file))

    told = json.loads(regulars("disclose", shop, "--customer", "7001").out)

    assert [row["order_id"] for row in told["kept"]["orders"]] == ["1"]
    assert told["kept"]["orders"][0]["ordered_at"] == "2026-01-05T00:00:00Z"
    assert "8001" not in json.dumps(told)


def test_offers_of_a_new_shop_are_none(regulars: Regulars, shop: str) -> None:
    """A shop without offers prints nothing, or the header alone."""
    assert regulars("offers", shop).out == ""
    assert regulars("offers", shop, "--format", "csv").out.startswith("offer_id,customer_id,kind,step")


def test_manifests_are_printed(regulars: Regulars) -> None:
    """The manifest for Shopify names every topic that is declared; the one for Magento lists its resources."""
    told = regulars("manifest", "shopify").out

    assert "orders/create" in told
    assert "customers/redact" in told
    assert regulars("manifest", "magento").code == 0
