"""An issuer over a real socket that hangs, or sends one byte after the other."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Stalling:
    """An issuer over a real socket that sends what the test sets, and then waits.

    Attributes:
        asked: set when somebody has asked.
        go_on: waited for after each piece.
    """

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.pieces: list[bytes] = []
        self.connections = 0
        self.left = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._threads.append(
                threading.Thread(target=self._serve, args=(connection,), daemon=True)
            )
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            pieces = list(self.pieces)
            self.asked.release()
            try:
                for piece in pieces:
                    connection.sendall(piece)
                    # One byte after the other, each within any limit on a single wait.
                    while not self.go_on.wait(0.02):
                        connection.sendall(b" ")
            except OSError:
                self.left.set()

    def close(self) -> None:
        self.go_on.set()
        self._listener.close()


@contextmanager
def stalling(*pieces: bytes) -> Iterator[Stalling]:
    server = Stalling()
    server.pieces = list(pieces)
    try:
        yield server
    finally:
        server.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
