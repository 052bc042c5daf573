"""The command, as a shell sees it."""

import json
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from sentineliq import doctor, stripe_commands
from sentineliq.cli import main
from sentineliq.config import PURPOSES
from sentineliq.findings import Finding
from tests.servers import clean_environment, free_port

COMMAND = Path(sys.executable).with_name("sentineliq")


def sentineliq(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *words],
        cwd=cwd,
        env=clean_environment(SENTINELIQ_DATA_DIR=str(cwd), PORT=str(free_port())) | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


CALLS = [
    "",
    "run",
    "build",
    "sandbox",
    "reconcile",
    "doctor",
    "stripe",
    "stripe setup",
    "events",
    "events list",
    "events show",
    "events replay",
    "db",
    "db upgrade",
    "db check",
]


@pytest.mark.parametrize("words", CALLS)
def test_help_is_everywhere(words: str) -> None:
    done = CliRunner().invoke(main, [*words.split(), "--help"])
    assert (done.exit_code, "Usage" in done.stdout) == (0, True)


def test_what_a_machine_reads_has_no_line_of_the_log_in_it(environment: pytest.MonkeyPatch) -> None:
    async def examine() -> list[Finding]:
        structlog.get_logger("doctor").warning("something_odd")
        return []

    async def set_up(*_: object, **__: object) -> None:
        structlog.get_logger("setup").warning("something_odd")

    environment.setenv("STRIPE_API_KEY", "sk_test_of_the_tests")
    environment.setattr(doctor, "examine", examine)
    environment.setattr(stripe_commands, "set_up", set_up)
    for words in (["doctor", "--json"], ["stripe", "setup", "--json"]):
        structlog.reset_defaults()
        done = CliRunner().invoke(main, words)
        assert json.loads(done.stdout)["ok"]
        assert "something_odd" in done.stderr


def test_the_shell_finds_the_command(tmp_path: Path) -> None:
    done = sentineliq("--help", cwd=tmp_path)
    assert (done.returncode, "Usage" in done.stdout) == (0, True)


def test_an_unknown_command_is_called_wrongly(tmp_path: Path) -> None:
    assert sentineliq("fly", cwd=tmp_path).returncode == 2


def test_production_names_every_missing_variable_and_no_secret(tmp_path: Path) -> None:
    given = {
        "SENTINELIQ_ENV": "production",
        "STRIPE_API_KEY": "sk_test_notashow",
        "JWT_SECRET": "short-and-secret",
    }
    done = sentineliq("run", cwd=tmp_path, **given)
    assert done.returncode == 2
    for name in set(PURPOSES) - {"STRIPE_API_KEY"}:
        assert name in done.stderr
    assert "sk_test_notashow" not in done.stdout + done.stderr
    assert "short-and-secret" not in done.stdout + done.stderr


def test_the_schema_is_made_and_then_agrees_with_the_models(tmp_path: Path) -> None:
    assert sentineliq("db", "check", cwd=tmp_path).returncode == 1
    assert sentineliq("db", "upgrade", cwd=tmp_path).returncode == 0
    checked = sentineliq("db", "check", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("call", ["run", "build"])
def test_a_start_outside_of_the_project_says_where_to_start(tmp_path: Path, call: str) -> None:
    done = sentineliq(call, cwd=tmp_path)
    assert (done.returncode, "rxconfig.py" in done.stderr) == (1, True)


def test_several_workers_are_refused_without_redis(tmp_path: Path) -> None:
    (tmp_path / "rxconfig.py").touch()
    done = sentineliq("run", "--workers", "2", cwd=tmp_path)
    assert (done.returncode, "REDIS_URL" in done.stderr) == (1, True)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_taken_port_is_refused_with_the_way_to_another(tmp_path: Path, taken_port: int) -> None:
    (tmp_path / "rxconfig.py").touch()
    served = sentineliq("run", cwd=tmp_path, PORT=str(taken_port))
    played = sentineliq("sandbox", "--port", str(taken_port), "--data", str(tmp_path), cwd=tmp_path)
    for done, other in ((served, "PORT=…"), (played, "--port …")):
        assert (done.returncode, done.stdout) == (1, "")
        [line] = done.stderr.splitlines()
        assert line.startswith(f"Port {taken_port} of 127.0.0.1 cannot be used: ")
        assert line.endswith(f"{other} takes another.")


def test_the_sandbox_is_refused_in_production(tmp_path: Path, taken_port: int) -> None:
    words = ("sandbox", "--port", str(taken_port), "--data", str(tmp_path))
    done = sentineliq(*words, cwd=tmp_path, SENTINELIQ_ENV="production")
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert "SENTINELIQ_ENV" in line


def test_a_database_that_is_not_up_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "rxconfig.py").touch()
    done = sentineliq("run", cwd=tmp_path, DATABASE_URL="postgresql://nobody:hidden@127.0.0.1:9/none")
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert "DATABASE_URL" in line
    assert "hidden" not in line


def test_the_schema_of_a_newer_version_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "rxconfig.py").touch()
    with closing(sqlite3.connect(tmp_path / "newer.db")) as database, database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        database.execute("INSERT INTO alembic_version VALUES ('9999')")
    done = sentineliq("run", cwd=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/newer.db")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "newer version" in line
