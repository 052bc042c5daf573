"""Letters with a link for one person: they open an account or a workspace."""

from ...i18n import say, say_plural
from .shape import PRODUCT, Letter, Told


def verify_email(told: Told) -> Letter:
    hours = told["valid_hours"]
    return Letter(
        subject=say("Verify your email address"),
        preheader=say("Please confirm that this address is yours."),
        title=say("Verify your email address"),
        paragraphs=(
            say_plural(
                "Please confirm that this address is yours. The link works for {count} hour.",
                "Please confirm that this address is yours. The link works for {count} hours.",
                count=hours,
            ),
        ),
        button=say("Verify address"),
        link=told["url"],
        footer=say(
            "Someone signed up for {product} with this address. If it was not you, ignore this mail.",
            product=PRODUCT,
        ),
        spell_out_link=True,
    )


def password_reset(told: Told) -> Letter:
    return Letter(
        subject=say("Choose a new password"),
        preheader=say("The link works once."),
        title=say("Choose a new password"),
        paragraphs=(
            say("Someone asked for a new password for your account."),
            say_plural(
                "The link works once, within {count} hour.",
                "The link works once, within {count} hours.",
                count=told["valid_hours"],
            ),
        ),
        button=say("Choose a new password"),
        link=told["url"],
        footer=say("If you did not ask for it, ignore this mail: your password stays as it is."),
        spell_out_link=True,
    )


def invitation(told: Told) -> Letter:
    return Letter(
        subject=say("You are invited to {workspace} on {product}", workspace=told.workspace, product=PRODUCT),
        preheader=say("{email} invites you.", email=told["invited_by"]),
        title=say("You are invited to {workspace}", workspace=told.workspace),
        paragraphs=(
            say(
                "{email} invites you to work in {workspace} on {product} as {role}.",
                email=told["invited_by"],
                workspace=told.workspace,
                product=PRODUCT,
                role=say(told["role"]),
            ),
            say_plural(
                "The link works once, within {count} day, for the address that this mail was sent to.",
                "The link works once, within {count} days, for the address that this mail was sent to.",
                count=told["valid_days"],
            ),
        ),
        button=say("See the invitation"),
        link=told["url"],
        footer=say("If you do not know who sent it, ignore this mail: nothing happens until you accept."),
        spell_out_link=True,
    )
