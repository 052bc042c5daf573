"""`.env.example` tells of every variable, and is itself an environment that development starts with."""

from pathlib import Path

from dotenv import dotenv_values

from sentineliq.config import Settings, validate_critical_env_vars

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def test_every_variable_is_explained() -> None:
    told = EXAMPLE.read_text()
    for name in set(Settings.model_fields) - {"uses_sandbox"}:
        assert f"{name.upper()}=" in told


def test_the_example_starts_in_development() -> None:
    environ = {name: value or "" for name, value in dotenv_values(EXAMPLE).items()}
    assert validate_critical_env_vars(environ).uses_sandbox
