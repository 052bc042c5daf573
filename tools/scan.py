"""Find what must never be committed: secrets, and addresses of package registries.

Prints a line for each find, without the secret itself, and exits with 1 if there is one.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SECRETS = {
    "a live key of Stripe": re.compile(r"\b[sr]k_live_[0-9A-Za-z]{16,}"),
    "a test key of Stripe": re.compile(r"\b[sr]k_test_[0-9A-Za-z]{24,}"),
    "a signing secret of Stripe": re.compile(r"\bwhsec_[0-9A-Za-z+/]{24,}"),
    "a key of Resend": re.compile(r"\bre_[0-9A-Za-z]{8,}_[0-9A-Za-z]{16,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a password in a database's address": re.compile(r"postgres(?:ql)?://[^\s:/@]+:(?!…|\$|\{)[^\s@]{12,}@"),
}
REGISTRY = re.compile(r"""https?://[^\s"']*(?:/simple\b|/npm\b|registry\.|pypi\.|files\.pythonhosted)""")
LOCKS = re.compile(r"(lock|requirements|package\.json|pyproject\.toml|bunfig\.toml|\.npmrc|Makefile|^\.ci/)")


def finds(root: Path) -> Iterator[str]:
    """One line for each find in the files that git tracks or would add."""
    for name in _files(root):
        try:
            text = (root / name).read_text()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            for what, pattern in SECRETS.items():
                if pattern.search(line):
                    yield f"{name}:{number}: {what}"
            if LOCKS.search(name) and REGISTRY.search(line):
                yield f"{name}:{number}: the address of a package registry"


def _files(root: Path) -> list[str]:
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(listing, cwd=root, capture_output=True, check=True)  # noqa: S603  fixed words
    return [name.decode() for name in done.stdout.split(b"\0") if name]


def main() -> int:
    found = list(finds(Path()))
    sys.stdout.write("\n".join(["secrets and registries", *found, ""]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
