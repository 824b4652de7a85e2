"""Speed of one patient: reading and assessing in process, and the command, cold; beside floors of the same run.

    python benchmarks/single.py [FILE] [--rounds N]

Floors: `orjson.loads` of the same bytes, and the same resources through `fhir.resources` (pydantic models).
Figures of a machine mean little; the ratios are what is compared over time.
"""

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from fourthstep import as_of, assess, load_knowledge, read_record

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT.parent / "shared" / "data" / "bundles" / "synthea-prostate-metastatic-oxycodone.json.gz"
OWN = ROOT / "examples" / "pancreatic.json"


def p50(work: Callable[[], object], rounds: int) -> float:
    """Median time in milliseconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def models(content: bytes) -> Callable[[], object]:
    """Every resource of the bundle through the pydantic models of `fhir.resources`; what they refuse is left out."""
    from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415

    resources = [entry["resource"] for entry in json.loads(content).get("entry", [])]

    def work() -> int:
        parsed = 0
        for resource in resources:
            try:
                get_fhir_model_class(resource["resourceType"]).model_validate(resource)
                parsed += 1
            except ValueError:
                continue
        return parsed

    return work


def cold(path: Path, moment: str, rounds: int) -> float:
    """Median time of the command in a new process, in milliseconds."""
    command = [sys.executable, "-m", "fourthstep", "assess", str(path), "--as-of", moment]
    return p50(lambda: subprocess.run(command, check=True, capture_output=True), rounds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=Path, default=RECORD if RECORD.exists() else OWN)
    parser.add_argument("--as-of", default="2019-06-01")
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    packed = options.file.read_bytes()
    content = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    moment = as_of(options.as_of)
    load_knowledge()
    assess(read_record(content), as_of=moment)
    rows = {
        "orjson.loads (floor)": p50(lambda: orjson.loads(content), options.rounds),
        "read": p50(lambda: read_record(content), options.rounds),
        "read and assess": p50(lambda: assess(read_record(content), as_of=moment), options.rounds),
        "fhir.resources parsing alone": p50(models(content), max(options.rounds // 25, 1)),
        "the command, cold": cold(options.file, options.as_of, 7),
        "python -c pass, cold": p50(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), 7),
    }
    floor = rows["orjson.loads (floor)"]
    print(f"{options.file.name}: {len(content) / 1e6:.2f} MB")
    for name, value in rows.items():
        print(f"{name:32} {value:9.2f} ms   {value / floor:8.2f} x floor")


if __name__ == "__main__":
    main()
