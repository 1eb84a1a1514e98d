"""Sign and verify with NIST256p, pure Python integers."""

import hashlib

import _wl
from ecdsa import NIST256p, SigningKey

k = SigningKey.from_string(bytes(range(1, 33)), curve=NIST256p)
v = k.get_verifying_key()


def main():
    n = 0
    for i in range(4):
        s = k.sign_deterministic(b"msg%d" % i, hashfunc=hashlib.sha256)
        n += v.verify(s, b"msg%d" % i, hashfunc=hashlib.sha256)
    return n


_wl.run(main, 6)
