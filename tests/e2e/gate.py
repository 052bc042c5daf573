"""A gate on the way to Stripe: what passes it can be held up, or turned away."""

import contextlib
import socket
import threading
from collections.abc import Iterator


class Gate:
    """Passes connections on to a port of this machine: open, `slow` (nothing passes for now) or `shut`."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._passes = threading.Event()
        self._passes.set()
        self._is_shut = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def open(self) -> None:
        self._is_shut = False
        self._passes.set()

    def slow(self) -> None:
        """Whoever asks waits until the gate is opened or shut."""
        self._is_shut = False
        self._passes.clear()

    def shut(self) -> None:
        """Whoever asks, or has asked, is turned away."""
        self._is_shut = True
        self._passes.set()

    @contextlib.contextmanager
    def running(self) -> Iterator["Gate"]:
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            self.shut()
            self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                asking, _ = self._listener.accept()
                answering = socket.create_connection(("127.0.0.1", self._target))
                for source, sink in ((asking, answering), (answering, asking)):
                    threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._passes.wait()
                if self._is_shut:
                    break
                sink.sendall(data)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
