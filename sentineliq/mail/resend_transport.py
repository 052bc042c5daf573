"""Sending through Resend; the only module that knows its SDK.

https://resend.com/docs/api-reference/emails/send-email, …/errors and …/idempotency-keys.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

import httpx
import resend
from resend.exceptions import ResendError
from resend.http_client_async import AsyncHTTPClient

from .transport import MailMessage, MailRejected

TIMEOUT_SECONDS = 10
_REFUSALS = frozenset({"400", "422"})
"""The mail is wrong. A wrong key or domain (401, 403) is not the mail's fault: it can be mended in time."""


class _Client(AsyncHTTPClient):
    """The SDK's own reads all certificates of the machine again for each mail, 20 ms in which nothing else of
    the process moves: here once, in a thread."""

    def __init__(self) -> None:
        self._certificates: ssl.SSLContext | None = None

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        json: dict[str, object] | list[object] | None = None,
        files: dict[str, Any] | None = None,
        data: dict[str, str] | None = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Raises `RuntimeError` where nobody answers, as the SDK expects it."""
        if self._certificates is None:
            self._certificates = await asyncio.to_thread(httpx.create_ssl_context)
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, verify=self._certificates) as client:
                response = await client.request(
                    method, url, headers=headers, json=json, files=files, data=data
                )
        except httpx.RequestError as error:
            raise RuntimeError(f"Request failed: {error}") from error
        return response.content, response.status_code, response.headers


class ResendTransport:
    """One account's transport. The SDK keeps key and client in its module: one instance a process."""

    def __init__(self, api_key: str) -> None:
        resend.api_key = api_key
        resend.default_async_http_client = _Client()

    async def send(self, message: MailMessage) -> str:
        """Raises `MailRejected` for a mail that Resend will never take; its other errors as they are."""
        params: resend.Emails.SendParams = {
            "from": message.sender,
            "to": [message.to],
            "subject": message.subject,
            "html": message.html,
            "text": message.text,
            "tags": [{"name": "kind", "value": message.kind.value}],
        }
        try:
            answer = await resend.Emails.send_async(params, {"idempotency_key": message.idempotency_key})
        except ResendError as error:
            if _is_refusal(error):
                raise MailRejected(f"{error.error_type}: {error.message}") from error
            raise
        return answer["id"]


def _is_refusal(error: ResendError) -> bool:
    """A key that was used for another mail will never be accepted for this one either."""
    return str(error.code) in _REFUSALS or error.error_type == "invalid_idempotent_request"
