"""What is kept on disk between two runs of the same export, so that nothing is fetched twice.

Everything stands in `DIR.part` until it is whole; only then the folder gets its name.
"""

import shutil
from pathlib import Path

import msgspec

from fourthstep.fetch.download import File
from fourthstep.fetch.job import Page
from fourthstep.fetch.manifest import Wanted, read_manifest
from fourthstep.ground.errors import FourthstepError

STATE, DONE, SUMMARY = "state.json", "done.log", "fetch.json"


class _State(msgspec.Struct):
    key: str
    status: str = ""
    """The address of the job; empty: none runs."""
    pages: int = 0
    """Pages of the manifest on disk."""
    types: tuple[str, ...] = ()
    notices: list[str] = []


class Store:
    """The folder of an export that is on its way."""

    def __init__(self, out: Path, key: str) -> None:
        """Open what an earlier run left, or nothing.

        Raises:
            FourthstepError: the place belongs to something else.
        """
        self.out, self.part = out, out.with_name(f"{out.name}.part")
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise FourthstepError("-o DIR: it is there already; every export goes into a folder of its own")
        self._state = _State(key)
        file = self.part / STATE
        if self.part.exists() and not file.is_file() and not self.whole:
            raise FourthstepError(
                f"-o DIR: {self.part.name} beside it holds something else; move it away, or choose another folder"
            )
        if file.is_file():
            self._state = msgspec.json.decode(file.read_bytes(), type=_State)
            if self._state.key != key:
                raise FourthstepError(
                    f"-o DIR: {self.part.name} holds an unfinished export with other options.  Finish it with those, "
                    "give it up with --abort, or choose another folder."
                )

    @property
    def whole(self) -> bool:
        """Was everything done except the last renaming?"""
        return (self.part / SUMMARY).is_file() and not (self.part / STATE).is_file()

    @property
    def begun(self) -> bool:
        """Is there anything of an earlier run?"""
        return self.part.exists()

    def open(self) -> None:
        """Make the folder, for nobody else to read."""
        self.part.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._save()

    @property
    def status(self) -> str:
        """The address of the job."""
        return self._state.status

    @property
    def notices(self) -> list[str]:
        """What was noticed when the job began."""
        return self._state.notices

    @property
    def types(self) -> tuple[str, ...]:
        """The types that the job was begun for."""
        return self._state.types

    def begin(self, status: str, types: tuple[str, ...], notices: list[str]) -> None:
        """A job was begun, or (empty) is no more."""
        self._state = _State(self._state.key, status, 0, types, notices)
        (self.part / DONE).unlink(missing_ok=True)
        self._save()

    def pages(self) -> list[Page]:
        """The manifest, as far as it is there."""
        raws = [self._page(number).read_bytes() for number in range(self._state.pages)]
        return [Page(raw, read_manifest(raw)) for raw in raws]

    def keep_pages(self, pages: list[Page]) -> None:
        """The manifest as the server wrote it, beside the files."""
        for number, page in enumerate(pages):
            _write(self._page(number), page.raw)
        self._state.pages = len(pages)
        self._save()

    def done(self) -> dict[str, File]:
        """The files that are whole: noted, and on disk with the size that was noted."""
        file = self.part / DONE
        found = {}
        for line in file.read_bytes().splitlines() if file.is_file() else []:
            try:
                each = msgspec.json.decode(line, type=File)
            except msgspec.DecodeError:
                continue
            place = self.part / each.name
            if place.is_file() and place.stat().st_size == each.bytes:
                found[stem(each.name)] = each
        return found

    def note(self, file: File) -> None:
        """A file is whole."""
        with (self.part / DONE).open("ab") as log:
            log.write(msgspec.json.encode(file) + b"\n")

    def finish(self, summary: bytes) -> None:
        """Everything is there."""
        _write(self.part / SUMMARY, summary)
        for name in (DONE, STATE):
            (self.part / name).unlink(missing_ok=True)
        self.rename()

    def rename(self) -> None:
        """Give the folder its name."""
        if self.out.exists():
            self.out.rmdir()
        self.part.rename(self.out)

    def remove(self) -> None:
        """Forget everything that was fetched."""
        shutil.rmtree(self.part)

    def _page(self, number: int) -> Path:
        return self.part / (f"manifest.{number:03d}.json" if number else "manifest.json")

    def _save(self) -> None:
        _write(self.part / STATE, msgspec.json.encode(self._state))


def stem(name: str) -> str:
    """The name of a file as the plan has it."""
    return name.removesuffix(".gz").removesuffix(".ndjson")


def same(before: list[Wanted], after: list[Wanted]) -> bool:
    """Does a renewed manifest name the same files?"""
    return [each.shape for each in before] == [each.shape for each in after]


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)
