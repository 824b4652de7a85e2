"""Files and bytes into JSON documents and NDJSON lines, with limits, and with errors that help.

Nothing here knows FHIR beyond the question whether a text could hold it at all.
"""

import difflib
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from fourthstep.ground.errors import MissingExtraError, RecordError

MAX_BYTES = 128 * 1024 * 1024
"""Largest single document; an export of lines may be larger, each line may not."""
_MAX_LINE = 32 * 1024 * 1024
_BOMB_FROM = 64 * 1024 * 1024
_BOMB_RATIO = 400
_SNIFF = 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")
"""A frame, or one to be skipped, with which pzstd begins."""
_NAMES = re.compile(r".+\.(json|ndjson|jsonl)(\.(gz|zst))?\Z", re.IGNORECASE)
_LINES = re.compile(r".+\.(ndjson|jsonl)(\.(gz|zst))?\Z", re.IGNORECASE)
_BYTE = re.compile(r"\(byte (\d+)\)")
_FHIR_SIGNS = (b'"resourceType"', b'"prefetch"', b'"hook"')


class Document(msgspec.Struct):
    """One JSON text."""

    name: str
    data: bytes


class Lines(msgspec.Struct):
    """A file of one JSON text per line."""

    name: str
    path: Path | None = None
    data: bytes = b""

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Line number and line, without empty lines, line ends and byte order mark.

        Raises:
            RecordError: the file is damaged, or expands beyond all reason.
        """
        stream = io.BytesIO(self.data) if self.path is None else _open(self.path)
        with stream:
            for number, line in enumerate(_guarded_lines(stream, self.name), start=1):
                bare = line.removeprefix(_BOM).strip() if number == 1 else line.strip()
                if bare:
                    yield number, bare


def documents_of(path: Path, max_bytes: int = MAX_BYTES) -> Iterator[Document | Lines]:
    """The documents of a file, or of every readable file of a folder in the order of their names.

    Raises:
        RecordError: missing, not readable, damaged, too large, or certainly not FHIR.
    """
    try:
        if path.is_dir():
            for each in sorted(path.iterdir()):
                if each.is_file() and _LINES.match(each.name):
                    yield Lines(each.name, each)
                elif each.is_file() and _NAMES.match(each.name):
                    yield document(each.name, _read(each, max_bytes))
            return
        if _LINES.match(path.name):
            with _open(path) as stream:
                check_start(path.name, _guarded_read(stream, path.name, _SNIFF + 1).removeprefix(_BOM))
            yield Lines(path.name, path)
            return
        data = _read(path, max_bytes)
    except FileNotFoundError:
        raise RecordError(_missing(path)) from None
    except PermissionError:
        raise RecordError(
            f"{path.name}: no permission to read it.  Ask for read access, or run as a user who has it."
        ) from None
    yield document(path.name, data)


def is_lines(name: str) -> bool:
    """Is this the name of a file of one resource a line?"""
    return bool(_LINES.match(name))


def strangers(folder: Path) -> list[str]:
    """Names of the files and folders beside the readable files of a folder."""
    return sorted(each.name for each in folder.iterdir() if not each.is_file() or not _NAMES.match(each.name))


def document(name: str, data: bytes) -> Document | Lines:
    """Bytes as a document, or as lines where they hold one JSON text per line.

    Raises:
        RecordError: not JSON, or not UTF-8.
    """
    data = data.removeprefix(_BOM)
    check_start(name, data)
    if not data.isascii():
        _check_utf8(name, data)
    return Document(name, data)


def check_start(name: str, data: bytes) -> None:
    """Refuse at once what cannot be FHIR, by its first bytes.

    Raises:
        RecordError: empty, another format, or large and without any sign of FHIR.
    """
    start = data[:4096].lstrip()
    expected = "FHIR R4 JSON (a Bundle, a resource, an array of resources, NDJSON or a CDS Hooks request)"
    if not start:
        raise RecordError(f"{name}: the input is empty; {expected} was expected.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:64]:
        raise RecordError(f"{name}: not UTF-8 (it looks like UTF-16 or binary); save it as UTF-8 JSON.")
    if start[:1] == b"<":
        raise RecordError(f"{name}: this is XML; {expected} was expected.  Ask the sender for the JSON format.")
    if start[:1] not in (b"{", b"["):
        raise RecordError(f"{name}: not FHIR: it starts neither with an object nor with a list; {expected} was expected.")
    if len(data) > _SNIFF and not any(sign in data[:_SNIFF] for sign in _FHIR_SIGNS):
        raise RecordError(f"{name}: not FHIR: no `resourceType` in the first megabyte; {expected} was expected.")


def _check_utf8(name: str, data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RecordError(
            f"{name}: not UTF-8 at byte {error.start} (line {line}).  "
            "Save the file as UTF-8, the only encoding of FHIR JSON."
        ) from None


def not_json(name: str, data: bytes, error: msgspec.DecodeError) -> RecordError:
    """The error for a text that is not JSON, with the place and without the text."""
    message = str(error)
    found = _BYTE.search(message)
    offset = int(found[1]) if found else len(data)
    line = data.count(b"\n", 0, offset) + 1
    what = "the text ends too early (truncated)" if "truncated" in message else _BYTE.sub("", message).strip()
    return RecordError(
        f"{name}: not valid JSON at byte {offset} (line {line}): {what}.  Send the whole file again, or repair that place."
    )


# -- files -----------------------------------------------------------------------------------------------


def _missing(path: Path) -> str:
    near: list[str] = []
    if path.parent.is_dir():
        near = difflib.get_close_matches(path.name, [each.name for each in path.parent.iterdir()], n=3)
    hint = f"  Did you mean {' or '.join(near)}?" if near else ""
    return f"{path.name}: there is no such file or folder.{hint}"


def _read(path: Path, max_bytes: int) -> bytes:
    with _open(path) as stream:
        start = _guarded_read(stream, path.name, min(_SNIFF, max_bytes) + 1)
        check_start(path.name, start.removeprefix(_BOM))
        data = start + _guarded_read(stream, path.name, max_bytes + 1 - len(start))
    if len(data) > max_bytes:
        raise RecordError(
            f"{path.name}: larger than {max_bytes // 1_048_576} MB, too large for one patient's record.  "
            "Send less or raise the "
            "limit."
        )
    return data


def _open(path: Path) -> IO[bytes]:
    raw = path.open("rb")
    start = raw.read(4)
    raw.seek(0)
    if start.startswith(_ZIP):
        raw.close()
        raise RecordError(f"{path.name}: this is a zip archive; unpack it and give the folder.")
    size = path.stat().st_size
    if start.startswith(_GZIP):
        return _buffered(_Bounded(gzip.GzipFile(fileobj=raw), raw, size, path.name))
    if _ZSTD.match(start):
        return _buffered(_Bounded(_zstd(raw, path.name), raw, size, path.name))
    return raw


def _buffered(stream: "_Bounded") -> IO[bytes]:
    return cast("IO[bytes]", io.BufferedReader(stream, 1 << 18))


def _zstd(raw: IO[bytes], name: str) -> Any:
    try:
        import zstandard  # noqa: PLC0415  an extra
    except ModuleNotFoundError:
        raw.close()
        raise MissingExtraError(f"{name}: reading zstd needs an extra: pip install 'fourthstep[zstd]'") from None
    return _Frames(raw, zstandard.ZstdDecompressor(max_window_size=1 << 27))


class _Frames:
    """The text of zstd frames; zstandard's own stream reader takes a truncated file for a whole one."""

    _AT_ONCE = 4096
    """Bytes in: the most that can come of them is 128 MB."""

    def __init__(self, raw: IO[bytes], decompressor: Any) -> None:
        self._raw, self._decompressor = raw, decompressor
        self._frame: Any = None
        self._left = b""
        self._ready = memoryview(b"")

    def read(self, size: int) -> memoryview:
        """At most so many bytes; none at the end.

        Raises:
            EOFError: the file ends within a frame.
        """
        while not self._ready:
            packed = self._left or self._raw.read(self._AT_ONCE)
            if not packed and self._frame is not None:
                raise EOFError
            if not packed:
                break
            frame = self._frame or self._decompressor.decompressobj()
            self._ready = memoryview(frame.decompress(packed))
            self._left, self._frame = (frame.unused_data, None) if frame.eof else (b"", frame)
        part, self._ready = self._ready[:size], self._ready[size:]
        return part


class _Bounded(io.RawIOBase):
    """A decompressed stream that stops where a small file becomes an enormous text."""

    def __init__(self, stream: Any, raw: IO[bytes], size: int, name: str) -> None:
        self._stream, self._raw, self._size, self._name, self._read = stream, raw, max(size, 1), name, 0

    def close(self) -> None:
        """Close the file below, too."""
        if not self.closed:
            self._raw.close()
        super().close()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer.

        Raises:
            RecordError: the file is damaged, truncated, or a decompression bomb.
        """
        try:
            data = self._stream.read(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            raise self._damaged() from error
        except Exception as error:
            if type(error).__name__ == "ZstdError":
                raise self._damaged() from error
            raise
        self._read += len(data)
        if self._read > _BOMB_FROM and self._read > self._size * _BOMB_RATIO:
            raise RecordError(f"{self._name}: not read: it expands to more than {_BOMB_RATIO} times its size.")
        buffer[: len(data)] = data
        return len(data)

    def _damaged(self) -> RecordError:
        return RecordError(f"{self._name}: the compressed file is damaged or truncated; copy it again.")


def _guarded_read(stream: IO[bytes], name: str, size: int) -> bytes:
    try:
        return stream.read(size) if size > 0 else b""
    except OSError:
        raise RecordError(f"{name}: reading stopped with an error of the disk or network; try again.") from None


def _guarded_lines(stream: IO[bytes], name: str) -> Iterator[bytes]:
    while line := stream.readline(_MAX_LINE + 1):
        if len(line) > _MAX_LINE:
            raise RecordError(f"{name}: a line is longer than {_MAX_LINE // 1_048_576} MB; NDJSON has a resource a line.")
        yield line
