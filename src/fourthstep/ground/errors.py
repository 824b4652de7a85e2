"""What can be wrong with a call or a file, told so that it helps: where, what, what was expected, what to do.

A strange *record* raises nothing (the fact is unknown and says why).  These errors are for what cannot be read
at all, and for mistakes in knowledge, policy and calls.  No message holds a value of a patient.
"""

import msgspec


class FourthstepError(Exception):
    """Base of everything that Fourthstep raises on purpose; the command line prints it without a traceback."""

    exit_code = 2


class RecordError(FourthstepError):
    """The input cannot be read as one patient's FHIR R4 record."""

    exit_code = 3


class MissingExtraError(FourthstepError):
    """An optional part is not installed; the message names the install."""

    exit_code = 4


class Mistake(msgspec.Struct, frozen=True, order=True):
    """One mistake in a knowledge, policy, case or answers file, with the place it stands at."""

    file: str
    line: int
    column: int
    what: str
    remedy: str = ""
    source_line: str = ""
    width: int = 1

    def __str__(self) -> str:
        lines = [f"{self.file}:{self.line}: {self.what}"]
        if self.source_line:
            stripped = self.source_line.lstrip()
            indent = len(self.source_line) - len(stripped)
            caret = max(self.column - indent, 0)
            lines += [f"    {stripped}", "    " + " " * caret + "^" * max(self.width, 1)]
        if self.remedy:
            lines.append(f"  {self.remedy}")
        return "\n".join(lines)


class KnowledgeError(FourthstepError):
    """Knowledge, policy, a case or answers hold mistakes; all of them are listed, and nothing starts."""

    exit_code = 5

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(mistakes)
        count = len(self.mistakes)
        head = f"{count} mistake{'s' if count != 1 else ''}"
        super().__init__("\n\n".join([head, *map(str, self.mistakes)]))
