"""Health while all threads are at work, and while a dependency hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import anyio
import httpx
from anyio.to_thread import current_default_thread_limiter, run_sync

from app.checks.readiness import Readiness
from app.main import create_app


def test_health_answers_without_a_thread(make_parts: Callable[..., Any]) -> None:
    app = create_app(make_parts().settings)
    freed = threading.Event()

    async def run() -> None:
        async with app.router.lifespan_context(app), anyio.create_task_group() as group:
            busy = int(current_default_thread_limiter().total_tokens)
            for _ in range(busy):
                group.start_soon(run_sync, freed.wait)
            try:
                while current_default_thread_limiter().available_tokens:
                    await anyio.sleep(0)
                transport = httpx.ASGITransport(app)
                async with httpx.AsyncClient(transport=transport, base_url="http://any") as client:
                    with anyio.fail_after(30):
                        for path in ("/healthz", "/readyz"):
                            assert (await client.get(path)).status_code == 200
            finally:
                freed.set()

    anyio.run(run)


def test_a_dependency_that_hangs_is_not_ready_and_asked_once(
    make_parts: Callable[..., Any], monkeypatch: Any
) -> None:
    parts = make_parts()
    freed, asked = threading.Event(), []

    def hangs() -> None:
        asked.append(1)
        freed.wait()

    monkeypatch.setattr(parts.sets, "check", hangs)
    readiness = Readiness(parts, timeout_s=0.3)

    async def run() -> None:
        for _ in range(3):
            report = await readiness.report()
            assert not report.ready
            assert "within 0.3 s" in (report.dependencies["index"].detail or "")
        freed.set()
        monkeypatch.setattr(parts.sets, "check", lambda: None)
        while not (await readiness.report()).dependencies["index"].ready:
            await anyio.sleep(0)

    try:
        anyio.run(run)
    finally:
        freed.set()
    assert len(asked) == 1
