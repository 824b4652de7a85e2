"""The closed sets of words, each decided by a truth table.

The tables stand in `docs/words.md` and in the tests, cell by cell.  Nothing here knows a threshold.
"""

from enum import StrEnum

from fourthstep.ground.truth import Truth

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


class OptionWord(StrEnum):
    """One intervention for one pain, most favourable first."""

    CANDIDATE = "candidate"
    WITH_CAUTION = "candidate, with caution"
    AFTER_CORRECTION = "after correction"
    UNDETERMINED = "undetermined"
    CONTRAINDICATED = "contraindicated"
    NOT_INDICATED = "not indicated"


class Timing(StrEnum):
    """When in the course of treatment an option has its place."""

    NOW = "now"
    EARLY = "early"
    AFTER_CONVENTIONAL = "after conventional treatment"
    SALVAGE = "salvage"
    UNKNOWN = "unknown"


class PathwayWord(StrEnum):
    """What the patient's course asks for, in the order in which it is decided."""

    NOT_IN_SCOPE = "not in scope"
    RED_FLAG_FIRST = "red flag first"
    CANNOT_TELL = "cannot tell"
    CONTROLLED = "controlled"
    REFER = "refer"
    REFER_EARLY = "refer early"
    OPTIMISE_FIRST = "optimise first"


class Fit(StrEnum):
    """Does an option fit the prognosis and the goals?  Shown and ranked, never a word."""

    FITS = "fits"
    PERHAPS = "not known"
    DOES_NOT_FIT = "does not fit"


OPEN = (OptionWord.CANDIDATE, OptionWord.WITH_CAUTION, OptionWord.AFTER_CORRECTION)
"""Words of an option that could be done, at once or after a correction."""


def option_word(*, fits: Truth, lasting_stop: Truth, correctable_stop: Truth, caution: Truth) -> OptionWord:
    """The word for one intervention and one pain; the first row that matches.

    A caution that nobody could rule out is still a caution; a stop that nobody could rule out leaves the word open.
    """
    if fits is F:
        return OptionWord.NOT_INDICATED
    if lasting_stop is T:
        return OptionWord.CONTRAINDICATED
    if fits is U or lasting_stop is U:
        return OptionWord.UNDETERMINED
    if correctable_stop is T:
        return OptionWord.AFTER_CORRECTION
    if correctable_stop is U:
        return OptionWord.UNDETERMINED
    return OptionWord.CANDIDATE if caution is F else OptionWord.WITH_CAUTION


def timing_word(line_met: Truth | None, otherwise: str | None) -> Timing:
    """When: at once if the therapy's own line condition is met or it has none; else what the dossier supports."""
    if line_met is None or line_met is T:
        return Timing.NOW
    if line_met is U:
        return Timing.UNKNOWN
    return Timing(otherwise) if otherwise else Timing.AFTER_CONVENTIONAL


def pathway_word(
    *,
    in_scope: Truth,
    red_flag: Truth,
    uncontrolled: Truth,
    tolerated: Truth,
    gating_adequate: Truth,
    early_option: bool,
) -> PathwayWord:
    """The word for the patient's course; the first row that matches.

    Args:
        in_scope: a living adult with active cancer or treatment-related pain, as recorded.
        red_flag: whether one red flag is true.
        uncontrolled: whether pain is uncontrolled.
        tolerated: whether the treatment is tolerated.
        gating_adequate: every gating leg adequate, not usable or not applicable; an unknown leg is a gap.
        early_option: an option with timing *early* or *now* is open.
    """
    if in_scope is F:
        return PathwayWord.NOT_IN_SCOPE
    if red_flag is T:
        return PathwayWord.RED_FLAG_FIRST
    if in_scope is U or uncontrolled is U:
        return PathwayWord.CANNOT_TELL
    if uncontrolled is F and tolerated is T:
        return PathwayWord.CONTROLLED
    if uncontrolled is F and tolerated is U:
        return PathwayWord.CANNOT_TELL
    if gating_adequate is T:
        return PathwayWord.REFER
    return PathwayWord.REFER_EARLY if early_option else PathwayWord.OPTIMISE_FIRST
