"""Is the export whole?  What its manifests say, and which types of resources are not there at all."""

from collections.abc import Iterator

from fourthstep.record.gather import KIND_OF
from fourthstep.screen.documents import Listed, Manifest, uncompressed
from fourthstep.screen.spread import Fault, Gathered

NEEDED = (("Patient",), ("Condition",), ("Observation",), ("MedicationRequest", "MedicationStatement"), ("Procedure",))
"""Types without which a patient can be missing from the worklist, or stand on it for a wrong reason; one of each."""
WANTED = ("AllergyIntolerance", "Encounter")
"""Types whose absence leaves something unknown for everybody, and hides nobody."""


def missing_types(gathered: list[Gathered]) -> list[str]:
    """Types that screening needs and of which the export holds nothing."""
    seen = _seen(gathered)
    return [" or ".join(kinds) for kinds in NEEDED if not seen.intersection(kinds)]


def absent_types(gathered: list[Gathered]) -> list[str]:
    """Notices about types that are not there and do not make the lists incomplete."""
    seen = _seen(gathered)
    return [f"No {kind} in the export: silence about it is unknown for everybody." for kind in WANTED if kind not in seen]


def _seen(gathered: list[Gathered]) -> set[str]:
    return {kind for each in gathered for kind in each.seen}


def faults_of_manifests(gathered: list[Gathered]) -> list[Fault]:
    """What the manifests say is not here, by the name of the manifest."""
    return [fault for fault, _ in _found(gathered)]


def lost_by_manifests(gathered: list[Gathered]) -> set[str]:
    """The kinds of which something is not here: nobody can vouch for them."""
    return {lost for _, lost in _found(gathered) if lost}


def _found(gathered: list[Gathered]) -> Iterator[tuple[Fault, str]]:
    manifests = [(each.name, each.manifest) for each in gathered if each.manifest is not None]
    open_pages = sum(each.goes_on for _, each in manifests)
    for name, manifest in manifests:
        if any(True for _ in _missing(manifest.reports, gathered)):  # those that are here are read: many only warn
            yield Fault(name, 0, "manifest-reports-errors"), "all"
        if manifest.goes_on and open_pages >= len(manifests):
            yield Fault(name, 0, "manifest-has-a-next-page"), "all"
        for listed in _missing(manifest.files, gathered):
            yield Fault(name, 0, "listed-file-is-missing"), _lost(listed)
        for listed in _short(manifest, gathered):
            yield Fault(name, 0, "fewer-resources-than-listed"), _lost(listed)


def _lost(listed: Listed) -> str:
    return KIND_OF.get(listed.type, "") if listed.type else "all"


def _missing(files: list[Listed], gathered: list[Gathered]) -> Iterator[Listed]:
    """Listed files that are not here: by name, or, where a client gave all files other names, by type."""
    names = {uncompressed(each.name) for each in gathered}
    absent = [each for each in files if each.name not in names]
    if len(absent) < len(files):
        yield from absent
        return
    for kind in dict.fromkeys(each.type for each in absent):
        listed = [each for each in absent if each.type == kind]
        here = sum(kind in each.seen for each in gathered)
        yield from listed[here:]


def _short(manifest: Manifest, gathered: list[Gathered]) -> Iterator[Listed]:
    """Listed files that hold fewer resources than the manifest counts."""
    lines = {uncompressed(each.name): each.lines for each in gathered}
    return (each for each in manifest.files if each.name in lines and lines[each.name] < each.count)
