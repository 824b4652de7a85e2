"""A foreign Bulk Data client against our test server: is the server that our own client is tested with a real one?

`smart-fetch` (smart-on-fhir) is installed into a virtual environment of its own.  It must bring what it asks of the example
export, with a token by SMART Backend Services, byte for byte what the server holds.  On demand (`make bulk-foreign`): it
needs a package registry.
"""

import gzip
import json
import subprocess
import sys
import tempfile
import venv
from collections import defaultdict
from pathlib import Path

from joserfc.jwk import ECKey, KeySet, RSAKey

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.bulk.server import BulkServer, hospital  # noqa: E402  after the path

CLIENT = "smart-fetch==1.0.3"
CALLS = {
    "whole system, STU2, RS384": ({"stu": 2}, RSAKey.generate_key(2048, {"kid": "rsa-1", "alg": "RS384"}, private=True), ()),
    "a Group, STU1, ES384, slow": (
        {"stu": 1, "polls": 2, "retry_after": "1", "progress": "34 %"},
        ECKey.generate_key("P-384", {"kid": "ec-1", "alg": "ES384"}, private=True),
        ("--group", "7"),
    ),
    "a Group, STU3, a passing 429": (
        {"stu": 3, "faults": defaultdict(list, status=[(429, {"Retry-After": "1"}, b"")])},
        ECKey.generate_key("P-384", {"kid": "ec-1", "alg": "ES384"}, private=True),
        ("--group", "7"),
    ),
}


def main() -> None:
    """Run every call and compare what came."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        venv.create(place / "venv", with_pip=True)
        subprocess.run([place / "venv/bin/pip", "install", "--quiet", CLIENT], check=True)  # noqa: S603
        wrong = [name for number, (name, call) in enumerate(CALLS.items()) if not fetched(place, number, name, *call)]
    sys.exit(f"differs: {', '.join(wrong)}" if wrong else 0)


def fetched(place: Path, number: int, name: str, switches: dict[str, object], key: object, more: tuple[str, ...]) -> bool:
    """One call of the foreign client; is it what the server holds?"""
    out = place / f"out{number}"
    keys = place / f"key{number}.jwks"
    keys.write_text(json.dumps({"keys": [key.as_dict(private=True) | {"key_ops": ["sign"]}]}))
    with BulkServer(keys=KeySet([key]), **switches) as server:
        call = [
            place / "venv/bin/smart-fetch",
            "bulk",
            out,
            "--fhir-url",
            server.base,
            "--smart-client-id",
            "fourthstep-tests",
        ]
        done = subprocess.run([*map(str, call), "--smart-key", str(keys), *more],  # noqa: S603
                              check=False, capture_output=True, text=True, timeout=300)  # fmt: skip
        asked = server.last_asked.get("_type", [])
        files = [data for name, data in hospital().items() if name.split(".")[0] in asked]
        deleted = not server.jobs
    came, held = lines_of(out), sorted(line for data in files for line in data.splitlines())
    good = done.returncode == 0 and bool(held) and came == held and deleted
    said = f"{len(came)} of the {len(held)} resources that it asked for{'' if deleted else ', job not deleted'}"
    print(f"{'ok  ' if good else 'DIFF'} {name}: exit {done.returncode}, {said}")
    if not good:
        print(done.stdout[-2000:], done.stderr[-2000:])
    return good


def lines_of(folder: Path) -> list[bytes]:
    """All resources in the files of the foreign client, but not its log."""
    found = []
    for path in folder.rglob("*.ndjson*"):
        if path.name.startswith("log.") or path.is_symlink():
            continue
        data = path.read_bytes()
        found += (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()
    return sorted(found)


if __name__ == "__main__":
    main()
