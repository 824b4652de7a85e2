"""The same screening by the local engine with two processes and by Spark with two workers of one core, on this machine.

    python benchmarks/spark.py EXPORT [--as-of DATE] [--times N ...]

`--times 8` makes the export eight times as large, with other ids.  The session is started before the clock;
how long that took is told apart.  CPU seconds are those of all processes, Java included: on a busy machine they say more
than the clock.  Run it in the environment of `make spark`, on Linux.
"""

import argparse
import contextlib
import importlib.util
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

from fourthstep import as_of
from fourthstep.knowledge.policy import DEFAULT
from fourthstep.record.sources import Lines
from fourthstep.screen.on_spark import open_session, screen_on_spark
from fourthstep.screen.run import Summary, screen

_ID = re.compile(rb"(?<=[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-)[0-9a-f]{12}")
TOOL = Path(__file__).resolve().parents[1] / "tools" / "spark_cluster.py"


def grown(export: Path, to: Path, times: int) -> int:
    """The export several times over, every id (a UUID) with another ending; how many bytes it has.  Two files a type."""
    to.mkdir()
    size = 0
    for path in sorted(export.glob("*.ndjson*")):
        lines = [line for _, line in Lines(path.name, path)]
        for copy in range(times):
            with (to / f"{path.name.partition('.')[0]}.{copy % 2}.ndjson").open("ab") as file:
                for line in lines:
                    size += file.write(_ID.sub(b"%012x" % copy, line) + b"\n")
    return size


def cpu_seconds() -> float:
    """What this process and all below it have used so far, those that ended included."""
    parent, used = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            fields = stat.read_text().rpartition(")")[2].split()
            parent[int(stat.parent.name)] = int(fields[1])
            used[int(stat.parent.name)] = sum(map(int, fields[11:15]))
    total, below = 0, {os.getpid()}
    while below:
        total += sum(used[pid] for pid in below)
        below = {pid for pid in parent if parent[pid] in below}
    return total / os.sysconf("SC_CLK_TCK")


def timed(work) -> tuple[float, float, Summary]:
    """Seconds by the clock, of the processors, and what was found."""
    start, used = time.perf_counter(), cpu_seconds()
    found = work()
    return time.perf_counter() - start, cpu_seconds() - used, found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("export", type=Path)
    parser.add_argument("--as-of", default="2026-03-01")
    parser.add_argument("--times", type=int, nargs="+", default=[1])
    options = parser.parse_args()
    spec = importlib.util.spec_from_file_location("spark_cluster", TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    scratch = Path(tempfile.mkdtemp())
    asked = {"as_of": as_of(options.as_of), "policy": DEFAULT}
    exports = [(times, scratch / f"{options.export.name}-{times}") for times in options.times]
    try:
        sizes = [grown(options.export, to, times) / 1e6 for times, to in exports]
        # all local runs before the cluster is there: Spark ends idle processes of its own, and their time would be missing
        local = [timed(lambda to=to: screen(to, scratch / "local", workers=2, **asked)) for _, to in exports]
        os.environ |= tool.settings(scratch)
        with tool.cluster(scratch) as address:
            start = time.perf_counter()
            session = open_session(address)
            print(f"session started in {time.perf_counter() - start:.1f} s (the cluster was running)", flush=True)
            screen_on_spark(options.export, scratch / "warm", spark=session, **asked)
            for (_, to), megabytes, (clock, used, wanted) in zip(exports, sizes, local, strict=True):
                there = timed(lambda to=to: screen_on_spark(to, scratch / "spark", spark=session, **asked))
                assert there[2] == wanted
                print(f"{megabytes:.0f} MB, {wanted.patients} patients")
                print(f"local, 2 processes  {clock:8.1f} s                {used:8.1f} CPU s")
                by_clock, by_cpu = there[0] / clock, there[1] / used
                told = f"{there[0]:8.1f} s {by_clock:6.2f} x local {there[1]:8.1f} CPU s {by_cpu:6.2f} x local"
                print(f"Spark, 2 workers    {told}", flush=True)
            session.stop()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
