"""The front end's production build: made once for its sources, served on any port.

Reflex writes the backend's address into the script. The build puts the address of the page in its place,
so that one build serves every port, host and proxy.
"""

import fcntl
import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .config import Settings

FRONTEND_ORIGIN = "http://frontend.invalid"
"""Stands for the page's own origin in a build."""

_STAMP = "sentineliq-sources"
_NOT_IN_PAGES = ("sandbox", "migrations", "mail", "billing/stripe")
_ADDRESS = re.compile(r"""(["'`])(http|ws)://frontend\.invalid""")
_QUIET = {
    "REFLEX_USE_SYSTEM_BUN": "1",
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
}


class BuildFailed(Exception):
    """The front end could not be built; the message is the end of the build's own output."""


def web_folder() -> Path:
    """Where Reflex builds; `REFLEX_WEB_WORKDIR` moves it, as in Reflex itself."""
    return Path(os.environ.get("REFLEX_WEB_WORKDIR", ".web"))


def client_folder() -> Path:
    """The built pages and scripts, as they are served."""
    return web_folder() / "build" / "client"


def is_current() -> bool:
    """Whether the last build was made from the sources as they are now."""
    stamp = web_folder() / _STAMP
    return client_folder().is_dir() and stamp.exists() and stamp.read_text() == fingerprint(Path())


def ensure_built() -> None:
    """Build the front end if its sources have changed since the last build. Raises `BuildFailed`.

    Processes that ask at the same time wait for one build.
    """
    with _one_at_a_time():
        if is_current():
            return
        stamp, sources = web_folder() / _STAMP, fingerprint(Path())
        stamp.unlink(missing_ok=True)
        _export()
        address_the_page_itself(client_folder())
        stamp.write_text(sources)


def fingerprint(project: Path) -> str:
    """A hash of everything that the built pages come from."""
    digest = hashlib.sha256()
    for path in sorted(_sources(project)):
        digest.update(f"{path.relative_to(project)}\0".encode() + _content(path) + b"\0")
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    """What counts of a file: a build writes its own package.json anew, in another layout."""
    if path.name == "package.json":
        return json.dumps(json.loads(path.read_bytes()), sort_keys=True).encode()
    return path.read_bytes()


def _sources(project: Path) -> Iterator[Path]:
    package = project / "sentineliq"
    skipped = [package / name for name in _NOT_IN_PAGES]
    for path in (*package.rglob("*.py"), *package.rglob("*.js")):
        if not any(path.is_relative_to(folder) for folder in skipped):
            yield path
    yield from (package / "locales").rglob("*.po")
    for folder in ("assets", "reflex.lock"):
        yield from (path for path in (project / folder).rglob("*") if path.is_file())
    for name in ("rxconfig.py", "bunfig.toml", "requirements.lock"):
        if (project / name).exists():
            yield project / name


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    try:
        web_folder().mkdir(parents=True, exist_ok=True)
        lock = (web_folder() / "sentineliq-build.lock").open("w")
    except OSError as error:  # a service may only read where it is installed
        message = f"{error.strerror}: {error.filename}. Whoever may write there runs `sentineliq build`."
        raise BuildFailed(message) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _export() -> None:
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    done = subprocess.run(command, env=neutral_environment(), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise BuildFailed((done.stdout + done.stderr)[-4000:])


def neutral_environment() -> dict[str, str]:
    """The environment without our settings: nothing of one installation ends up in the build."""
    settings = {name.upper(): "" for name in Settings.model_fields}
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return os.environ | settings | _QUIET | {"PATH": tools, "SENTINELIQ_ENV": "development"}


def address_the_page_itself(client: Path) -> None:
    """Replace the stand-in address by the page's own origin, in the script that carries it.

    Raises `BuildFailed` when no script does: the build would look for its backend elsewhere.
    """
    found = False
    for script in client.rglob("*.js"):
        before = script.read_text()
        after = _ADDRESS.sub(lambda hit: f'location.origin.replace("http","{hit[2]}")+{hit[1]}', before)
        if after == before:
            continue
        found = True
        script.write_text(after)
        script.with_name(script.name + ".br").unlink(missing_ok=True)
        script.with_name(script.name + ".gz").write_bytes(gzip.compress(after.encode(), mtime=0))
    if not found:
        raise BuildFailed(f"No script of the build names {FRONTEND_ORIGIN}.")
