"""Sign and verify on a curve, pure Python integers."""

import hashlib

import _wl
from ecdsa import NIST224p, NIST256p, SigningKey

k = _wl.pick(
    SigningKey.from_string(bytes(range(1, 33)), curve=NIST256p),
    SigningKey.from_string(bytes(range(200, 88, -4)), curve=NIST224p),
)
v = k.get_verifying_key()
MESSAGE, N, HASH = _wl.pick((b"msg%d", 4, hashlib.sha256), (b"to %d, from me", 5, hashlib.sha1))


def main():
    n = 0
    for i in range(N):
        s = k.sign_deterministic(MESSAGE % i, hashfunc=HASH)
        n += v.verify(s, MESSAGE % i, hashfunc=HASH)
    return n


def whole(n):
    signed = [k.sign_deterministic(MESSAGE % i, hashfunc=HASH) for i in range(N)]
    return _wl.digest(n, v.to_string(), signed)


_wl.run(main, 6, check=_wl.pick(None, whole))
