"""What the tests of `fourthstep fetch` share."""

from pathlib import Path

import pytest

from fourthstep.fetch.access import Access
from fourthstep.fetch.request import Request
from fourthstep.fetch.run import Summary, fetch
from fourthstep.fetch.wire import Pace
from tests.bulk.server import BulkServer


class Run:
    """A fetch that does not wait: the waits, and what was said, are noted."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.part = out.with_name(f"{out.name}.part")
        self.waits: list[float] = []
        self.said: list[str] = []

    def pace(self) -> Pace:
        return Pace(pause=self.waits.append, tries=4)

    def __call__(self, server: BulkServer, *, allow_broken: bool = False, access: Access | None = None, **asked) -> Summary:
        request = Request(base=asked.pop("base", server.base), **asked)
        return fetch(request, self.out, access=access or Access(token=server.behaviour.token), allow_broken=allow_broken,
                     say=self.said.append, pace=self.pace())  # fmt: skip

    def names(self, folder: Path | None = None) -> list[str]:
        place = folder or self.out
        return sorted(each.relative_to(place).as_posix() for each in place.rglob("*") if each.is_file())


@pytest.fixture
def run(tmp_path):
    pytest.importorskip("httpx", reason="the extra `remote` is not installed")
    return Run(tmp_path / "export")
