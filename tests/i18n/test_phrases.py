import asyncio
import json
from datetime import UTC, datetime

import pytest

from sentineliq.errors import AppError
from sentineliq.i18n import (
    Language,
    Money,
    Phrase,
    day,
    day_and_time,
    kept,
    number,
    say,
    say_plural,
    speak,
    speaking,
    spoken,
    told,
)

PT = Language.PORTUGUESE
MOMENT = datetime(2026, 12, 1, 14, 5, tzinfo=UTC)


def test_a_message_is_said_in_the_language_that_is_spoken() -> None:
    assert say("Log in") == "Log in"
    with speaking(PT):
        assert say("Log in") == "Entrar"
        assert say("Switch to {plan}", plan="Pro") == "Mudar para Pro"
    assert spoken() is Language.ENGLISH


def test_braces_in_a_value_are_text() -> None:
    assert say("Switch to {plan}", plan="{plan.__class__}") == "Switch to {plan.__class__}"


@pytest.mark.parametrize(
    ("count", "english", "portuguese"),
    [
        (0, "0 members", "0 membro"),
        (1, "1 member", "1 membro"),
        (2, "2 members", "2 membros"),
        (1234, "1,234 members", "1.234 membros"),
    ],
)
def test_things_are_counted_as_the_language_counts(count: int, english: str, portuguese: str) -> None:
    assert say_plural("{count} member", "{count} members", count=count) == english
    with speaking(PT):
        assert say_plural("{count} member", "{count} members", count=count) == portuguese


def test_numbers_days_and_money_follow_the_language() -> None:
    assert (number(1234.5), day(MOMENT), day_and_time(MOMENT)) == (
        "1,234.5",
        "1 Dec 2026",
        "1 Dec 2026, 14:05 UTC",
    )
    assert str(Money(999, "usd")) == "$9.99"
    with speaking(PT):
        assert (number(1234.5), day(MOMENT)) == ("1.234,5", "1 de dezembro de 2026")
        assert day_and_time(MOMENT) == "01/12/2026, 14:05 UTC"
        assert (str(Money(999, "brl")), str(Money(999, "usd"))) == ("R$\xa09,99", "US$\xa09,99")
    assert day(None) == ""


def test_a_phrase_is_kept_and_said_to_each_reader_in_turn() -> None:
    phrase = Phrase(
        "Dispute over {amount} is closed: {outcome}",
        {"amount": Money(123456, "usd"), "outcome": Phrase("won")},
    )
    stored = json.loads(json.dumps(kept(phrase)))
    assert told(stored) == "Dispute over $1,234.56 is closed: won"
    with speaking(PT):
        assert told(stored) == "Contestação de US$\xa01.234,56 encerrada: ganha"
        assert told(kept("as it stands")) == "as it stands"


def test_a_moment_is_kept_and_its_day_said_to_each_reader() -> None:
    stored = json.loads(json.dumps(kept(Phrase("Pro until {day}", {"day": MOMENT}))))
    assert told(stored) == "Pro until 1 Dec 2026"
    with speaking(PT):
        assert told(stored) == "Pro until 1 de dezembro de 2026"


async def test_two_readers_at_once_are_each_answered_in_their_own_language() -> None:
    async def answer(language: Language) -> str:
        speak(language)
        await asyncio.sleep(0)
        return say("Log in")

    assert await asyncio.gather(*map(answer, (PT, Language.ENGLISH, PT))) == ["Entrar", "Log in", "Entrar"]
    assert spoken() is Language.ENGLISH


def test_an_error_speaks_to_whom_it_answers() -> None:
    assert AppError.message == AppError().message == "Something went wrong. Please try again."
    with speaking(PT):
        assert AppError().message == "Algo deu errado. Tente novamente."
        assert AppError("Switch to {plan}", plan="Pro").message == "Mudar para Pro"
