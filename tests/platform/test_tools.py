"""What must never be committed is found."""

import subprocess
from pathlib import Path

import pytest

from tools.scan import finds


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("notes.md", "sk_" + "live_" + "4" * 24),
        ("app.py", 'SECRET = "whsec_' + "a" * 32 + '"'),
        ("key.pem", "-----BEGIN " + "PRIVATE KEY-----"),
        ("requirements.lock", "--index-url https://pypi." + "example/simple"),
        ("bun.lock", '"resolved": "https://registry.' + 'npmjs.example/react"'),
    ],
)
def test_a_secret_or_registry_is_found(repository: Path, name: str, line: str) -> None:
    (repository / name).write_text(f"first line\n{line}\n")
    found = list(finds(repository))
    assert len(found) == 1
    assert found[0].startswith(f"{name}:2: ")
    assert line not in found[0]


def test_the_sandboxs_public_keys_are_no_secret(repository: Path) -> None:
    (repository / "config.py").write_text('KEY = "sk_test_sandbox"\nSECRET = "whsec_sandbox"\n')
    assert list(finds(repository)) == []
