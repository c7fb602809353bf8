"""Files of vectors by text: damage, killed writers, several processes, the number of files."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ingestion.index.vector_files import FOLDER, MERGED, VectorFiles
from tests.conftest import ROOT
from tests.contract.test_vector_store import PLENTY, made


@pytest.fixture
def files(tmp_path: Path) -> VectorFiles:
    return VectorFiles(tmp_path)


def written(folder: Path) -> list[Path]:
    return sorted((folder / FOLDER).glob("*/*/*.arrow"))


@pytest.mark.parametrize("damage", ["empty", "half", "end", "noise", "middle"])
def test_a_damaged_file_is_reported_once_and_never_raises(
    files, tmp_path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    keys, vectors = made(300)
    files.add("one", "m", keys, vectors, PLENTY)
    file = written(tmp_path)[0]
    whole = file.read_bytes()
    noise = np.random.default_rng(3).bytes(len(whole))
    middle = len(whole) // 2
    file.write_bytes(
        {
            "empty": b"",
            "half": whole[:middle],
            "end": whole[:-4],
            "noise": noise,
            "middle": whole[:1200] + noise[:400] + whole[1600:],
        }[damage]
    )
    fresh = VectorFiles(tmp_path)
    with caplog.at_level(logging.WARNING):
        found = fresh.find("m", keys)
        assert fresh.find("m", keys).keys() == found.keys()
    assert all(vector.shape == (16,) for vector in found.values())
    if damage == "middle":  # whose hashes are other ones now is not found, and the rest is
        assert len(found) < len(keys)
        return
    assert found == {}
    assert [record for record in caplog.records if "embedded again" in record.message]
    assert len(caplog.records) == 1
    assert not file.exists()
    fresh.add("one", "m", keys, vectors, PLENTY)
    assert len(fresh.find("m", keys)) == 300


def test_files_are_merged_and_nothing_is_lost(files, tmp_path) -> None:
    batches = [made(20, seed=seed) for seed in range(3 * MERGED)]
    for keys, vectors in batches:
        files.add("one", "m", keys, vectors, PLENTY)
        assert len(written(tmp_path)) < MERGED
    for keys, vectors in batches:
        found = VectorFiles(tmp_path).find("m", keys)
        assert all((found[key] == vector).all() for key, vector in zip(keys, vectors, strict=True))


def test_a_reader_goes_on_while_files_are_merged_and_removed(files, tmp_path) -> None:
    reader = VectorFiles(tmp_path)
    for seed in range(MERGED + 3):
        keys, vectors = made(20, seed=seed)
        files.add("one", "m", keys, vectors, PLENTY)
        assert len(reader.find("m", keys)) == 20
    files.remove("one", files.keys("one"))
    assert reader.find("m", made(20, seed=1)[0]) == {}


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux lists mapped files")
def test_files_that_another_process_removed_are_closed(files, tmp_path) -> None:
    """A mapped file takes disk space after its removal, which a long process would never free."""
    for seed in range(3):
        files.add("one", "m", *made(200, seed=seed), PLENTY)
    reader = VectorFiles(tmp_path)
    assert len(reader.keys("one")) == 600
    assert len(mapped(tmp_path)) == 3
    code = (
        "import sys; from pathlib import Path; from ingestion.index.vector_files import VectorFiles\n"
        "files = VectorFiles(Path(sys.argv[1]))\n"
        "files.remove('one', files.keys('one'))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=True)
    assert written(tmp_path) == []
    assert reader.find("m", made(1)[0]) == {}
    assert mapped(tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux lists mapped files")
def test_between_lookups_files_can_be_closed(files, tmp_path) -> None:
    keys, vectors = made(200)
    files.add("one", "m", keys, vectors, PLENTY)
    assert len(files.find("m", keys)) == 200
    assert len(mapped(tmp_path)) == 1
    files.close_files()
    assert mapped(tmp_path) == []
    assert len(files.find("m", keys)) == 200


def mapped(folder: Path) -> list[str]:
    """The files below a folder that this process has mapped, also those that are removed."""
    lines = Path("/proc/self/maps").read_text("utf-8").splitlines()
    return sorted({line.split(maxsplit=5)[5] for line in lines if str(folder) in line})


def test_what_a_killed_writer_left_goes_with_the_next_removal(files, tmp_path) -> None:
    keys, vectors = made(20)
    files.add("one", "m", keys, vectors, PLENTY)
    part = written(tmp_path)[0].with_name(".0123456789abcdef.part")
    part.write_bytes(b"vectors of a deleted text")
    assert len(files.find("m", keys)) == 20
    files.remove("one", [])
    assert not part.exists()


def test_what_is_used_stays_longest(files, tmp_path) -> None:
    import os

    (first, one), (second, two), (third, three) = (made(200, seed=seed) for seed in range(3))
    files.add("one", "m", first, one, PLENTY)
    files.add("one", "m", second, two, PLENTY)
    for file in written(tmp_path):
        os.utime(file, (1, 1))
    size = written(tmp_path)[0].stat().st_size
    assert len(VectorFiles(tmp_path).find("m", first)) == 200
    files.add("two", "m", third, three, int(2.5 * size))
    assert files.keys("one") == set(first)
    assert files.keys("two") == set(third)


def test_processes_write_at_once(tmp_path) -> None:
    code = (
        "import sys; from pathlib import Path; from ingestion.index.vector_files import VectorFiles\n"
        "from tests.contract.test_vector_store import PLENTY, made\n"
        "files = VectorFiles(Path(sys.argv[1]))\n"
        "for seed in range(40):\n"
        "    files.add(sys.argv[2], 'm', *made(10, seed=seed), PLENTY)\n"
        "    assert len(files.find('m', made(10, seed=seed)[0])) == 10\n"
    )
    # Two of the same set as well: the lease keeps them apart, but one may have lost it.
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name], cwd=ROOT)
        for name in ("one", "one", "two")
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    for seed in range(40):
        assert len(VectorFiles(tmp_path).find("m", made(10, seed=seed)[0])) == 10
