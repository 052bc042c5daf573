"""Who may import whom (`[tool.importlinter]` in pyproject.toml), and that breaking it is noticed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


def lint_imports(project: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    return subprocess.run(
        command, cwd=project, env={"PYTHONPATH": str(project)}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package by itself, to be broken."""
    skip = shutil.ignore_patterns("__pycache__", "*.html", "*.json")
    shutil.copytree(PROJECT / "sentineliq", tmp_path / "sentineliq", ignore=skip)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def test_dependencies_point_one_way() -> None:
    done = lint_imports(PROJECT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("pages/home.py", "from sentineliq import db"),
        ("state/session.py", "import stripe"),
        ("billing/plans.py", "import reflex"),
        ("billing/operations.py", "from sentineliq.sandbox import SandboxConfig"),
        ("sandbox/config.py", "from sentineliq import errors"),
        ("mail/sender.py", "import resend"),
        ("config.py", "from sentineliq import http"),
        ("unplaced.py", ""),
    ],
)
def test_a_forbidden_import_is_found(copy: Path, module: str, statement: str) -> None:
    path = copy / "sentineliq" / module
    path.write_text(f"{statement}\n" + (path.read_text() if path.exists() else ""))
    done = lint_imports(copy)
    assert done.returncode == 1, done.stdout
    assert "BROKEN" in done.stdout
