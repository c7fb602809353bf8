"""What is sent again and what is not, how long that takes, and services that stop and start again."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from plumbline import (
    InvalidRequest,
    NotFound,
    PassagesFound,
    Plumbline,
    StreamBroken,
    Token,
    TooManyRequests,
    Unavailable,
)
from plumbline.retries import FIRST_PAUSE_S, Attempts, Limits

from tests.clients.scripted_server import PROBLEM, Reply
from tests.clients.serving import QUESTION, service_in
from tests.forked_plumb import kill

FOUND = Reply(body=json.dumps({"passages": [], "index_version": "1-a", "timings_ms": {}}).encode())
ALIVE = Reply(body=b'{"status": "ok"}')


def problem(status: int, name: str = "some-problem", **headers: str) -> Reply:
    body = {"type": f"urn:plumbline:problem:{name}", "title": "Title", "detail": "Detail."}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(body).encode(), {"Content-Type": PROBLEM, **sent})


@pytest.fixture
def client(connect, scripted):
    return connect(scripted.url)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_sent_again(client, scripted, status) -> None:
    scripted.replies = [problem(status), FOUND]
    assert client.search("q").passages == []
    assert len(scripted.requests) == 2


def test_a_read_whose_response_was_lost_is_sent_again(client, scripted) -> None:
    scripted.replies = [
        Reply(hangs_up=True),
        Reply(body=b'{"passages": [', length=1000),
        FOUND,
    ]
    assert client.search("q").passages == []
    assert len(scripted.requests) == 3


@pytest.mark.parametrize(
    "reply", [problem(502), problem(503, "index-unavailable"), problem(504), Reply(hangs_up=True)]
)
def test_a_question_that_may_have_arrived_is_not_asked_again(client, scripted, reply) -> None:
    scripted.replies = [reply]
    for number, ask in enumerate(
        (
            lambda: client.ask("q"),
            lambda: client.stream("q").answer(),
            lambda: client.batches.submit(["q"]),
            lambda: client.document_sets.define("manuals"),
            lambda: client.document_sets.sync("manuals"),
            lambda: client.document_sets.publish("manuals", "2"),
            lambda: client.document_sets.roll_back("manuals"),
        ),
        start=1,
    ):
        with pytest.raises(Unavailable):
            ask()
        assert len(scripted.requests) == number


def test_a_question_that_may_not_have_been_begun_is_asked_again(client, scripted) -> None:
    scripted.replies = [problem(429), problem(503, "too-busy"), problem(422)]
    with pytest.raises(InvalidRequest):
        client.ask("q")
    assert len(scripted.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_what_another_attempt_would_not_change_is_sent_once(client, scripted, status) -> None:
    scripted.replies = [problem(status)]
    with pytest.raises(Exception, match="Detail"):
        client.search("q")
    assert len(scripted.requests) == 1


def test_what_was_deleted_before_the_response_was_lost_is_no_error(client, scripted) -> None:
    scripted.replies = [Reply(hangs_up=True), problem(404)]
    assert client.answers.delete("ans_1") is None
    scripted.replies = [problem(404)]
    with pytest.raises(NotFound):
        client.answers.delete("ans_1")


def test_feedback_and_uploads_may_be_sent_again(client, scripted) -> None:
    kept = Reply(body=b'{"at": "2026-01-01T00:00:00Z", "caller": "c", "thumb": "up"}')
    scripted.replies = [Reply(hangs_up=True), kept]
    assert client.answers.give_feedback("ans_1", "up").thumb == "up"
    stored = Reply(201, b'{"documents": ["a.md"], "note": ""}')
    scripted.replies = [Reply(hangs_up=True), stored]
    Path("a.md").write_text("content", "utf-8")
    assert client.document_sets.upload("manuals", Path("a.md")) == ["a.md"]
    bodies = [one.body for one in scripted.requests[-2:]]
    assert [body.count(b"content\r\n") for body in bodies] == [1, 1]


def test_the_service_says_when_to_come_again(client, scripted) -> None:
    scripted.replies = [problem(429, Retry_After="1"), FOUND]
    began = time.monotonic()
    client.search("q")
    assert time.monotonic() - began >= 1


def test_a_wait_beyond_the_deadline_is_not_begun(connect, scripted) -> None:
    client = connect(scripted.url, deadline_s=5)
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    for said, seconds in (("3600", 3600), (later, 3600)):
        scripted.replies = [problem(429, Retry_After=said)]
        began = time.monotonic()
        with pytest.raises(TooManyRequests) as refused:
            client.search("q")
        assert time.monotonic() - began < 2
        assert refused.value.retry_after_s == pytest.approx(seconds, abs=5)
    assert len(scripted.requests) == 2


def test_a_call_ends_at_its_deadline(connect, scripted) -> None:
    scripted.replies = [problem(503)]
    client = connect(scripted.url, deadline_s=1, max_retries=100)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="Detail"):
        client.search("q")
    assert time.monotonic() - began < 1.5
    assert 2 <= len(scripted.requests) <= 5

    def drip(handler) -> None:
        for _ in range(100):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)

    scripted.replies = [Reply(write=drip)]
    began = time.monotonic()
    with pytest.raises(Unavailable, match="did not end in time"):
        client.search("q")
    assert time.monotonic() - began < 2


def test_a_server_that_says_nothing_is_left(connect, scripted) -> None:
    ended = threading.Event()
    scripted.replies = [Reply(write=lambda _: ended.wait(30))]
    client = connect(scripted.url, timeout_s=0.2, max_retries=1)
    with pytest.raises(Unavailable, match="ReadTimeout"):
        client.search("q")
    assert len(scripted.requests) == 2
    with pytest.raises(Unavailable):
        client.ask("q")
    assert len(scripted.requests) == 3
    ended.set()


def test_pauses_grow_and_differ() -> None:
    from plumbline.api.questions import search

    def pauses() -> list[float]:
        attempts = Attempts(search("q"), Limits(1, 1000, 8, 1))
        return [attempts.after_error(httpx.ConnectError("refused")) for _ in range(8)]

    one, other = pauses(), pauses()
    assert one != other
    for number, pause in enumerate(one):
        grown = min(8, FIRST_PAUSE_S * 2**number)
        assert grown / 2 <= pause <= grown


def test_nobody_there_is_reported_after_some_attempts(connect) -> None:
    client = connect(f"http://127.0.0.1:{free_port()}", max_retries=2)
    with pytest.raises(Unavailable, match="cannot be reached: ConnectError") as failed:
        client.ask("q")
    assert failed.value.status is None


def test_a_service_that_comes_late_is_waited_for(connect, scripted) -> None:
    """Nothing has arrived anywhere, so that a question is asked again too."""
    port = free_port()
    client = connect(f"http://127.0.0.1:{port}", max_retries=20)
    late: list[socket.socket] = []

    def begin() -> None:
        listener = socket.create_server(("127.0.0.1", port))
        late.append(listener)
        connection, _ = listener.accept()
        connection.recv(65536)
        body = b'{"title": "Late", "detail": "But here."}'
        head = f"HTTP/1.1 422 -\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        connection.close()

    timer = threading.Timer(0.7, begin)
    timer.start()
    with pytest.raises(InvalidRequest, match="But here"):
        client.ask("q")
    timer.join()
    late[0].close()


def test_readiness_is_reported_where_the_service_is_not_ready(client, scripted) -> None:
    report = {"ready": False, "dependencies": {"index": {"ready": False, "detail": "away"}}}
    scripted.replies = [Reply(503, json.dumps(report).encode())]
    assert client.ready().dependencies["index"].detail == "away"
    assert len(scripted.requests) == 1


def test_a_caller_who_asks_too_often_waits_as_long_as_the_service_says(connect, own_folder) -> None:
    with service_in(own_folder, limits__per_minute=2) as service:
        client = connect(service.url, service.reader, deadline_s=0.5)

        def ask_often() -> None:
            # More than two minutes' worth: a minute may end meanwhile.
            for _ in range(5):
                client.search("opening hours")

        with pytest.raises(TooManyRequests) as refused:
            ask_often()
        assert 0 < refused.value.retry_after_s <= 60
        assert refused.value.type == "urn:plumbline:problem:too-many-requests"


class Process:
    """`plumb serve` on one port, which can be killed and started again."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = [f"-S{name}={value}" for name, value in settings.items()]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "plumb", "serve", "--port", str(self.port)]
        places = ["--index-url", str(self.folder / "index")]
        self._process = subprocess.Popen(
            [*command, *places, *self._settings],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def kill(self) -> None:
        if self._process is not None:
            kill(self._process)
            self._process = None


@pytest.fixture
def process(own_folder, warm_processes, openai):
    """A process that answers by a scripted model."""
    openai.reply = "One two three four."
    process = Process(
        own_folder,
        **{
            "chat.model": "openai:m",
            "chat.base_url": openai.url,
            "chat.api_key": "-",
            "chat.last_resort": "false",
        },
    )
    process.start()
    yield process
    process.kill()


def test_a_stream_whose_server_is_killed_breaks_and_a_service_that_restarts_is_waited_for(
    process, openai, monkeypatch
) -> None:
    monkeypatch.setattr("plumbline.retries.MOST_PAUSE_S", 0.5)
    with Plumbline(process.url, max_retries=200, deadline_s=60) as client:
        # It is only just starting.
        assert client.search(QUESTION).passages
        openai.held = threading.Event()
        read_until_killed(client, process)
        openai.held.set()
        timer = threading.Timer(0.5, process.start)
        timer.start()
        assert client.ask(QUESTION).answer
        timer.join()


def read_until_killed(client, process) -> None:
    with client.stream(QUESTION) as stream:
        assert isinstance(next(stream), PassagesFound)
        assert isinstance(next(stream), Token)
        process.kill()
        with pytest.raises(StreamBroken):
            stream.answer()


def test_a_connection_that_breaks_while_much_is_sent_tells_what_that_may_mean(connect) -> None:
    """An older service, or a proxy, closes with what is sent unread: its answer is lost."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def reset() -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                connection.recv(1000)
                # Closed at once, and what is unread makes it a reset.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.close()

        thread = threading.Thread(target=reset)
        thread.start()
        client = connect(f"http://127.0.0.1:{listener.getsockname()[1]}", max_retries=1)
        with pytest.raises(Unavailable, match=r"serve\.max_upload_bytes"):
            client.document_sets.upload("manuals", ("a.md", b"x" * 10_000_000))
        thread.join()
