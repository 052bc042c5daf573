"""The catalogues, read once each."""

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from .languages import Language

LOCALES = Path(__file__).parent.parent / "locales"


def read_catalogue(language: Language) -> Catalog:
    """The file as it is written."""
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language.value)


@cache
def translations(language: Language) -> NullTranslations:
    """What turns a message into this language; one that it lacks stays English."""
    if language is Language.ENGLISH:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    return Translations(compiled)
