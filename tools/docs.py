"""Keep the printed outputs in README and docs, the JSON Schema and the coverage table true.

    python tools/docs.py            write them anew
    python tools/docs.py --check    fail where one is not current

A block stands between `<!-- output: ARGUMENTS -->` and the end of the fenced block after it; `head=N` before the
arguments keeps the first N lines.  The arguments are those of `fourthstep`.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import coverage_table

from fourthstep.assessment.result import schema

ROOT = Path(__file__).resolve().parents[1]
COVERAGE = ROOT / "docs" / "coverage.md"
SCHEMA = ROOT / "docs" / "schema" / "assessment.schema.json"
BLOCK = re.compile(r"(<!-- output:(?: head=(\d+))? (.+?) -->\n```text\n)(.*?)(```)", re.DOTALL)


def rendered(match: re.Match[str]) -> str:
    """The block with what the command prints today."""
    head, arguments = match[2], match[3].split()
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "fourthstep", *arguments],
        cwd=ROOT,
        check=True,
        text=True,
        capture_output=True,
        env=environment,
    )
    lines = done.stdout.rstrip().splitlines()
    if head and len(lines) > int(head):
        lines = [*lines[: int(head)], "..."]
    return match[1] + "\n".join(lines) + "\n" + match[5]


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
        current = BLOCK.sub(rendered, text)
        if current != text:
            stale.append(str(path.relative_to(ROOT)))
            if "--check" not in sys.argv:
                path.write_text(current, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"not current: {', '.join(stale)}; run `python tools/docs.py`")
    print(f"outputs: {len(stale)} written anew" if stale else "outputs are current")


if __name__ == "__main__":
    main()
