"""Forms that are sent once, though they are pressed twice before the first answer is there.

Each sending waits for the one before it: nothing that the first sets would still be seen by the second. So
the form tells at which count of its successes it was filled in.
"""

from collections.abc import Mapping
from typing import Any

COUNT = "count"
"""The name of the form's hidden field."""


def was_sent_before(form: Mapping[str, Any], *, count: int) -> bool:
    """Whether a success has come since the form was filled in: then it is a second press, and is none."""
    return str(form.get(COUNT, count)) != str(count)
