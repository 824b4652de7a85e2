"""Speed of screening an export, gather and assess apart, beside `orjson.loads` of every line in as many processes.

    python benchmarks/screen.py EXPORT [--as-of DATE] [--workers N]

Figures of a machine mean little; the ratio to the floor of the same run is what is compared over time.
"""

import argparse
import contextlib
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import orjson

from fourthstep import as_of
from fourthstep.knowledge.policy import DEFAULT
from fourthstep.record.sources import Lines
from fourthstep.screen.run import screen
from fourthstep.screen.spread import spread


def floor(path: Path) -> int:
    """Bytes of the lines of a file, each parsed."""
    size = 0
    for _, line in Lines(path.name, path):
        with contextlib.suppress(ValueError):
            orjson.loads(line)
        size += len(line)
    return size


def gather(task: tuple[Path, Path]) -> None:
    spread(*task, 8)


def timed(work, items, workers: int) -> tuple[float, list]:
    start = time.perf_counter()
    if workers == 1:
        found = list(map(work, items))
    else:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            found = list(pool.map(work, items))
    return time.perf_counter() - start, found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("export", type=Path)
    parser.add_argument("--as-of", default="2026-03-01")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    files = sorted(options.export.glob("*.ndjson*"))
    scratch = Path(tempfile.mkdtemp())
    try:
        least, sizes = timed(floor, files, options.workers)
        gathering, _ = timed(gather, [(path, scratch / str(n)) for n, path in enumerate(files)], options.workers)
        start = time.perf_counter()
        summary = screen(
            options.export, scratch / "out", as_of=as_of(options.as_of), policy=DEFAULT, workers=options.workers
        )
        whole = time.perf_counter() - start
    finally:
        shutil.rmtree(scratch)
    size = sum(sizes) / 1e6
    print(f"{options.export.name}: {size:.1f} MB of lines, {summary.patients} patients, {options.workers} worker(s)")
    for name, seconds in (("orjson.loads (floor)", least), ("gather alone", gathering), ("whole screening", whole)):
        print(f"{name:24}{seconds:9.2f} s {size / seconds:9.1f} MB/s {seconds / least:8.2f} x floor")
    print(
        f"{'assess (the difference)':24}{whole - gathering:9.2f} s {summary.patients / (whole - gathering):9.1f} patients/s"
    )


if __name__ == "__main__":
    main()
