"""Killed at any point, the same command ends with the same bytes and fetches nothing twice."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.bulk.server import BulkServer

pytest.importorskip("httpx", reason="the extra `remote` is not installed")
FILES = {f"Observation.{number:03d}": b"".join(b'{"resourceType":"Observation","id":"%d","valueString":"%s"}\n' % (each, b"x" * 300)
                                               for each in range(number * 100, number * 100 + 100)) for number in range(6)}  # fmt: skip


def command(server, out, *more):
    return [sys.executable, "-m", "fourthstep", "fetch", server.base, "-o", str(out), "--parallel", "2", *more]


def everything(folder):
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def fetched(server):
    return Counter(path for verb, path, _ in server.log if path.startswith("/files"))


@pytest.fixture
def server():
    with BulkServer(FILES, compress=False, polls=1, retry_after="0") as made:
        yield made


@pytest.fixture
def whole(server, tmp_path):
    subprocess.run(command(server, tmp_path / "whole"), check=True, capture_output=True)
    server.jobs.clear()
    server.log.clear()
    server.behaviour.pause = 0.05
    return everything(tmp_path / "whole")


@pytest.mark.parametrize("pieces", [1, 50, 119])
def test_killed_while_downloading(server, whole, tmp_path, pieces):
    out, part = tmp_path / "export", tmp_path / "export.part"
    sent = []
    server.on_piece = lambda: sent.append(1)
    with subprocess.Popen(command(server, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        end = time.monotonic() + 60
        while len(sent) < pieces and time.monotonic() < end:
            time.sleep(0.002)
        running.send_signal(signal.SIGKILL)
    assert not out.exists(), "what is not whole has not got its name"
    log = part / "done.log"
    done = [json.loads(line)["name"] for line in log.read_bytes().splitlines()] if log.exists() else []
    before = fetched(server)
    server.behaviour.pause = 0
    subprocess.run(command(server, out), check=True, capture_output=True)
    assert everything(out) == whole
    again = fetched(server) - before
    assert not [path for path in again for name in done if name.removesuffix(".ndjson") in path], "nothing twice"
    assert sum(again.values()) == len(FILES) - len(done)
    assert len(server.asked("POST", "/fhir")) == 1, "no second export is begun"
    assert server.jobs == {}
    assert not part.exists()


def test_killed_while_the_server_prepares(server, whole, tmp_path):
    server.behaviour.polls, server.behaviour.retry_after = 3, "1"
    with subprocess.Popen(
        command(server, tmp_path / "export"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        while not server.asked("GET", "/status"):
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
    server.behaviour.pause = 0
    subprocess.run(command(server, tmp_path / "export"), check=True, capture_output=True)
    assert len(server.asked("POST", "/fhir")) == 1
    assert everything(tmp_path / "export").keys() == whole.keys()


def test_killed_before_the_last_renaming(server, whole, tmp_path):
    out, part = tmp_path / "export", tmp_path / "export.part"
    shutil.copytree(tmp_path / "whole", part)
    subprocess.run(command(server, out), check=True, capture_output=True)
    assert everything(out) == whole
    assert server.log == []


@pytest.mark.parametrize("damage", ["shorter", "gone", "a broken line in the log"])
def test_what_is_not_as_it_was_noted_is_fetched_again(server, whole, tmp_path, damage):
    out, part = tmp_path / "export", tmp_path / "export.part"
    server.behaviour.pause = 0
    server.behaviour.faults["Observation.005"] += [400]
    assert subprocess.run(command(server, out), check=False, capture_output=True).returncode == 1
    file = part / "Observation.002.ndjson"
    if damage == "shorter":
        file.write_bytes(file.read_bytes()[:-1])
    elif damage == "gone":
        file.unlink()
    else:
        log = part / "done.log"
        log.write_bytes(log.read_bytes()[:-5])
    server.log.clear()
    subprocess.run(command(server, out), check=True, capture_output=True)
    assert len(fetched(server)) == 2
    assert everything(out).keys() == whole.keys()
    assert all(data == whole[name] for name, data in everything(out).items() if "ndjson" in name)


def test_stopped_by_the_user_it_says_how_to_go_on(server, whole, tmp_path):
    del whole
    server.behaviour.pause = 0.2  # seconds a file: it cannot end before the signal, also on a busy machine
    # what a shell starts in the background ignores the signal, and so would its children
    with subprocess.Popen(command(server, tmp_path / "export"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=os.environ | {"COLUMNS": "200"},
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as running:  # noqa: PLW1509 # fmt: skip
        while not server.asked("GET", "/files"):
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert b"the same command resumes" in err
    assert b"Traceback" not in err
    server.behaviour.pause = 0
    done = subprocess.run(command(server, tmp_path / "export", "--abort"), check=True, capture_output=True, text=True)
    assert "given up" in done.stdout
    assert server.jobs == {}
    assert not (tmp_path / "export.part").exists()
