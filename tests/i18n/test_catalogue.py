"""The catalogues have every message of the sources, whole, and nothing that nobody says."""

import re

import pytest
from babel.messages.catalog import Catalog

from sentineliq.i18n import Language
from sentineliq.i18n.catalogue import read_catalogue
from tests.i18n.extraction import Message, messages

TRANSLATED = [language for language in Language if language is not Language.ENGLISH]
every_language = pytest.mark.parametrize("language", TRANSLATED)


def entries(catalogue: Catalog) -> dict[Message, list[str]]:
    """Each message with its translations, one a plural form."""
    return {
        entry.id if isinstance(entry.id, str) else (entry.id[0], entry.id[1]): list(
            (entry.string,) if isinstance(entry.string, str) else entry.string
        )
        for entry in catalogue
        if entry.id
    }


def places(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w*\}", text))


@every_language
def test_every_message_of_the_sources_is_translated(language: Language) -> None:
    found = entries(read_catalogue(language))
    assert {message for message in messages() if not all(found.get(message, [""]))} == set()


@every_language
def test_no_entry_is_left_of_what_is_no_longer_said(language: Language) -> None:
    assert set(entries(read_catalogue(language))) - messages() == set()


@every_language
def test_a_translation_has_the_places_of_its_message(language: Language) -> None:
    for message, translations in entries(read_catalogue(language)).items():
        english = message if isinstance(message, str) else message[-1]
        assert [places(each) for each in translations] == [places(english)] * len(translations), message


@every_language
def test_a_translation_ends_as_its_message_does(language: Language) -> None:
    """A full stop that is lost or won shows that another sentence was translated."""
    for message, translations in entries(read_catalogue(language)).items():
        english = message if isinstance(message, str) else message[-1]
        for each in translations:
            assert (each[-1] in ".?…:") == (english[-1] in ".?…:"), message


@every_language
def test_a_catalogue_has_all_plural_forms_and_nothing_unsure(language: Language) -> None:
    catalogue = read_catalogue(language)
    for entry in catalogue:
        assert not entry.fuzzy or not entry.id
        if isinstance(entry.id, tuple):
            assert len(entry.string) == catalogue.num_plurals
