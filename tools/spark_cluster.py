"""A standalone Spark cluster on the loopback of this machine, for as long as it is needed.

    python tools/spark_cluster.py     starts it, prints its address, and ends it with Ctrl-C

One core and one executor of 1 GB for each worker.  Nothing listens beyond 127.0.0.1, and there is no web page.
"""

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyspark

_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"
_PACKAGE = "org.apache.spark.deploy"
_PATIENCE = 60
"""Seconds until a process must have said that it is there."""


def settings(folder: Path, java: str = "") -> dict[str, str]:
    """The environment that keeps a driver and its executors small, quiet and on the loopback; set by a file in `folder`."""
    lines = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.executor.memory": "1g",
        "spark.driver.extraJavaOptions": java,
        "spark.executor.extraJavaOptions": java,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder / "local"),
    }
    (folder / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
    return {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_CONF_DIR": str(folder), "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_DAEMON_JAVA_OPTS": java}  # fmt: skip


@contextlib.contextmanager
def cluster(folder: Path, workers: int = 2, java: str = "") -> Iterator[str]:
    """The address of a master with its workers; all of them end with the block.  `java` are options of every Java.

    Raises:
        RuntimeError: one of them did not start; the message holds what it said.
    """
    environment = {**os.environ, **settings(folder, java)}
    port = _free_port()
    address = f"spark://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        log = _start(stack, folder / "master.log", environment, "master.Master", "--host", "127.0.0.1", "--port", str(port),
                     "--webui-port", "0")  # fmt: skip
        _wait(log, "New state: ALIVE")
        logs = [
            _start(stack, folder / f"worker-{number}.log", environment, "worker.Worker", "--host", "127.0.0.1",
                   "--webui-port", "0", "--cores", "1", "--memory", "1500M", "--work-dir", str(folder / f"work-{number}"),
                   address)
            for number in range(workers)
        ]  # fmt: skip
        for log in logs:
            _wait(log, "Successfully registered with master")
        yield address


def _start(stack: contextlib.ExitStack, log: Path, environment: dict[str, str], name: str, *arguments: str) -> Path:
    said = stack.enter_context(log.open("wb"))
    process = subprocess.Popen([_CLASS, f"{_PACKAGE}.{name}", *arguments], stdout=said, stderr=said,  # noqa: S603
                               env=environment, start_new_session=True)  # fmt: skip
    stack.callback(_stop, process)
    return log


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait(log: Path, words: str) -> None:
    end = time.monotonic() + _PATIENCE
    while words not in (said := log.read_text(errors="replace")):
        if time.monotonic() > end:
            raise RuntimeError(f"{log.name}: it did not say `{words}` within {_PATIENCE} s:\n{said[-2000:]}")
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def main() -> None:
    """Until Ctrl-C."""
    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder)) as address, contextlib.suppress(KeyboardInterrupt):
        print(f"SPARK_CONF_DIR={folder} SPARK_LOCAL_IP=127.0.0.1 fourthstep screen ... --engine spark --master {address}")
        signal.pause()


if __name__ == "__main__":
    main()
