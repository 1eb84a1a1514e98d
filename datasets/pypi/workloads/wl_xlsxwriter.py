"""Write a workbook with numbers, strings, formulas and formats."""

import datetime
import io
import zipfile

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


def other():
    b = io.BytesIO()
    w = xlsxwriter.Workbook(b, {"in_memory": True})
    w.set_properties({"created": datetime.datetime(2001, 2, 3)})
    day = w.add_format({"num_format": "d mmm yyyy", "border": 1})
    red = w.add_format({"font_color": "red", "italic": True})
    for name in ("Januar", "März"):
        s = w.add_worksheet(name)
        s.set_column(1, 2, 18, red)
        for i in range(70):
            s.write_row(i, 0, ["é <%d>" % i, i % 2 == 0, -i / 8, "t%d" % (i % 11), None])
            s.write_datetime(i, 6, datetime.datetime(2010, 1 + i % 12, 7), day)
            s.write(i, 7, '=IF(SUM($C$1:C%d)>0,"a&b",VLOOKUP(A1,B:C,2,0))' % (i + 1), red, i)
            s.write(i, 8, "=MAX('März'!C%d,%d.5)" % (i + 1, i))
        s.merge_range(75, 0, 76, 3, "end", day)
    w.close()
    return b


def whole(b):
    with zipfile.ZipFile(b) as z:
        return _wl.digest([(name, z.read(name)) for name in z.namelist()])


_wl.run(_wl.pick(main, other), 3, check=_wl.pick(None, whole))
