"""What an address and a new password must be."""

from email_validator import EmailNotValidError, validate_email

from .faults import FormFault
from .messages import Fault

PASSWORD_MIN_LENGTH = 10
PASSWORD_MAX_LENGTH = 128


def normalise_email(typed: str) -> str:
    """The address as it is stored: valid in form, lower case. Raises `FormFault`.

    Nothing is looked up: reserved domains such as example.com are addresses too.
    """
    try:
        checked = validate_email(typed.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise FormFault(Fault.INVALID_EMAIL, field="email") from None
    return checked.normalized.lower()


def check_new_password(password: str, *, email: str) -> None:
    """Raises `FormFault` for a password that is too short, too long, or the address itself."""
    if len(password) < PASSWORD_MIN_LENGTH:
        raise FormFault(Fault.WEAK_PASSWORD, field="password")
    if len(password) > PASSWORD_MAX_LENGTH:
        raise FormFault(Fault.LONG_PASSWORD, field="password")
    if password.strip().lower() == email:
        raise FormFault(Fault.PASSWORD_IS_EMAIL, field="password")
