"""Write a PDF with many pages, read it back, extract text and merge."""

import io

import _wl

try:
    import pypdf as P
except ImportError:
    import PyPDF2 as P


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
        s = (
            b"BT /F1 12 Tf 10 700 Td "
            + b"".join(b"(Line %d of page %d with text) Tj 0 -14 Td " % (j, k) for j in range(30))
            + b"ET"
        )
        add(
            4 + 2 * k,
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>"
            % (5 + 2 * k),
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


DATA = make(40)


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


_wl.run(main, 2)
