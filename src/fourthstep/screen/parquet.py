"""The two long tables as Parquet, for whoever counts on: typed, with whole lists where the CSV names the first few.

Written in batches of patients in their mixed order, so memory is bounded and the bytes do not depend on the workers.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from fourthstep.ground.errors import MissingExtraError
from fourthstep.screen.row import WORKLIST, outcome_of
from fourthstep.screen.tables import Rows

BATCH = 20_000
"""Patients of one row group."""
FILES = ("assessments.parquet", "worklist.parquet")


def write_parquet(out: Path, rows: Rows, mark: str) -> None:
    """Both tables; `mark` stands in every row, and is null where the export is complete.

    Raises:
        MissingExtraError: pyarrow is not installed.
        OSError: the folder cannot be written.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415  heavy, and only these files need it
    except ImportError:
        raise MissingExtraError("Parquet needs pyarrow: install `fourthstep[parquet]`") from None
    text, number, texts = pa.string(), pa.float64(), pa.list_(pa.string())
    options = pa.list_(pa.struct([("option", text), ("word", text)]))
    assessments = {"patient": text, "step": text, "outcome": text, "pathway": text, "uncontrolled": pa.bool_(),
                   "pain_score": number, "opioid_mg_per_day": number, "opioid_told": text, "newest": text,
                   "result_id": text, "export": text}  # fmt: skip
    worklist = {"patient": text, "pathway": text, "why": texts, "pains": texts, "options": options, "blocked_by": texts,
                "missing": texts, "newest": text, "result_id": text, "export": text}  # fmt: skip
    shapes = ((assessments, _assessments(rows, mark or None)), (worklist, _worklist(rows, mark or None)))
    for name, (columns, records) in zip(FILES, shapes, strict=True):
        _write(out / name, pa.schema(columns), records)


def _assessments(rows: Rows, mark: str | None) -> Iterator[dict[str, Any]]:
    """Every patient; what was not assessed is null, never false or zero."""
    for who, row in rows():
        yield {
            "patient": who,
            "step": row.step,
            "outcome": outcome_of(row.step),
            "pathway": row.pathway or None,
            "uncontrolled": row.uncontrolled,
            "pain_score": row.score,
            "opioid_mg_per_day": row.dose,
            "opioid_told": row.dose_told if row.result_id else None,
            "newest": row.newest or None,
            "result_id": row.result_id or None,
            "export": mark,
        }


def _worklist(rows: Rows, mark: str | None) -> Iterator[dict[str, Any]]:
    """The patients of the worklist, in its order."""
    for word in WORKLIST:
        for who, row in rows():
            if row.pathway == word:
                yield {
                    "patient": who,
                    "pathway": row.pathway,
                    "why": _parts(row.why),
                    "pains": _parts(row.pains),
                    "options": [{"option": option, "word": best} for option, best in row.opened.items()],
                    "blocked_by": row.blocks,
                    "missing": row.lacking,
                    "newest": row.newest or None,
                    "result_id": row.result_id,
                    "export": mark,
                }


def _parts(text: str) -> list[str]:
    return text.split("; ") if text else []


def _write(path: Path, schema: Any, records: Iterable[dict[str, Any]]) -> None:
    from pyarrow import RecordBatch  # noqa: PLC0415
    from pyarrow.parquet import ParquetWriter  # noqa: PLC0415

    part = path.with_name(f".{path.name}.part")
    left = iter(records)
    with ParquetWriter(part, schema, compression="zstd") as writer:
        while batch := list(islice(left, BATCH)):
            writer.write_batch(RecordBatch.from_pylist(batch, schema=schema))
    part.replace(path)
