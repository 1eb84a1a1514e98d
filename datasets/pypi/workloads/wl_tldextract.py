"""Split host names into domain and suffix."""

import _wl
import tldextract

try:
    e = tldextract.TLDExtract(suffix_list_urls=None, cache_dir=None)
except TypeError:
    e = tldextract.TLDExtract(suffix_list_urls=None, cache_file=None)
H = _wl.pick(
    ["http://www.example%d.co.uk/path?x=1" % i for i in range(50)]
    + ["sub.a.b.foo%d.com" % i for i in range(50)]
    + ["https://user:p@city%d.kawasaki.jp:8080/" % i for i in range(50)]
    + ["http://127.0.0.1/x", "http://[::1]/", "münchen.de"],
    ["ftp://files%d.shop.com.au#top" % i for i in range(45)]
    + ["A%d.Some-Where.ORG." % i for i in range(45)]
    + ["//me@x.y.z%d.gov.br:99/?q=a.b.c" % i for i in range(40)]
    + ["w%d.city.kobe.jp" % i for i in range(25)]
    + ["localhost", "192.168.1.256", "xn--mnchen-3ya.de", "http://例え.jp/", "co.nz"],
)
e(H[0])


def main():
    return sum(len(e(h).domain) for h in H)


def whole(n):
    return _wl.digest(n, [(r.subdomain, r.domain, r.suffix) for r in map(e, H)])


_wl.run(main, 40, check=_wl.pick(None, whole))
