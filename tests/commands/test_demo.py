"""`--demo`: what it serves, and what it refuses."""

import http.client
import socket
import threading
import webbrowser
from collections.abc import Iterator

import pytest

from commands import demo
from commands.demo import Server, open_server
from DCGAN import main

PAGE = b"<!doctype html><title>page</title>"


@pytest.fixture
def server() -> Iterator[Server]:
    with open_server("127.0.0.1", 0) as server:
        server.page = PAGE
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server: Server, method: str, path: str, **options) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=600)
    connection.request(method, path, **options)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content, dict(answer.headers)


def test_it_serves_its_page_and_nothing_else(server):
    status, content, headers = ask(server, "GET", "/")
    assert (status, content) == (200, PAGE)
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Python" not in headers["Server"]
    assert ask(server, "HEAD", "/")[:2] == (200, b"")
    for path in ("/LICENSE", "/../LICENSE", "/index.html", "/?x", "/%2e%2e/LICENSE"):
        status, content, _ = ask(server, "GET", path)
        assert status == 404 and b'The only page is <a href="/">' in content
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert ask(server, method, "/", body=b"x" * 1_000)[0] == 501


def test_what_it_is_sent_is_bounded(server, monkeypatch, capfd):
    assert ask(server, "GET", "/" + "x" * 70_000)[0] == 414
    assert ask(server, "GET", "/", headers={f"X-{k}": "x" for k in range(200)})[0] == 431
    for sent in (b"\0\xff" * 50 + b"\r\n\r\n", b"GET"):
        with socket.create_connection(("127.0.0.1", server.server_port)) as visitor:
            visitor.sendall(sent)
    assert ask(server, "GET", "/")[0] == 200
    assert capfd.readouterr().err == ""


def test_visitors_that_wait_leave_room_for_no_more_than_a_few(server, monkeypatch):
    monkeypatch.setattr(demo.Handler, "timeout", 600)
    address = ("127.0.0.1", server.server_port)
    waiting = [socket.create_connection(address) for _ in range(demo.CONNECTIONS)]
    while server._free._value:  # until each has its thread
        pass
    with socket.create_connection(address, timeout=600) as visitor:
        assert visitor.recv(1) == b"", "one more is sent away at once"
    for visitor in waiting:
        visitor.close()
    while not server._free._value:
        pass
    assert ask(server, "GET", "/")[0] == 200


@pytest.mark.parametrize(("flags", "opened"), [([], 1), (["--no-browser"], 0)])
def test_it_opens_the_page_until_it_is_stopped(monkeypatch, capsys, flags, opened):
    addresses: list[str] = []

    def stop(_: Server) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(webbrowser, "open", addresses.append)
    monkeypatch.setattr(Server, "serve_forever", stop)
    assert main(["--demo", "--port", "0", "--model", "pretrained", *flags]) == 0
    printed = capsys.readouterr().out
    assert len(addresses) == opened
    assert all(f"page     {address}\n" in printed for address in addresses)
    assert "http://127.0.0.1:" in printed and printed.endswith("stopped\n")


@pytest.mark.parametrize("host", ["999.1.1.1", "192.0.2.1", "no such host", "x" * 300])
def test_an_address_of_another_computer_is_refused(host):
    with pytest.raises(demo.UsageError, match=r"Name another port, --port N, or an address of"):
        open_server(host, 0)


def test_a_port_in_use_is_refused(server):
    with pytest.raises(demo.UsageError, match=r"port \d+: Address already in use"):
        open_server("127.0.0.1", server.server_port)
