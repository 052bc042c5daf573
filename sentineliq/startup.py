"""What every process of ours sets up before it works: the app, the command and the tests alike."""

from . import changes, db, live
from .config import Settings


def wire(settings: Settings) -> None:
    """Connect the parts to each other by these settings. Opens nothing yet."""
    db.configure(settings.database_url)
    changes.subscribe(live.announce)
