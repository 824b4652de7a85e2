"""`make records`: what the real records beside the project give, data set by data set.

    python tools/records.py [--data DIR] [-o FILE]

Each patient is assessed on the day of the newest datum.  An opioid order counts as computed where its dose, as it
was written, gives a number; the others are counted by their first reason.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import msgspec

from fourthstep.assessment.assess import assess_events
from fourthstep.assessment.result import Assessment
from fourthstep.events.event import Event, Events
from fourthstep.events.extract import extract_events
from fourthstep.events.form import with_forms
from fourthstep.facts.opioids.dose import opioid_dose
from fourthstep.ground.dates import AsOf
from fourthstep.ground.errors import FourthstepError
from fourthstep.knowledge.load import code_index, load_knowledge
from fourthstep.record import Record, read_record, read_records

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
EXPORTS = ("mimic-iv-demo-fhir", "synthea-r4-bulk", "synthea-r4-breast-ecqm", "bulk-export-layout-10")
SINGLES = ("bundles", "mcode", "cds-hooks")
_FAR = AsOf(date(2300, 1, 1))
"""After the newest record: some are shifted into the 22nd century."""


class Tally(msgspec.Struct):
    """What one data set gave."""

    name: str
    patients: int = 0
    refused: int = 0
    words: Counter[str] = msgspec.field(default_factory=Counter)
    fates: Counter[str] = msgspec.field(default_factory=Counter)
    orders: Counter[str] = msgspec.field(default_factory=Counter)
    """`computed`, or the reason why not."""


def main() -> int:
    """Read, assess, count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    parser.add_argument("-o", "--output", type=Path, help="write the table to a file")
    options = parser.parse_args()
    if not options.data.is_dir():
        print("There are no real records beside the project: give their folder with --data.", file=sys.stderr)
        return 1
    tallies = [tally(name, read_records(options.data / name)) for name in EXPORTS if (options.data / name).is_dir()]
    for name in SINGLES:
        refused: list[str] = []
        found = tally(name, singles(options.data / name, refused))
        found.refused = len(refused)
        tallies.append(found)
    text = "\n".join(table(tallies)) + "\n"
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


# -- reading and assessing -----------------------------------------------------------------------------------


def files(folder: Path) -> list[Path]:
    """Every record of a folder of single records; a folder of one resource per file is one record."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    together = {path.parent for path in found if path.parent.name.endswith("-resources")}
    return [path for path in found if path.parent not in together] + sorted(together)


def singles(folder: Path, refused: list[str]) -> Iterator[Record]:
    """The records of a folder; those that are refused are named."""
    for path in files(folder):
        try:
            yield read_record(path)
        except FourthstepError:
            refused.append(path.name)


def newest_day(events: Events) -> date | None:
    """The newest day on which something happened for certain."""
    days = [event.start.last for event in events.events if event.start is not None and event.start.is_day]
    if events.deceased_on is not None and events.deceased_on.is_day:
        days.append(events.deceased_on.last)
    return max(days, default=None)


def events_on(record: Record, as_of: AsOf) -> Events:
    """A record's events as they were known on a day."""
    knowledge = load_knowledge()
    tables = knowledge.opioids.dosage
    events = extract_events(record, code_index(knowledge.digest), as_of=as_of, tables=tables)
    return with_forms(events, record, as_of, knowledge)


def assessed(record: Record, day: date | None = None) -> tuple[Events, Assessment]:
    """Events and assessment on a day; by default that of the newest datum."""
    whole = events_on(record, _FAR)
    chosen = day or newest_day(whole) or date(2026, 1, 1)
    as_of = AsOf(chosen)
    events = events_on(record, as_of)
    return whole, assess_events(events, as_of=as_of)


# -- counting ------------------------------------------------------------------------------------------------


def tally(name: str, records: Iterable[Record]) -> Tally:
    """Count what a data set gives."""
    found = Tally(name)
    for record in records:
        events, assessment = assessed(record)
        found.patients += 1
        found.words[assessment.pathway.word] += 1
        found.fates.update(fates(events))
        found.orders.update(orders(events))
    return found


def fates(events: Events) -> Counter[str]:
    """How many resources were used, irrelevant, unrecognised, or not used at all."""
    seen = {event.ref for event in events.events}
    unused = {each.ref for each in events.not_used} - seen
    return Counter(
        {
            "used": sum(events.used.values()),
            "irrelevant": sum(events.irrelevant.values()),
            "not used": len(unused),
            "unrecognised": sum(events.unrecognised.values()),
        }
    )


def orders(events: Events) -> Iterator[str]:
    """For each opioid order: `computed`, or the first reason why its dose is not known."""
    knowledge = load_knowledge().opioids
    by_ref: dict[str, list[Event]] = {}
    for event in events.events:
        opioid = event.concept.startswith("opioid:") and event.concept != "opioid:opioid_antagonist"
        if opioid and event.drug is not None and event.drug.source == "order":
            by_ref.setdefault(event.ref, []).append(msgspec.structs.replace(event, current=True))
    for ref in sorted(by_ref):
        day = by_ref[ref][0].start
        dose = opioid_dose(by_ref[ref], AsOf(day.first if day is not None else _FAR.day), knowledge)
        yield dose.reasons[0] if dose.reasons else "computed"


# -- printing ------------------------------------------------------------------------------------------------


def table(tallies: list[Tally]) -> Iterator[str]:
    """The tallies as plain tables."""
    names = ("used", "irrelevant", "not used", "unrecognised")
    yield f"{'data set':<24}{'patients':>9}{'refused':>9}" + "".join(f"{name:>14}" for name in names)
    for each in tallies:
        shares = "".join(f"{percent(each.fates[name], each.fates.total()):>14}" for name in names)
        yield f"{each.name:<24}{each.patients:>9}{each.refused:>9}{shares}"
    yield ""
    yield f"{'data set':<24}pathway"
    for each in tallies:
        yield f"{each.name:<24}{', '.join(f'{word} {count}' for word, count in each.words.most_common())}"
    yield ""
    yield f"{'data set':<24}{'opioid orders':>14}{'computed':>10}  the others"
    for each in tallies:
        computed = percent(each.orders["computed"], each.orders.total())
        others = ", ".join(f"{why} {count}" for why, count in each.orders.most_common() if why != "computed")
        yield f"{each.name:<24}{each.orders.total():>14}{computed:>10}  {others}".rstrip()


def percent(part: int, whole: int) -> str:
    """A share for reading."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


if __name__ == "__main__":
    sys.exit(main())
