"""Errors that a person may read: the message is safe to show, the status is for HTTP.

Anything that is not an `AppError` is logged with its ids and becomes "Something went wrong".
"""

from .i18n import say


class AppError(Exception):
    """A refusal or failure in the product's own words.

    `message` is shown to the person as it stands: no ids, no secrets, what happened and what to do. A class
    has it in English, the key of the catalogues; a raised error in the language of whom it answers.
    """

    status = 400
    message = "Something went wrong. Please try again."

    def __init__(self, message: str | None = None, **values: object) -> None:
        self.message = say(message or type(self).message, **values)
        super().__init__(self.message)


class NotSignedIn(AppError):
    status = 401
    message = "Your session has ended. Please log in again."


class NotFound(AppError):
    """Also the answer for what exists but is not the caller's: strangers learn nothing."""

    status = 404
    message = "There is nothing here."


class TooManyAttempts(AppError):
    status = 429
    message = "Too many attempts. Please wait a few minutes and try again."
