"""Write a workbook with numbers, strings, formulas and formats."""

import io

import _wl
import xlsxwriter


def main():
    b = io.BytesIO()
    w = xlsxwriter.Workbook(b, {"in_memory": True})
    s = w.add_worksheet()
    f = w.add_format({"bold": True})
    for i in range(200):
        s.write(i, 0, i)
        s.write(i, 1, "s%d" % (i % 40))
        s.write(i, 2, "=A1+1", f)
        s.write(i, 3, i * 1.5, f)
        s.write(i, 4, "x", f)
        s.write_row(i, 5, [1, 2, "a"])
    w.close()
    return len(b.getvalue()) > 100


_wl.run(main, 3)
