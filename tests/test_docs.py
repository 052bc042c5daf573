"""What the documents name is there: commands, options, targets, files, links, variables, functions."""

import importlib
import json
import re
import shlex
from functools import lru_cache
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from sentineliq.billing.stripe.handlers import HANDLERS
from sentineliq.cli import main
from sentineliq.config import Settings

PROJECT = Path(__file__).parents[1]
NAMES = ("README.md", "SECURITY.md", "CHANGELOG.md")
DOCUMENTS = [*(PROJECT / name for name in NAMES), *sorted((PROJECT / "docs").glob("*.md"))]
OF_THE_TOOLS = {"GRANIAN_WORKERS", "WASP_WEB_CLIENT_URL", "OTEL_EXPORTER_OTLP_ENDPOINT", "SSL_CERT_FILE"}
"""Variables that are read elsewhere than in `Settings`."""
README_LIMIT = 150

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def _code(document: Path) -> list[str]:
    """What is written as code: each line of a block, without its comment, and each piece within backticks."""
    text = document.read_text()
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    lines = [re.sub(r"\s+#\s.*", "", line).strip() for block in blocks for line in block.splitlines()]
    prose = re.sub(r"^ *```\w*\n.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    return lines + [" ".join(piece.split()) for piece in re.findall(r"`([^`]+)`", prose)]


def _calls(document: Path, program: str) -> list[str]:
    """What follows the program's name in each call of it."""
    found = [re.findall(rf"(?:^|&& ?){program} ([^&;|]+)", code) for code in _code(document)]
    return [call.strip() for calls in found for call in calls]


def _is_known_call(call: str) -> bool:
    command = typer.main.get_command(main)
    for word in shlex.split(re.sub(r"[\[\]]", "", call)):
        if word.startswith("--"):
            options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
            if word.split("=")[0] not in options:
                return False
        elif isinstance(command, TyperGroup):
            if word not in command.commands:
                return False
            command = command.commands[word]
    return True


@lru_cache
def _modules() -> dict[str, list[str]]:
    """The full names of the product's modules, by their last part."""
    named: dict[str, list[str]] = {}
    for path in (PROJECT / "sentineliq").rglob("*.py"):
        parts = path.relative_to(PROJECT).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        named.setdefault(parts[-1], []).append(".".join(parts))
    return named


def _can_be_imported(name: str) -> bool:
    module, *attributes = name.split(".")
    for full_name in _modules().get(module, []):
        found: object = importlib.import_module(full_name)
        for attribute in attributes:
            found = getattr(found, attribute, None)
        if found is not None:
            return True
    return module == "Settings" and hasattr(Settings, attributes[0])


def _is_dotted(code: str) -> bool:
    is_name = re.fullmatch(r"[A-Za-z]\w*(\.[A-Za-z_]\w*)+", code) is not None
    return is_name and code not in HANDLERS and not _is_file(code)


def _is_file(code: str) -> bool:
    return code.rsplit(".", 1)[-1] in {"py", "md", "toml", "js", "json", "yml", "conf", "txt", "lock"}


@each_document
def test_every_command_and_option_is_there(document: Path) -> None:
    assert [call for call in _calls(document, "sentineliq") if not _is_known_call(call)] == []


@each_document
def test_every_target_is_in_the_makefile(document: Path) -> None:
    makefile = (PROJECT / "Makefile").read_text()
    targets = {call.split()[0] for call in _calls(document, "make")}
    assert [name for name in targets if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []


@each_document
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@each_document
def test_every_file_and_folder_is_there(document: Path) -> None:
    pattern = r"(?:sentineliq|tests|docs|deploy|bench|tools)/[\w./-]*|[\w.-]+/[\w./-]+\.(?:py|md)"
    named = [code for code in _code(document) if re.fullmatch(pattern, code)]
    roots = (PROJECT, PROJECT / "sentineliq")
    assert [path for path in named if not any((root / path).exists() for root in roots)] == []


@each_document
def test_every_variable_is_a_setting(document: Path) -> None:
    code = "\n".join(_code(document))
    set_here = re.findall(r"(?<![\w$/-])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?==|\b)", code)
    known = {name.upper() for name in Settings.model_fields} | OF_THE_TOOLS
    functions = {part for piece in _code(document) if _is_dotted(piece) for part in piece.split(".")}
    assert set(set_here) - known - functions == set()


@each_document
def test_every_function_can_be_imported(document: Path) -> None:
    named = [code for code in _code(document) if _is_dotted(code)]
    assert [name for name in named if not _can_be_imported(name)] == []


def test_the_documents_are_read() -> None:
    """None of the above holds for want of anything to look at."""
    commands = [call for document in DOCUMENTS for call in _calls(document, "sentineliq")]
    targets = [call for document in DOCUMENTS for call in _calls(document, "make")]
    functions = [code for document in DOCUMENTS for code in _code(document) if _is_dotted(code)]
    assert len(commands) > 15
    assert len(targets) > 8
    assert len(functions) > 40


def test_the_readme_links_every_document_and_is_short() -> None:
    readme = (PROJECT / "README.md").read_text()
    assert [path.name for path in DOCUMENTS[1:] if f"{path.name})" not in readme] == []
    assert len(readme.splitlines()) < README_LIMIT


def test_the_schema_and_the_ledger_answer_on_a_fresh_database(environment: pytest.MonkeyPatch) -> None:
    upgraded, checked, listed = (
        CliRunner().invoke(main, shlex.split(call))
        for call in ("db upgrade", "db check", "events list --status unmatched --json")
    )
    assert [upgraded.exit_code, checked.exit_code, listed.exit_code] == [0, 0, 0]
    assert json.loads(listed.stdout) == []


@pytest.mark.parametrize("call", ["db upgrades", "reconcile --dry", "no"])
def test_a_call_that_is_not_there_is_told(call: str) -> None:
    assert not _is_known_call(call)
