"""A collector of traces: takes OTLP by HTTP, as OpenTelemetry's own exporter sends it."""

import gzip
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

_RANDOM = re.compile(r'^ *(trace|span|parent_span)_id: ".*"$', re.MULTILINE)


@dataclass
class Collector:
    url: str
    requests: list[ExportTraceServiceRequest] = field(default_factory=list)

    @property
    def spans(self) -> dict[str, Span]:
        """By name; the last one of each."""
        scopes = [s for request in self.requests for r in request.resource_spans for s in r.scope_spans]
        return {span.name: span for scope in scopes for span in scope.spans}

    @property
    def services(self) -> set[str]:
        resources = [each.resource for request in self.requests for each in request.resource_spans]
        named = [a.value.string_value for r in resources for a in r.attributes if a.key == "service.name"]
        return set(named)

    def text(self) -> str:
        """Everything that was told, to look for what must not be in it; ids of spans are random bytes."""
        return _RANDOM.sub("", "\n".join(map(str, self.requests)))


def attributes(span: Span) -> dict[str, str]:
    return {each.key: each.value.string_value for each in span.attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path == "/v1/traces":
                collector.requests.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200 if self.path == "/v1/traces" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
