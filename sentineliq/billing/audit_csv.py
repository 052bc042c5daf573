"""The audit log as a file, for the owner and the admins of the workspace that their cookie names."""

import csv
import io
from collections.abc import AsyncIterator, Iterable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from .. import db
from ..errors import AppError, NotFound
from ..i18n import Language, language_of, speak, spoken
from ..identity.languages import asked_language
from ..identity.sessions import current_member
from . import audit_log
from .audit_query import parse_filter
from .views import AuditChange, AuditLine

COLUMNS = ("time", "who", "action", "what", "from", "to", "origin", "event")
FILTERS = ("actor", "action", "since", "until", "text")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet read a cell as a formula."""


async def audit_csv(request: Request) -> Response:
    """Answer with the file, filtered as the page is. 404 for a stranger, 403 for a plain member."""
    speak(asked_language(request))
    try:
        member = await current_member(request.headers.get("cookie", ""))
        if member is None:
            raise NotFound
        language = language_of(member.locale) or spoken()
        speak(language)
        audit_log.require_auditor(member)
        query = request.query_params
        which = parse_filter(**{name: query.get(name, "") for name in FILTERS})
    except AppError as error:
        return JSONResponse({"error": error.message}, error.status)
    name = f"audit-log-{db.now():%Y-%m-%d}.csv"
    return StreamingResponse(
        _file(audit_log.export(member, which=which), language),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


async def _file(lines: AsyncIterator[AuditLine], language: Language) -> AsyncIterator[str]:
    speak(language)  # the answer is sent by another task
    yield _row(COLUMNS)
    async for line in lines:
        yield _row(_cells(line))


def _cells(line: AuditLine) -> Iterable[str]:
    return (
        line.at.isoformat(timespec="seconds"),
        line.actor,
        line.action,
        line.summary,
        "; ".join(_side(change, change.before) for change in line.changes if change.before),
        "; ".join(_side(change, change.after) for change in line.changes if change.after),
        line.origin,
        line.event_id,
    )


def _side(change: AuditChange, value: str) -> str:
    return f"{change.field}: {value}"


def _row(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([_harmless(cell) for cell in cells])
    return line.getvalue()


def _harmless(cell: str) -> str:
    """The cell as text, whoever opens the file: names and addresses are typed by strangers."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


routes = [Route("/billing/audit.csv", audit_csv, methods=["GET"])]
