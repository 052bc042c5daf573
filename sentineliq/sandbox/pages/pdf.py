"""A PDF of one A4 page of text, written by hand (ISO 32000-1): enough for a sandbox invoice."""

from collections.abc import Sequence

_WIDTH, _HEIGHT, _MARGIN = 595, 842, 56
_LONGEST_LABEL = 62
_AVERAGE_GLYPH = 0.5
"""Width of Helvetica's figures and letters in ems: close enough to set amounts flush right."""
_GLYPHS = {" ": 0.278, ".": 0.278, ",": 0.278, ":": 0.278, "-": 0.333, "i": 0.222, "l": 0.222, "@": 1.015}


class PdfPage:
    """Text from the top of the page downwards; `document()` is the finished file."""

    def __init__(self, *, title: str) -> None:
        self._title = title
        self._y = _HEIGHT - _MARGIN
        self._drawing: list[bytes] = []

    def text(self, words: str, *, size: int = 10, bold: bool = False) -> None:
        """One line at the left margin."""
        self._y -= round(size * 1.5)
        self._write(words, x=_MARGIN, size=size, bold=bold)

    def row(self, label: str, value: str, *, bold: bool = False) -> None:
        """A label at the left and its value flush right."""
        self._y -= 18
        shown = label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"
        self._write(shown, x=_MARGIN, size=10, bold=bold)
        self._write(value, x=_WIDTH - _MARGIN - round(_text_width(value, size=10)), size=10, bold=bold)

    def rule(self) -> None:
        """A thin line across the page."""
        self._y -= 10
        self._drawing.append(f"0.5 w {_MARGIN} {self._y} m {_WIDTH - _MARGIN} {self._y} l S".encode())

    def gap(self, points: int) -> None:
        """Leave room."""
        self._y -= points

    def document(self) -> bytes:
        """The whole file."""
        content = b"\n".join(self._drawing)
        return _file(
            [
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R"
                b" /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>" % (_WIDTH, _HEIGHT),
                b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
                b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
                b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
                b"<< /Title (%s) /Producer (SentinelIQ sandbox) >>" % _escaped(self._title),
            ]
        )

    def _write(self, words: str, *, x: int, size: int, bold: bool) -> None:
        font = b"F2" if bold else b"F1"
        self._drawing.append(b"BT /%s %d Tf %d %d Td (%s) Tj ET" % (font, size, x, self._y, _escaped(words)))


def _file(objects: Sequence[bytes]) -> bytes:
    """Header, numbered objects (the first is the catalogue, the last the information), cross-references."""
    body = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets: list[int] = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    body += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (len(objects) + 1, len(objects))
    return bytes(body + b"startxref\n%d\n%%%%EOF\n" % start)


def _escaped(words: str) -> bytes:
    """A literal string in the font's encoding; what it has no glyph for becomes a question mark."""
    raw = words.encode("cp1252", errors="replace")
    raw = raw.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
    return raw.replace(b"\r", b" ").replace(b"\n", b" ")


def _text_width(words: str, *, size: int) -> float:
    return size * sum(_GLYPHS.get(glyph, 0.556 if glyph.isdigit() else _AVERAGE_GLYPH) for glyph in words)
