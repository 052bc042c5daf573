"""Every message of the sources: what the catalogues must have, and nothing else."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import sentineliq
from sentineliq.errors import AppError

PACKAGE = Path(sentineliq.__file__).parent
SPEAKERS = {
    "say": 1,
    "say_plural": 2,
    "mark": 1,
    "Phrase": 1,
    "t": 1,
    "sentence": 1,
    "of_document": 1,
    "section": 1,
}
"""Functions that take messages, and how many of their first arguments are messages."""
ENGLISH_ONLY = (
    "sandbox",
    "migrations",
    "launch",
    "cli",
    "billing_commands",
    "doctor_commands",
    "stripe_commands",
)
ENGLISH_FOLDERS = (
    "pages/staff",
    "state/staff",
    "billing/staff",
    "billing/stripe/setup",
    "billing/stripe/checks",
)
"""What only developers, operators and staff read, but for phrases, which are told to others."""
ENTRANCES = ("sentineliq", "startup")

Message = str | tuple[str, str]


@cache
def messages() -> frozenset[Message]:
    """Each message's English text; one that depends on a number is a pair."""
    return frozenset([*_written(), *_of_errors()])


def _written() -> Iterator[Message]:
    for path in PACKAGE.rglob("*.py"):
        place = path.relative_to(PACKAGE)
        if place.parts[0].removesuffix(".py") in ENGLISH_ONLY:
            continue
        speakers = {"Phrase": 1} if place.as_posix().startswith(ENGLISH_FOLDERS) else SPEAKERS
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield from _said_by(node, speakers)


def _said_by(call: ast.Call, speakers: Mapping[str, int]) -> Iterator[Message]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    texts = [list(_texts(argument)) for argument in call.args[: speakers.get(name, 0)]]
    if name == "say_plural":
        [one], [many] = texts
        yield one, many
    else:
        yield from (text for argument in texts for text in argument)


def _texts(argument: ast.expr) -> Iterator[str]:
    """A literal, or those of a choice between literals."""
    match argument:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from [*_texts(body), *_texts(other)]
        case _:
            return


def _of_errors() -> Iterator[str]:
    """An error's message is its class's."""
    for module in pkgutil.walk_packages(sentineliq.__path__, "sentineliq."):
        if module.name.split(".")[1] not in (*ENGLISH_ONLY, *ENTRANCES):
            importlib.import_module(module.name)
    found = [AppError]
    for error in found:
        found += error.__subclasses__()
        place = error.__module__.removeprefix("sentineliq.").replace(".", "/")
        if error.__module__.startswith("sentineliq.") and not place.startswith(ENGLISH_FOLDERS):
            yield error.message
