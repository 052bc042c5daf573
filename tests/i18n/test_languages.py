import pytest

from sentineliq.i18n import Language, choose, language_of

EN, PT = Language.ENGLISH, Language.PORTUGUESE


@pytest.mark.parametrize(
    ("accept_language", "expected"),
    [
        ("", EN),
        ("pt-BR,pt;q=0.9,en;q=0.8", PT),
        ("pt-PT", PT),
        ("PT", PT),
        ("en-GB,en;q=0.9,pt;q=0.5", EN),
        ("en;q=0.4, pt;q=0.6", PT),
        ("de-DE,de;q=0.9,pt;q=0.2,en;q=0.1", PT),
        ("pt;q=0, en", EN),
        ("fr,de", EN),
        ("*", EN),
        ("pt;q=high,;;,=,\x00", EN),
        ("ptolemaic", EN),
    ],
)
def test_the_browser_s_first_wish_that_is_spoken_counts(accept_language: str, expected: Language) -> None:
    assert choose(accept_language=accept_language) is expected


def test_a_person_s_choice_precedes_the_browser_s_and_that_precedes_its_wishes() -> None:
    wishes = {"accept_language": "pt-BR"}
    assert choose(stored="en", cookie_header="language=pt_BR", **wishes) is EN
    assert choose(cookie_header="sentineliq_session=x; language=en", **wishes) is EN
    assert choose(**wishes) is PT


@pytest.mark.parametrize("cookie", ["language=tlh", "language=", "language=\x01", "=;;", "language"])
def test_a_made_up_cookie_chooses_nothing(cookie: str) -> None:
    assert choose(cookie_header=cookie, accept_language="pt-BR") is PT


def test_only_languages_of_the_product_are_known() -> None:
    assert [language_of(name) for name in ("pt_BR", "en", "pt-BR", "de", "", None)] == [PT, EN, *[None] * 4]
    assert [language.tag for language in Language] == ["en", "pt-BR"]
