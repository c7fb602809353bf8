"""Ask a service questions, several at a time; the work of load-short.sh. Standard library only."""

from __future__ import annotations

import http.client
import json
import math
import os
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LONGEST_S = 60.0


def main(url: str, release: str, question: str) -> int:
    """Ask, print, and return 1 if a limit was passed."""
    count, users = _number("LOAD_REQUESTS", 100), _number("LOAD_USERS", 4)
    most_ms, most_errors = _number("LOAD_P95_MS", 5000), _number("LOAD_ERRORS", 0)
    if not url.startswith(("http://", "https://")):
        sys.exit(f"load-short.sh: {url!r} is no URL; it begins with https:// or http://.")
    name = next(iter(json.loads(Path(release).read_text("utf-8"))["sets"]))
    bodies = [
        json.dumps({"question": f"{question} ({number})", "document_set": name}).encode()
        for number in range(1, count + 1)
    ]
    with ThreadPoolExecutor(users) as pool:
        answered = list(pool.map(lambda body: _ask(f"{url}/v1/chat", body), bodies))
    times = sorted(took_ms for took_ms, _ in answered)
    failures = [failure for _, failure in answered if failure]
    p95 = times[math.ceil(0.95 * len(times)) - 1]
    sys.stdout.write(
        f"{count} questions, {users} at a time: p95 {p95:.0f} ms, median "
        f"{times[len(times) // 2]:.0f} ms, {len(failures)} errors\n"
    )
    if len(failures) > most_errors:
        sys.stderr.write(
            f"load-short.sh: {len(failures)} errors, at most {most_errors} may be: {failures[0]}\n"
        )
        return 1
    if p95 > most_ms:
        sys.stderr.write(f"load-short.sh: p95 is {p95:.0f} ms, at most {most_ms} ms may be.\n")
        return 1
    return 0


def _ask(url: str, body: bytes) -> tuple[float, str]:
    """Milliseconds it took, and what failed; empty if nothing did."""
    headers = {"Content-Type": "application/json"}
    if token := os.environ.get("SMOKE_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, body, headers)  # noqa: S310 (main checks the scheme)
    began, failure = time.perf_counter(), ""
    try:
        with urllib.request.urlopen(request, timeout=LONGEST_S) as response:  # noqa: S310
            response.read()
    except urllib.error.HTTPError as error:
        failure = f"{error.code}: {error.read(300).decode(errors='replace')}"
    except (OSError, http.client.HTTPException) as error:
        failure = str(error) or type(error).__name__
    return (time.perf_counter() - began) * 1000, failure


def _number(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdigit():
        sys.exit(f"load-short.sh: {name} is {text!r}; write a whole number.")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
