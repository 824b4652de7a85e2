"""Keep the printed outputs in README and docs, the JSON Schema and the coverage table true.

    python tools/docs.py            write them anew
    python tools/docs.py --check    fail where one is not current

A block stands between `<!-- output: ARGUMENTS -->` and the end of the fenced block after it; `head=N` before the
arguments keeps the first N lines.  The arguments are those of `fourthstep`.  `<!-- demo: head=N -->` is what `make demo`
says of every example.  `<!-- printed: ... -->` is a table of the tests (`tools/printed.py`).
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import coverage_table
import printed as tables_of_tests

from fourthstep.assessment.result import schema

ROOT = Path(__file__).resolve().parents[1]
COVERAGE = ROOT / "docs" / "coverage.md"
SCHEMA = ROOT / "docs" / "schema" / "assessment.schema.json"
DEMO = re.compile(r"(<!-- demo: head=(\d+) -->\n```text\n)(.*?)(```)", re.DOTALL)
BLOCK = re.compile(r"(<!-- output:(?: head=(\d+))? (.+?) -->\n```text\n)(.*?)(```)", re.DOTALL)


def rendered(match: re.Match[str]) -> str:
    """The block with what the command prints today."""
    lines = printed("-m", "fourthstep", *match[3].split()).rstrip().splitlines()
    return match[1] + shortened(lines, int(match[2] or len(lines))) + match[5]


def demonstrated(match: re.Match[str]) -> str:
    """The block with the lines of the examples that the demonstration prints today."""
    with tempfile.TemporaryDirectory() as folder:
        told = printed("tools/demo.py", "--out", folder)
    lines = ("All example records" + told.partition("All example records")[2]).partition("\n\nPages")[0].splitlines()
    return match[1] + shortened(lines, int(match[2])) + match[4]


def printed(*arguments: str) -> str:
    """What a command of this project prints, in a terminal of 100 columns without colour."""
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, text=True, capture_output=True,  # noqa: S603
                          env=environment)  # fmt: skip
    return done.stdout


def shortened(lines: list[str], most: int) -> str:
    """The first lines; dots where there are more."""
    kept = lines if len(lines) <= most else [*lines[:most], "..."]
    return "\n".join(kept) + "\n"


def main() -> None:
    """Write or check."""
    stale = []
    generated = {SCHEMA: json.dumps(schema(), indent=1, ensure_ascii=False) + "\n", COVERAGE: coverage_table.page()}
    for place, written in generated.items():
        if not place.exists() or place.read_text(encoding="utf-8") != written:
            stale.append(str(place.relative_to(ROOT)))
            if "--check" not in sys.argv:
                place.parent.mkdir(exist_ok=True)
                place.write_text(written, encoding="utf-8")
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        current = tables_of_tests.renewed(DEMO.sub(demonstrated, BLOCK.sub(rendered, text)))
        if current != text:
            stale.append(str(path.relative_to(ROOT)))
            if "--check" not in sys.argv:
                path.write_text(current, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"not current: {', '.join(stale)}; run `python tools/docs.py`")
    print(f"outputs: {len(stale)} written anew" if stale else "outputs are current")


if __name__ == "__main__":
    main()
