"""Open tabs without a browser: websocket clients that say what a real tab said when it opened.

Two hundred real tabs would need more memory than the product does; what the server has to do is the same.
"""

import asyncio
import base64
import os
import struct
import time
from collections.abc import Sequence
from uuid import uuid4

LOADED = b'"card_loaded_rx_state_":true'
"""The last thing that a billing page is told when it opens: whether Stripe told the card."""
AT_ONCE = 40
"""Tabs that open at the same time."""

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


class Tab(asyncio.Protocol):
    """One websocket. `greeting` is the packet with which a page connects and asks to be loaded."""

    def __init__(self, *, port: int, cookie: str, greeting: str) -> None:
        self._port, self._cookie, self._greeting = port, cookie, greeting
        self._received = bytearray()
        self._is_upgraded = False
        self._words = b""
        self._heard: asyncio.Future[float] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        self._write(
            f"GET /_event/?token={uuid4()}&EIO=4&transport=websocket HTTP/1.1\r\n"
            f"Host: localhost:{self._port}\r\nOrigin: http://localhost:{self._port}\r\n"
            f"Cookie: {self._cookie}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def hears(self, words: bytes) -> asyncio.Future[float]:
        """When the server will have sent a message with these words, in Unix seconds."""
        self._words, self._heard = words, asyncio.get_running_loop().create_future()
        return self._heard

    def say(self, packet: str) -> None:
        """Send what a page would."""
        self._send(_TEXT, packet.encode())

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._is_upgraded and not self._upgrade():
            return
        while (frame := self._next_frame()) is not None:
            self._take(*frame)

    def _upgrade(self) -> bool:
        head, end, _ = self._received.partition(b"\r\n\r\n")
        if not end:
            return False
        if b" 101 " not in head.split(b"\r\n")[0]:
            self._fail(f"the websocket was refused: {bytes(head[:60])!r}")
            self.close()
            return False
        del self._received[: len(head) + 4]
        self._is_upgraded = True
        return True

    def _next_frame(self) -> tuple[int, bytes] | None:
        """Opcode and payload; None until one is complete. A server masks nothing."""
        if len(self._received) < 2:
            return None
        size, start = self._received[1] & 127, 2
        if size >= 126:
            form = ">H" if size == 126 else ">Q"
            start += struct.calcsize(form)
            if len(self._received) < start:
                return None
            [size] = struct.unpack_from(form, self._received, 2)
        if len(self._received) < start + size:
            return None
        opcode, payload = self._received[0] & 15, bytes(self._received[start : start + size])
        del self._received[: start + size]
        return opcode, payload

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == _PING:
            self._send(_PONG, payload)
        elif opcode == _CLOSE:
            self.close()
        elif payload == b"2":
            self._send(_TEXT, b"3")
        elif payload.startswith(b"0{"):
            self._send(_TEXT, self._greeting.encode())
        elif self._heard and not self._heard.done() and self._words in payload:
            self._heard.set_result(time.time())

    def _send(self, opcode: int, payload: bytes) -> None:
        """A client has to mask what it sends; a mask of zeros leaves it as it is."""
        size = len(payload)
        length = bytes([128 | size]) if size < 126 else bytes([128 | 126]) + struct.pack(">H", size)
        self._write(bytes([128 | opcode]) + length + bytes(4) + payload)

    def _write(self, data: bytes) -> None:
        self._transport.write(data)  # pyright: ignore[reportAttributeAccessIssue]

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("the server closed a tab's websocket")

    def _fail(self, why: str) -> None:
        if self._heard and not self._heard.done():
            self._heard.set_exception(ConnectionError(why))


async def open_tab(tab: Tab, *, port: int, loaded: bytes) -> Tab:
    """Connect it, and wait until it was told this, the last thing that its page is told."""
    told = tab.hears(loaded)
    await asyncio.get_running_loop().create_connection(lambda: tab, "127.0.0.1", port)
    await told
    return tab


async def open_tabs(amount: int, *, port: int, cookies: Sequence[str], greeting: str) -> list[Tab]:
    """That many tabs of these people in turn, each wholly loaded."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def open_one(number: int) -> Tab:
        tab = Tab(port=port, cookie=cookies[number % len(cookies)], greeting=greeting)
        async with gate:
            return await open_tab(tab, port=port, loaded=LOADED)

    return list(await asyncio.gather(*(open_one(number) for number in range(amount))))
