"""Route and answer ASGI requests."""

import asyncio

import _wl
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route


async def v(request):
    return JSONResponse(
        {
            "id": request.path_params["id"],
            "q": request.query_params.get("q"),
            "h": request.headers.get("x-a"),
            "u": str(request.url),
        }
    )


ROUTES, PATHS, QUERY, HEADERS = _wl.pick(
    (
        [Route("/a%d/{id:int}" % i, v) for i in range(30)]
        + [Mount("/m", routes=[Route("/b%d/{id}" % i, v) for i in range(20)])],
        ["/a%d/%d" % (i, i) for i in range(30)] + ["/m/b%d/x" % i for i in range(20)],
        b"q=1&r=%20",
        [(b"host", b"ex.com"), (b"x-a", b"b"), (b"cookie", b"a=b")],
    ),
    (
        [Mount("/v%d" % i, routes=[Route("/of/{id:path}", v), Route("/{id}", v)]) for i in range(8)]
        + [Route("/shop/{id:float}/item%d" % i, v) for i in range(34)],
        ["/v%d/of/x/%d.txt" % (i, i) for i in range(8)]
        + ["/shop/%d.25/item%d" % (i, i) for i in range(3, 34)]
        + ["/v%d/é b" % i for i in range(8)]
        + ["/none", "/v1"],
        b"p=%C3%A9&q=a+b&q=2",
        [(b"accept", b"*/*"), (b"host", b"localhost:8000"), (b"x-a", b"1, 2")],
    ),
)
app = Starlette(routes=ROUTES)


async def one(path):
    out = []

    async def recv():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(m):
        out.append(m)

    await app(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": QUERY,
            "headers": HEADERS,
            "scheme": "http",
            "server": ("ex.com", 80),
            "client": ("1.1.1.1", 1),
            "root_path": "",
            "http_version": "1.1",
            "asgi": {"version": "3.0"},
        },
        recv,
        send,
    )
    return out


async def go():
    n = 0
    for path in PATHS:
        n += len((await one(path))[-1]["body"]) > 1
    return n


def main():
    return asyncio.run(go())


def whole(n):
    async def answers():
        return [await one(path) for path in PATHS]

    return _wl.digest(n, asyncio.run(answers()))


_wl.run(main, 6, check=_wl.pick(None, whole))
