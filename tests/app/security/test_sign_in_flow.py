"""What browsers keep while they sign in: sealed, for ten minutes, for all processes."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from app.security.sealing import seal, shared_key
from app.security.sign_in_flow import KEY_NAME, PURPOSE, Flow, SealedFlows
from tests.app.security.code_issuer import REDIRECT


def test_a_sign_in_takes_ten_minutes_at_most(database) -> None:
    now = [datetime.now(UTC)]
    flows = SealedFlows(database, lambda: now[0])
    flow = Flow.begun(REDIRECT, "/", "")
    cookie = flows.sealed(flow)
    now[0] += timedelta(minutes=9, seconds=59)
    assert flows.opened(cookie) == flow
    now[0] += timedelta(seconds=1)
    assert flows.opened(cookie) is None


def test_what_the_browser_keeps_is_sealed_and_any_process_opens_it(database) -> None:
    flow = Flow.begun(REDIRECT, "/", "")
    cookie = SealedFlows(database).sealed(flow)
    assert SealedFlows(database).opened(cookie) == flow
    shown = base64.urlsafe_b64decode(cookie)
    assert not any(secret.encode() in shown for secret in (flow.state, flow.nonce, flow.verifier))
    changed = base64.urlsafe_b64encode(shown[:-1] + bytes([shown[-1] ^ 1])).decode()
    for hostile in (changed, "", "x", "é", "=" * 8, cookie[:40], "A" * 9000):
        assert SealedFlows(database).opened(hostile) is None


def test_processes_that_start_at_once_share_one_key(database) -> None:
    flows = [SealedFlows(database) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        cookies = list(pool.map(lambda one: one.sealed(Flow.begun(REDIRECT, "/", "")), flows))
    assert all(one.opened(cookie) for one in flows for cookie in cookies)


def test_what_another_release_sealed_is_no_failure(database) -> None:
    key = shared_key(database, KEY_NAME)
    for text in (b'{"until": 1e12, "state": "x"}', b'{"state": "x"}', b'{"until": 1e12, "new": 1}'):
        cookie = base64.urlsafe_b64encode(seal(key, text, PURPOSE.encode())).decode()
        assert SealedFlows(database).opened(cookie) is None
