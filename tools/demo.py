"""`make demo`: assess every example record, print one line each, and write the pages, letters and JSON to out/.

The first record is told in full, so that the reader sees what an assessment is.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
OUT = ROOT / "out"
AS_OF = "2026-03-01"
FIRST = "pancreatic.json"


def main() -> None:
    """Assess all examples with the command that a user has."""
    OUT.mkdir(exist_ok=True)
    fourthstep("assess", str(EXAMPLES / FIRST), "--as-of", AS_OF)
    print("\nAll example records (synthetic; as of " + AS_OF + "):\n")
    for label, arguments in records():
        word = fourthstep("assess", *arguments, "--as-of", AS_OF, "--format", "html", "-o", str(OUT / f"{label}.html"), quiet=True)
        fourthstep("assess", *arguments, "--as-of", AS_OF, "--format", "json", "-o", str(OUT / f"{label}.json"), quiet=True)
        fourthstep("assess", *arguments, "--as-of", AS_OF, "--format", "letter", "-o", str(OUT / f"{label}.letter.txt"), quiet=True)
        print(f"  {label:28} {word.partition(':')[0]}")
    print(f"\nPages, letters and JSON are in {OUT.relative_to(ROOT)}/. Open {OUT.relative_to(ROOT)}/pancreatic.html in a browser.")


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


def fourthstep(*arguments: str, quiet: bool = False) -> str:
    """Run the command line; stop where it fails."""
    command = [sys.executable, "-m", "fourthstep", *arguments]
    done = subprocess.run(command, check=False, text=True, capture_output=quiet)  # noqa: S603
    if done.returncode:
        sys.exit(done.stderr or f"fourthstep {' '.join(arguments)} failed")
    return done.stdout or ""


if __name__ == "__main__":
    main()
