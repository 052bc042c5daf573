"""Production's lines: JSON, with their request's id, and with nothing secret or personal in them."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from sentineliq import logs
from sentineliq.config import Environment, Settings

SECRETS = (
    "whsec_abc123",
    "sk_test_1234567890",
    "rk_live_1234567890",
    "re_a1b2_c3d4e5f6",
    "ada@example.com",
    "4242 4242 4242 4242",
    "4000000000000002",
    "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl",
    "hunter2",
)


@pytest.fixture
def production() -> Iterator[Settings]:
    """Production's logging, and what it was before."""
    root, handlers, level = logging.getLogger(), logging.getLogger().handlers[:], logging.getLogger().level
    settings = Settings(sentineliq_env=Environment.PRODUCTION, stripe_api_key=None)
    yield settings
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


def test_a_line_is_json_with_what_is_bound(production: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(production)
    with bound_contextvars(request_id="req-12345678", event_id="evt_1"):
        structlog.get_logger("x").info("answered", status=200)
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["status"], line["level"]) == ("answered", 200, "info")
    assert (line["request_id"], line["event_id"]) == ("req-12345678", "evt_1")


@pytest.mark.parametrize("environment", Environment)
def test_beside_a_commands_own_output_all_lines_go_to_the_other_stream(
    production: Settings, capsys: pytest.CaptureFixture[str], environment: Environment
) -> None:
    settings = production.model_copy(update={"sentineliq_env": environment})
    logs.configure(settings, to="stderr")
    structlog.get_logger("x").error("ours")
    logging.getLogger("a.library").error("theirs")
    out, err = capsys.readouterr()
    assert out == ""
    assert "ours" in err


@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_secret_or_personal_is_written_however_it_got_there(
    production: Settings, capsys: pytest.CaptureFixture[str], secret: str
) -> None:
    logs.configure(production)
    log = structlog.get_logger("x")
    words = f"postgresql://app:{secret}@db/x" if secret == "hunter2" else f"it was {secret}, sadly"
    log.info("said", error=words, nested={"deep": [words]}, odd=ValueError(words))
    log.info("named", password=secret, token=secret, cookie=secret)
    try:
        raise RuntimeError(words)
    except RuntimeError:
        log.exception("failed")
    logging.getLogger("a.library").error("it failed: %s", words)
    out = capsys.readouterr().out
    assert secret not in out
    assert [json.loads(line)["event"] for line in out.splitlines()][:3] == ["said", "named", "failed"]
    assert len(out.splitlines()) == 4


def test_ids_that_help_are_left(production: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(production)
    kept = {"event_id": "evt_1OrcPaid00000001", "workspace_id": "0f" * 16, "at": "2026-11-25T00:00:00+00:00"}
    structlog.get_logger("x").info("kept", **kept)
    assert kept.items() <= json.loads(capsys.readouterr().out).items()


def test_the_server_writes_no_access_lines_of_its_own(production: Settings) -> None:
    """Its lines carry the query, and the websocket's query carries the tab's token."""
    assert logs.server_logging(production)["loggers"]["granian.access"]["level"] == "WARNING"
    launch = (Path(logs.__file__).parent / "launch.py").read_text()
    assert "log_access" not in launch
