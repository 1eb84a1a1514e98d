"""Write a PDF with many pages, read it back, extract text and merge."""

import io

import _wl

try:
    import pypdf as P
except ImportError:
    import PyPDF2 as P


START, LINE, N_LINES, BOX, N_PAGES = _wl.pick(
    (b"/F1 12 Tf 10 700 Td ", b"(Line %d of page %d with text) Tj 0 -14 Td ", 30, b"612 792", 40),
    (
        b"/F1 9 Tf 11 TL 1 0 0 1 72 500 Tm ",
        b"[(Row ) -20 (%d: ) 15 (caf\\351 \\(%d\\))] TJ T* (and some more) Tj T* ",
        16,
        b"420 595",
        35,
    ),
)


def make(n):
    kids = []
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    off = {}

    def add(i, b):
        off[i] = out.tell()
        out.write(b"%d 0 obj\n" % i + b + b"\nendobj\n")

    for k in range(n):
        kids.append(b"%d 0 R" % (4 + 2 * k))
    add(1, b"<< /Type /Catalog /Pages 2 0 R >>")
    add(2, b"<< /Type /Pages /Count %d /Kids [ %s ] >>" % (n, b" ".join(kids)))
    add(3, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    for k in range(n):
        s = b"BT " + START + b"".join(LINE % (j, k) for j in range(N_LINES)) + b"ET"
        add(
            4 + 2 * k,
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %s] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>"
            % (BOX, 5 + 2 * k),
        )
        add(5 + 2 * k, b"<< /Length %d >>\nstream\n" % len(s) + s + b"\nendstream")
    x = out.tell()
    m = max(off)
    out.write(
        b"xref\n0 %d\n0000000000 65535 f \n" % (m + 1)
        + b"".join(b"%010d 00000 n \n" % off[i] for i in range(1, m + 1))
    )
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (m + 1, x))
    return out.getvalue()


DATA = make(N_PAGES)


def main():
    r = P.PdfReader(io.BytesIO(DATA))
    n = 0
    for p in r.pages:
        n += len(p.extract_text()) > 0
    w = P.PdfWriter()
    for p in r.pages:
        w.add_page(p)
    b = io.BytesIO()
    w.write(b)
    return n


def whole(n):
    r = P.PdfReader(io.BytesIO(DATA))
    w = P.PdfWriter()
    for p in r.pages:
        w.add_page(p)
    b = io.BytesIO()
    w.write(b)
    pages = [*r.pages, *P.PdfReader(b).pages]
    return _wl.digest(
        n, [(p.extract_text(), p.mediabox[2:], p.get_contents().get_data()) for p in pages]
    )


_wl.run(main, 2, check=_wl.pick(None, whole))
