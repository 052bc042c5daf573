"""A Chromium for the end-to-end tests: an installed one, else Debian's package, else Playwright's download.

`python -m tests.e2e.chromium` installs one where there is none.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium() -> str | None:
    """The path of an installed browser; `CHROMIUM` names another one."""
    for name in (os.environ.get("CHROMIUM", ""), *NAMES):
        if name and (path := shutil.which(name)):
            return path
    return _playwrights_own()


def _playwrights_own() -> str | None:
    """Asked in a process of its own: Playwright may be running in this one."""
    ask = "import playwright.sync_api as p\nwith p.sync_playwright() as s: print(s.chromium.executable_path)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    path = done.stdout.strip()
    return path if Path(path).exists() else None


def install_chromium() -> None:
    """Raises `CalledProcessError` when neither way works."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        update = subprocess.run(["apt-get", "update", "-qq"], check=False)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        if update.returncode == 0 and subprocess.run(install, env=quiet, check=False).returncode == 0:
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


def main() -> None:
    if not (found := find_chromium()):
        print("Chromium: installing")
        install_chromium()
        found = find_chromium()
    print(f"Chromium: {found}")


if __name__ == "__main__":
    main()
