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


app = Starlette(
    routes=[Route("/a%d/{id:int}" % i, v) for i in range(30)]
    + [Mount("/m", routes=[Route("/b%d/{id}" % i, v) for i in range(20)])]
)


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
            "query_string": b"q=1&r=%20",
            "headers": [(b"host", b"ex.com"), (b"x-a", b"b"), (b"cookie", b"a=b")],
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
    return len(out[-1]["body"]) > 1


async def go():
    n = 0
    for i in range(30):
        n += await one("/a%d/%d" % (i, i))
    for i in range(20):
        n += await one("/m/b%d/x" % i)
    return n


def main():
    return asyncio.run(go())


_wl.run(main, 6)
