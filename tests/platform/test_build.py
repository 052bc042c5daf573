"""The front end's build: made again only for changed sources, and good for every port."""

import gzip
from pathlib import Path

import pytest

from sentineliq import build

SCRIPT = "var e={PING:`http://frontend.invalid/ping`,EVENT:`ws://frontend.invalid/_event`}"

SOURCES = (
    "sentineliq/pages/home.py",
    "sentineliq/slim/slim-jsx.js",
    "sentineliq/sandbox/app.py",
    "assets/app.css",
    "rxconfig.py",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in SOURCES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("first")
    (tmp_path / "reflex.lock").mkdir()
    (tmp_path / "reflex.lock" / "package.json").write_text('{"name": "reflex", "type": "module"}')
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "sentineliq/pages/home.py",
        "sentineliq/slim/slim-jsx.js",
        "assets/app.css",
        "rxconfig.py",
        "assets/new.svg",
    ],
)
def test_a_changed_source_asks_for_a_build(project: Path, name: str) -> None:
    before = build.fingerprint(project)
    (project / name).write_text("second")
    assert build.fingerprint(project) != before


def test_what_no_page_comes_from_does_not(project: Path) -> None:
    before = build.fingerprint(project)
    (project / "sentineliq/sandbox/app.py").write_text("second")
    (project / "reflex.lock" / "package.json").write_text('{\n  "type": "module",\n  "name": "reflex"\n}\n')
    assert build.fingerprint(project) == before


def test_the_script_addresses_the_page_it_runs_in(tmp_path: Path) -> None:
    script = tmp_path / "assets" / "reflex-env-1a2b.js"
    script.parent.mkdir()
    script.write_text(SCRIPT)
    script.with_name(script.name + ".br").write_bytes(b"old")
    build.address_the_page_itself(tmp_path)
    patched = script.read_text()
    assert "frontend.invalid" not in patched
    assert 'location.origin.replace("http","ws")+`/_event`' in patched
    assert gzip.decompress(script.with_name(script.name + ".gz").read_bytes()).decode() == patched
    assert not script.with_name(script.name + ".br").exists()


def test_a_build_that_names_no_address_is_refused(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text("var e={}")
    with pytest.raises(build.BuildFailed):
        build.address_the_page_itself(tmp_path)


def test_a_folder_that_may_not_be_written_to_is_told_with_the_mend(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in its place: root, as whom tests may run, may write to any folder."""
    (project / "installed").touch()
    monkeypatch.chdir(project)
    monkeypatch.setenv("REFLEX_WEB_WORKDIR", "installed")
    with pytest.raises(build.BuildFailed, match="sentineliq build"):
        build.ensure_built()


def test_no_setting_reaches_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_of_this_installation")
    monkeypatch.setenv("SENTINELIQ_ENV", "production")
    environment = build.neutral_environment()
    assert environment["STRIPE_API_KEY"] == ""
    assert environment["SENTINELIQ_ENV"] == "development"
