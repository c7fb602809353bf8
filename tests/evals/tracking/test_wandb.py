"""What is W&B's own: keys, sending, limits, silence."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.errors import TrackerError
from evals.settings import TrackingSettings
from evals.tracking.run_entry import run_entry
from evals.tracking.tracker import LogResult
from evals.tracking.wandb import WandbTracker
from tests.evals.tracking.runs import full_run
from tests.evals.tracking.wandb_log import read_run

ENTRY = run_entry(full_run(), texts=True)
KEY = "a" * 40


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A server that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def hold() -> None:
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=hold, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        for one in held:
            one.close()


@pytest.fixture
def nobody() -> str:
    """An address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def log(folder: Path, **settings: object) -> LogResult:
    return WandbTracker(TrackingSettings.model_validate(settings), folder).log(ENTRY)


def test_without_a_key_the_run_is_on_disk_and_a_line_says_how_to_send_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import openai  # noqa: F401  (W&B recommends another of its products where it sees this)

    logged = log(tmp_path / "evals")
    assert not logged.sent
    assert logged.message == (
        f"W&B is offline; `wandb sync {logged.where}` sends 'answer@v1 · handbook'."
    )
    assert Path(logged.where).is_relative_to(tmp_path / "evals/wandb")
    assert capfd.readouterr() == ("", "")


def test_all_that_sending_needs_is_in_the_folder_of_evaluations(tmp_path: Path) -> None:
    logged = log(tmp_path / "evals")
    planned = subprocess.run(
        [sys.executable, "-m", "wandb", "sync", "--dry-run", logged.where],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Would sync 1 run(s)" in planned.stderr + planned.stdout
    assert "artifacts" not in {entry.name for entry in tmp_path.iterdir()}
    assert read_run(Path(logged.where)).finished


@pytest.mark.parametrize("server", ["silent_server", "nobody"])
def test_a_server_that_does_not_answer_costs_a_bounded_wait_and_nothing_else(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", request.getfixturevalue(server))
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    begun = time.monotonic()
    logged = log(tmp_path / "evals", wait_s=6)
    assert time.monotonic() - begun < 60
    assert not logged.sent
    assert "W&B did not take" in logged.message
    assert f"Nothing is lost: `wandb sync {logged.where}` sends it." in logged.message
    assert KEY not in logged.message
    assert read_run(Path(logged.where)).finished


def test_what_was_sent_is_not_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = Path(log(tmp_path / "evals").where)
    [file] = where.glob("*.wandb")
    file.with_name(f"{file.name}.synced").touch()
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    logged = log(tmp_path / "evals")
    assert (logged.sent, logged.message) == (True, "")


def test_a_key_in_netrc_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nobody: str
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {nobody.removeprefix('http://')} login user password {KEY}\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("WANDB_BASE_URL", nobody)
    assert "W&B did not take" in log(tmp_path / "evals", wait_s=3).message


def test_offline_by_setting_or_by_variable_sends_nothing_whatever_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    assert "W&B is offline" in log(tmp_path / "evals", mode="offline").message
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert "W&B is offline" in log(tmp_path / "evals").message


def test_online_without_a_key_names_the_mend_and_asks_nobody(tmp_path: Path) -> None:
    logged = log(tmp_path / "evals", mode="online")
    assert "set WANDB_API_KEY, or take auto. Nothing is lost" in logged.message
    assert read_run(Path(logged.where)).finished


def test_a_malformed_key_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "short")
    logged = log(tmp_path / "evals")
    assert logged.message.startswith("W&B's key cannot be used: WANDB_API_KEY invalid")
    assert read_run(Path(logged.where)).finished


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TrackerError, match="cannot record 'answer@v1 · handbook'"):
        log(tmp_path / "file" / "evals")


def test_choosing_a_tracker_loads_no_library() -> None:
    code = (
        "import sys; from evals.settings import Settings; "
        "from evals.tracking.recording import open_tracker\n"
        "for name in ('wandb', 'mlflow', 'none'):\n"
        "    open_tracker(Settings.model_validate({'tracking': {'tracker': name}}))\n"
        "print([name for name in ('wandb', 'mlflow') if name in sys.modules])"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
