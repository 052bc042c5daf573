"""What the sign-in pages say, by the codes that the form routes put into the page's address."""

from enum import StrEnum

from ..i18n import mark


class Fault(StrEnum):
    """`?error=<code>`: why a form came back."""

    WRONG_LOGIN = "wrong_login"
    INVALID_EMAIL = "invalid_email"
    WEAK_PASSWORD = "weak_password"  # noqa: S105  a code
    LONG_PASSWORD = "long_password"  # noqa: S105  a code
    PASSWORD_IS_EMAIL = "password_is_email"  # noqa: S105  a code
    CANNOT_SIGN_UP = "cannot_sign_up"
    LINK_EXPIRED = "link_expired"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    UNAVAILABLE = "unavailable"


class Notice(StrEnum):
    """`?notice=<code>`: what a form has done."""

    RESET_SENT = "reset_sent"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  a code
    LOGGED_OUT = "logged_out"


MESSAGES: dict[str, str] = {
    Fault.WRONG_LOGIN: mark("The email or the password is not right."),
    Fault.INVALID_EMAIL: mark("Please enter a valid email address."),
    Fault.WEAK_PASSWORD: mark("Please use at least 10 characters."),
    Fault.LONG_PASSWORD: mark("Please use at most 128 characters."),
    Fault.PASSWORD_IS_EMAIL: mark("The password must not be the email address."),
    Fault.CANNOT_SIGN_UP: mark(
        "We could not create an account with these details. "
        "If you already have one, log in or reset its password."
    ),
    Fault.LINK_EXPIRED: mark("This link has expired or was already used. Please ask for a new one."),
    Fault.TOO_MANY_ATTEMPTS: mark("Too many attempts. Please wait a few minutes and try again."),
    Fault.UNAVAILABLE: mark("Something went wrong. Please try again."),
    Notice.RESET_SENT: mark("If this address has an account, a mail with a link is on its way."),
    Notice.PASSWORD_CHANGED: mark("Your password is changed. Please log in."),
    Notice.LOGGED_OUT: mark("You are logged out."),
}
"""Code to message; an unknown code has none: show nothing rather than what a stranger typed."""
