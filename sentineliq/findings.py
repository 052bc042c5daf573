"""What a check found: one line of `sentineliq doctor`, with the mend where something is wrong."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`says` and `mend` are shown as they are: no secret, no traceback."""

    check: str
    passed: bool
    says: str
    mend: str = ""


def holds(check: str, says: str) -> Finding:
    """It is as it should be."""
    return Finding(check, passed=True, says=says)


def fails(check: str, says: str, *, mend: str) -> Finding:
    """It is not, and this mends it."""
    return Finding(check, passed=False, says=says, mend=mend)
