"""What people type: read from the request, checked field by field, and kept for showing again."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from starlette.datastructures import FormData
from starlette.requests import Request

from sentineliq.sandbox.engine import Card, CardDeclined

AUTHENTICATION_FAILED = (
    "We are unable to authenticate your payment method. "
    "Please choose a different payment method and try again."
)

_FIELDS = ("card_number", "expiry", "cvc", "email", "name", "country")
_EXPIRY = re.compile(r"(\d{1,2})\s*[/-]\s*(\d{2}|\d{4})|(\d{2})(\d{2})")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DEFAULT_COUNTRY = "US"

_FIELD_OF_CODE = {
    "invalid_expiry_month": "expiry",
    "invalid_expiry_year": "expiry",
    "expired_card": "expiry",
    "invalid_cvc": "cvc",
    "incorrect_cvc": "cvc",
}
"""Which field a refusal of the card belongs to; all others stand by the number."""


class FieldErrors(dict[str, str]):
    """A message by field name; a field without one has none."""

    def __missing__(self, name: str) -> str:
        return ""


@dataclass(frozen=True)
class TestCard:
    """A card of Stripe's own test set, with what it does."""

    number: str
    behaviour: str


TEST_CARDS = (
    TestCard("4242 4242 4242 4242", "Succeeds"),
    TestCard("4000 0000 0000 0002", "Is declined"),
    TestCard("4000 0000 0000 9995", "Is declined: insufficient funds"),
    TestCard("4000 0000 0000 0341", "Attaches, then fails when it is charged later"),
    TestCard("4000 0000 0000 5126", "Pays; a refund to it fails a minute later"),
    TestCard("4000 0025 0000 3155", "Asks for authentication first"),
)


@dataclass
class CardForm:
    """The typed card with its holder. `cvc` is never shown again."""

    card_number: str = ""
    expiry: str = ""
    cvc: str = ""
    email: str = ""
    name: str = ""
    country: str = _DEFAULT_COUNTRY
    errors: FieldErrors = field(default_factory=FieldErrors)

    @classmethod
    def typed(cls, data: FormData) -> "CardForm":
        """What the request carries; missing fields are empty."""
        return cls(**{name: text(data, name) for name in _FIELDS}, errors=FieldErrors())

    def checked_card(self) -> Card | None:
        """The card, or None with the faults in `errors`. If it is real, the engine says."""
        match = _EXPIRY.fullmatch(self.expiry)
        if not self.card_number:
            self.errors["card_number"] = "Your card number is incomplete."
        if match is None:
            self.errors["expiry"] = "Your card's expiration date is incomplete."
        if not self.cvc.isdigit() or len(self.cvc) not in (3, 4):
            self.errors["cvc"] = "Your card's security code is incomplete."
        if self.errors or match is None:
            return None
        month, year = (int(part) for part in match.groups() if part is not None)
        century = 2000 if year < 100 else 0
        return Card(number=self.card_number, exp_month=month, exp_year=year + century, cvc=self.cvc)

    def check_holder(self) -> None:
        """Note the faults of e-mail, name and country."""
        if not is_email(self.email):
            self.errors["email"] = "Your email is incomplete."
        if not self.name:
            self.errors["name"] = "Enter the name on the card."
        if self.country not in countries():
            self.errors["country"] = "Choose a country."

    def note_refusal(self, refusal: CardDeclined) -> None:
        """Put the issuer's or Stripe's words beside the field that they are about."""
        self.errors[_FIELD_OF_CODE.get(refusal.code or "", "card_number")] = refusal.message

    def carried(self) -> dict[str, str]:
        """The fields that an authentication page takes along: no card is kept between two requests."""
        return {name: getattr(self, name) for name in _FIELDS}

    @property
    def last4(self) -> str:
        """The card's last four digits."""
        return re.sub(r"\D", "", self.card_number)[-4:]


def text(data: FormData, name: str) -> str:
    """One typed value without the spaces around it; empty where it is missing or a file."""
    value = data.get(name, "")
    return value.strip() if isinstance(value, str) else ""


async def read(request: Request) -> FormData:
    """The posted fields; files are not taken."""
    return await request.form(max_files=0, max_fields=40)


@cache
def countries() -> Mapping[str, str]:
    """Country names in English by ISO 3166 code, in order of name."""
    return json.loads(Path(__file__).with_name("countries.json").read_text(encoding="utf-8"))


def is_email(value: str) -> bool:
    """Whether it looks like an address; more than that only a mail can tell."""
    return bool(_EMAIL.fullmatch(value))
