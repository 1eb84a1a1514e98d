"""The server, asked by the library's own client and by one that nobody here wrote."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager
from functools import partial

import anyio
import httpx
import jsonschema
import pytest
from mcp import ClientSession, McpError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.memory import create_connected_server_and_client_session

from workbench.agent.mcp import Server, folded_window, list_windows
from workbench.agent.skills import load_skills
from workbench.agent.tools import TOOLS
from workbench.agent.tools.toolset import MAX_REPLY_BYTES
from workbench.agent.workspace import Workspace
from workbench.errors import ToolError

NAMES = [tool.__name__ for tool in TOOLS]
COMMAND = [sys.executable, "-c", "from workbench.cli import main; main()", "mcp"]
TOKEN = "a-token-of-the-tests"
INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {},
               "clientInfo": {"name": "tests", "version": "1"}},
}  # fmt: skip


def ask(folders, questions, store="store"):
    """Run a coroutine over a session with a server in this process."""

    async def run():
        server = Server(Workspace(folders[store], folders["repo"]))
        async with create_connected_server_and_client_session(server._mcp_server) as session:
            return await questions(session)

    return anyio.run(run)


def called(folders, name, arguments=None, store="store"):
    return ask(folders, lambda s: s.call_tool(name, arguments or {}), store)


def test_every_tool_is_listed_with_its_schemas(shelf):
    listed = ask(shelf, lambda session: session.list_tools()).tools
    assert [tool.name for tool in listed] == NAMES
    for tool in listed:
        assert tool.description
        assert tool.annotations.readOnlyHint
        assert tool.annotations.destructiveHint is False
        jsonschema.Draft202012Validator.check_schema(tool.inputSchema)
        jsonschema.Draft202012Validator.check_schema(tool.outputSchema)
        assert tool.outputSchema["type"] == "object"
        assert "service" in tool.inputSchema["properties"]
        assert all(field["description"] for field in tool.inputSchema["properties"].values())
    assert "title" in listed[NAMES.index("get_change")].outputSchema["properties"]


def test_a_reply_is_structured_and_is_text(shelf):
    reply = called(shelf, "list_regressions")  # the client checks it against the schema
    assert not reply.isError
    assert reply.structuredContent["regressions"][0]["subject"] == "shop.app:total"
    assert json.loads(reply.content[0].text) == reply.structuredContent


WRONG = {
    "no such tool": ("shut_down", {}, "no tool 'shut_down'; there are list_regressions"),
    "a wrong argument": ("list_regressions", {"limit": "many"}, "limit: Input should be"),
    "no argument": ("get_change", {}, "change_id: Field required"),
    "an unknown argument": ("get_change", {"change_id": "a", "x": 1}, "x: no such argument"),
    "no such service": ("list_regressions", {"service": "till"}, "there are shop"),
    "a tool's complaint": ("get_change", {"change_id": "zz"}, "list_changes has the ids"),
    "a huge name": ("list_regressions", {"service": "é" * 99999}, "no service"),
}


@pytest.mark.parametrize(("name", "arguments", "complaint"), WRONG.values(), ids=WRONG)
def test_a_wrong_call_is_an_error_with_a_short_message(shelf, name, arguments, complaint):
    reply = called(shelf, name, arguments)
    assert reply.isError
    assert reply.structuredContent is None
    (content,) = reply.content
    assert complaint in content.text
    assert len(content.text.encode()) < 700
    assert "Traceback" not in content.text


def test_of_several_services_one_is_asked_for(shelf):
    nobody = called(shelf, "list_regressions", store="two")
    assert nobody.isError
    assert nobody.content[0].text == "expected service; there are shop, till"
    till = called(shelf, "list_regressions", {"service": "till"}, "two")
    assert till.structuredContent["regressions"][0]["service"] == "till"


def test_windows_are_resources(shelf):
    async def questions(session):
        (listing,) = (await session.list_resources()).resources
        (template,) = (await session.list_resource_templates()).resourceTemplates
        text = (await session.read_resource(listing.uri)).contents[0].text
        address = text.splitlines()[1].split(" ")[0]
        profile = (await session.read_resource(address)).contents[0].text
        with pytest.raises(McpError) as caught:
            await session.read_resource("profile://shop/99")
        return template.uriTemplate, text, address, profile, str(caught.value)

    template, text, address, profile, complaint = ask(shelf, questions)
    assert template == "profile://{service}/{window}"
    assert text.splitlines()[0] == "service shop: 30 windows"
    assert address == "profile://shop/0"
    assert len(text.splitlines()) == 31
    stacks = dict(line.rsplit(" ", 1) for line in profile.splitlines())
    assert len(stacks) == 4
    assert int(stacks["shop.app:main;shop.app:total"]) == pytest.approx(200, rel=0.3)
    assert [*map(int, stacks.values())] == sorted(map(int, stacks.values()), reverse=True)
    assert complaint == "no window '99': expected a number from 0 to 29"


@pytest.mark.parametrize("uri", ["file:///etc/passwd", "profile://", "profile://shop", "x://a/1"])
def test_there_are_no_other_resources(shelf, uri):
    async def question(session):
        with pytest.raises(McpError, match=r"no resource|expected"):
            await session.read_resource(uri)

    ask(shelf, question)


def test_a_resource_is_bounded_whatever_functions_are_called(overgrown):
    class Opened:
        def investigation(self, service=""):
            return overgrown

        def services(self):
            return ["shop"] * 4000

    text = folded_window(Opened(), "shop", "29")
    assert len(text.encode()) <= 60_100
    assert text.count("\n") > 5
    listing = list_windows(Opened())
    assert len(listing.encode()) <= 60_100
    assert re.search(r"# \d+ more are left out\n$", listing)
    for window in ("30", "-1", "x", "", "9" * 99, "1.0"):
        with pytest.raises(ToolError, match="expected a number from 0 to 29"):
            folded_window(Opened(), "shop", window)


def test_every_skill_is_a_prompt(shelf):
    async def questions(session):
        listed = (await session.list_prompts()).prompts
        texts = [
            (await session.get_prompt(prompt.name, {prompt.arguments[0].name: "R-7"}))
            .messages[0]
            .content.text
            for prompt in listed
        ]
        bare = (await session.get_prompt(listed[0].name)).messages[0].content.text
        return listed, texts, bare

    listed, texts, bare = ask(shelf, questions)
    skills = load_skills()
    assert [(p.name, p.description) for p in listed] == [(s.name, s.description) for s in skills]
    subjects = {
        "defense": ("regression_id", "Investigate the regression"),
        "offense": ("opportunity_id", "Mend the opportunity"),
    }
    for skill, prompt, text in zip(skills, listed, texts, strict=True):
        name, words = subjects[skill.side]
        assert [argument.name for argument in prompt.arguments] == [name]
        assert text == f"{words} R-7.\n\n{skill.body}"
    assert bare == skills[0].body


def test_a_slow_tool_holds_up_no_other(shelf, monkeypatch):
    server = Server(Workspace(shelf["store"], shelf["repo"]))
    offer = server.offers["query_profile"]

    def slow(investigation, **arguments):
        time.sleep(1)
        return offer_tool(investigation, **arguments)

    offer_tool, offer.tool = offer.tool, slow
    took = {}

    async def run():
        async with create_connected_server_and_client_session(server._mcp_server) as session:
            await session.call_tool("list_regressions", {})

            async def timed(name):
                began = time.perf_counter()
                assert not (await session.call_tool(name, {})).isError
                took[name] = time.perf_counter() - began

            async with anyio.create_task_group() as group:
                group.start_soon(timed, "query_profile")
                group.start_soon(timed, "list_regressions")

    anyio.run(run)
    assert took["query_profile"] >= 1
    assert took["list_regressions"] < 0.8


@contextmanager
def serving(folders, *options, store="store", **env):
    """Run the server as a process over HTTP; yield it, its address and its token."""
    command = [*COMMAND, str(folders[store]), "--repo", str(folders["repo"]), "--http", *options]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ | env
    ) as process:
        try:
            told = [process.stderr.readline().split()]
            if "--token" not in options and "WORKBENCH_MCP_TOKEN" not in env:
                told.append(process.stderr.readline().split())
            yield process, told[0][-1], told[-1][-1]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)
            assert process.stderr.read() == ""


@asynccontextmanager
async def connected(address, token=TOKEN):
    async with (
        httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60) as http,
        streamable_http_client(address, http_client=http) as (received, sent, _),
        ClientSession(received, sent) as session,
    ):
        await session.initialize()
        yield session


@pytest.mark.slow
def test_over_http_by_the_clients_of_the_library(shelf):
    async def one(address, token, found):
        async with connected(address, token) as session:
            assert [tool.name for tool in (await session.list_tools()).tools] == NAMES
            for _ in range(5):
                reply = await session.call_tool("list_regressions", {"service": "till"})
                found.append(reply.structuredContent["total"])

    async def several(address, token, found):
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(one, address, token, found)

    found = []
    with serving(shelf, store="two") as (process, address, token):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/mcp", address)
        assert len(token) >= 40
        anyio.run(several, address, token, found)
    assert len(found) == 20
    assert {*found} == {found[0]}
    assert process.returncode == 0


REFUSED = {
    "no token": ({"Authorization": None}, 401),
    "another token": ({"Authorization": "Bearer another-token-here"}, 401),
    "part of the token": ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 401),
    "no bearer": ({"Authorization": TOKEN}, 401),
    "a foreign host": ({"Host": "evil.example"}, 421),
    "a foreign origin": ({"Origin": "http://evil.example"}, 403),
    "a page of this machine": ({"Origin": "http://localhost:3000"}, 200),
    "plain": ({}, 200),
}


@pytest.mark.slow
def test_over_http_only_who_has_the_token_is_answered(shelf):
    with serving(shelf, WORKBENCH_MCP_TOKEN=TOKEN) as (_, address, _):
        for headers, status in REFUSED.values():
            sent = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json",
                    "Accept": "application/json, text/event-stream"} | headers  # fmt: skip
            kept = {name: value for name, value in sent.items() if value}
            answer = httpx.post(address, json=INITIALIZE, headers=kept)
            assert answer.status_code == status, headers
        port = int(address.split(":")[2].split("/")[0])
        listening = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=False)
        lines = [line for line in listening.stdout.splitlines() if f":{port} " in line]
        assert all(f"127.0.0.1:{port}" in line for line in lines)


def speak(process, *messages):
    for message in messages:
        process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()


@pytest.mark.slow
@pytest.mark.parametrize("end", ["end of input", signal.SIGINT, signal.SIGTERM])
def test_over_standard_streams_it_ends_when_told(shelf, end):
    with subprocess.Popen(
        [*COMMAND, str(shelf["store"])],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        speak(process, INITIALIZE)
        first = json.loads(process.stdout.readline())
        assert first["result"]["serverInfo"]["name"] == "efficiency-workbench"
        call = {"name": "list_regressions", "arguments": {}}
        speak(
            process,
            {"jsonrpc": "2.0", "method": "notifications/initialized"},
            {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call},
        )
        reply = json.loads(process.stdout.readline())
        assert reply["id"] == 2
        assert len(json.dumps(reply)) < 2.5 * MAX_REPLY_BYTES
        if end == "end of input":
            process.stdin.close()
        else:
            process.send_signal(end)
        process.wait(10)
        assert process.stdout.read() == ""  # nothing but the protocol
        assert process.stderr.read() == ""
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}.get(end, 0)


@pytest.mark.slow
def test_over_standard_streams_by_the_client_of_the_library(shelf):
    parameters = StdioServerParameters(
        command=COMMAND[0], args=[*COMMAND[1:], str(shelf["store"]), "--repo", str(shelf["repo"])],
        env={"PYTHONPATH": os.environ.get("PYTHONPATH", "")},
    )  # fmt: skip

    async def run():
        async with stdio_client(parameters) as streams, ClientSession(*streams) as session:
            await session.initialize()
            listed = await session.call_tool("list_regressions", {})
            found = listed.structuredContent["regressions"][0]["regression_id"]
            ranked = await session.call_tool("rank_changes", {"regression_id": found})
            return ranked.structuredContent["suspects"][0]["title"]

    assert anyio.run(run) == "Check each item"


INSPECTOR = "@modelcontextprotocol/inspector@0.17"


@pytest.fixture(scope="session")
def inspector(tmp_path_factory):
    """The protocol's own inspector, without its window; arguments -> what it prints, as JSON."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("the inspector is a program for node, which is not here")
    folder = tmp_path_factory.mktemp("inspector")
    install = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder)]
    done = subprocess.run(
        [*install, INSPECTOR], capture_output=True, text=True, timeout=400, check=False
    )
    if done.returncode:
        pytest.skip(f"the inspector cannot be had: {done.stderr.strip()[-200:]}")

    def run(*arguments):
        program = folder / "node_modules" / ".bin" / "mcp-inspector"
        done = subprocess.run(
            [str(program), "--cli", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-800:]
        return json.loads(done.stdout)

    return run


@pytest.mark.slow
@pytest.mark.network
def test_by_a_client_that_nobody_here_wrote(shelf, inspector):
    server = [*COMMAND, str(shelf["store"]), "--repo", str(shelf["repo"])]
    ask_it = partial(inspector, *server, "--method")
    tools = ask_it("tools/list")["tools"]
    assert [tool["name"] for tool in tools] == NAMES
    reply = ask_it("tools/call", "--tool-name", "query_profile", "--tool-arg", "limit=2")
    assert len(reply["structuredContent"]["functions"]) == 2
    wrong = ask_it("tools/call", "--tool-name", "get_change", "--tool-arg", "change_id=zz")
    assert wrong["isError"] is True
    assert [p["name"] for p in ask_it("prompts/list")["prompts"]] == [s.name for s in load_skills()]
    text = ask_it("resources/read", "--uri", "profile://shop/3")["contents"][0]["text"]
    assert "shop.app:main;shop.app:total" in text
