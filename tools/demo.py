"""`make demo`: assess every example record, print one line each, and write the pages, letters and JSON to out/.

The first record is told in full, so that the reader sees what an assessment is.

    python tools/demo.py              # writes to out/
    python tools/demo.py --out DIR    # or to another folder
"""

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
AS_OF = "2026-03-01"
FIRST = "pancreatic.json"
FORMATS = {"html": "html", "json": "json", "letter": "letter.txt"}


def main() -> None:
    """Assess all examples with the command that a user has."""
    parser = argparse.ArgumentParser(description="Assess the example records.")
    parser.add_argument("--out", type=Path, default=ROOT / "out", help="folder to write to")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    print(fourthstep("assess", str(EXAMPLES / FIRST), "--as-of", AS_OF))
    print("All example records (synthetic; as of " + AS_OF + "):\n")
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for label, word in pool.map(lambda each: written(*each, out), records()):
            print(f"  {label:28} {word}")
    told = out.relative_to(ROOT) if out.is_relative_to(ROOT) else out
    print(f"\nPages, letters and JSON are in {told}/. Open {told}/pancreatic.html in a browser.")


def records() -> list[tuple[str, list[str]]]:
    """Every example: its label, and the arguments that name it."""
    files = [(path.name.split(".")[0], [str(path)]) for path in sorted(EXAMPLES.glob("*.json"))]
    hospital = ["--policy", str(EXAMPLES / "hospital-policy.yaml")]
    folder = EXAMPLES / "hospital"
    patients = [(f"hospital-{name}", [str(folder), "--patient", name, *hospital]) for name in patients_of(folder)]
    return [*files, *patients]


def patients_of(folder: Path) -> list[str]:
    """Patient ids of the example export."""
    from fourthstep import read_records  # noqa: PLC0415  installed by then

    return [record.patient for record in read_records(folder)]


def written(label: str, arguments: list[str], out: Path) -> tuple[str, str]:
    """Write one record in every format; gives its label and its pathway."""
    told = ""
    for form, ending in FORMATS.items():
        where = str(out / f"{label}.{ending}")
        told = fourthstep("assess", *arguments, "--as-of", AS_OF, "--format", form, "-o", where)
    return label, told.partition(":")[0]


def fourthstep(*arguments: str) -> str:
    """Run the command line; stop where it fails."""
    command = [sys.executable, "-m", "fourthstep", *arguments]
    done = subprocess.run(command, check=False, text=True, capture_output=True)  # noqa: S603
    if done.returncode:
        sys.exit(done.stderr or f"fourthstep {' '.join(arguments)} failed")
    return done.stdout


if __name__ == "__main__":
    main()
