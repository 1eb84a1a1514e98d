"""Split host names into domain and suffix."""

import _wl
import tldextract

try:
    e = tldextract.TLDExtract(suffix_list_urls=None, cache_dir=None)
except TypeError:
    e = tldextract.TLDExtract(suffix_list_urls=None, cache_file=None)
H = (
    ["http://www.example%d.co.uk/path?x=1" % i for i in range(50)]
    + ["sub.a.b.foo%d.com" % i for i in range(50)]
    + ["https://user:p@city%d.kawasaki.jp:8080/" % i for i in range(50)]
    + ["http://127.0.0.1/x", "http://[::1]/", "münchen.de"]
)
e(H[0])


def main():
    return sum(len(e(h).domain) for h in H)


_wl.run(main, 40)
