"""The shape of the knowledge: one type per kind of YAML file, one field per key.

The folder `knowledge/` is written by clinicians; this module says which keys they may use and what each means.
A key that is not named here is a mistake, found at the start, with file, line, caret and remedy.
"""

from decimal import Decimal
from typing import Literal

import msgspec

Mark = Literal["V", "K", "P"]
"""V checked against a public copy; K from the named source as known; P project policy: cautions only, until signed."""

Effect = Literal["lasting-stop", "correctable-stop", "caution"]
Kind = Literal["measurement", "condition", "drug", "procedure", "allergy", "goal", "bedside", "pain", "computed"]
BleedingClass = Literal["none", "low", "intermediate", "high"]
Certainty = Literal["high", "moderate", "low", "very low"]
Timing = Literal["early", "after conventional treatment", "salvage"]
LegState = Literal["adequate", "inadequate", "not tried", "not usable", "not applicable", "unknown"]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False):
    """Base of everything written in YAML."""


class Marks(Entry, frozen=True, kw_only=True):
    """How sure each part of a criterion is: its value, its time window, its bleeding class."""

    value: Mark
    window: Mark | None = None
    class_: Mark | None = msgspec.field(default=None, name="class")


class Question(Entry, frozen=True, kw_only=True, rename={"is_": "is", "in_": "in"}):
    """What is asked of the facts: a tree of `all`, `any`, `none`, whose leaves compare one fact.

    A leaf names a `fact`, a `rule` (a named question) or a `leg` of the conventional treatment.
    A limit is kept as it was written: a number, or for ordered facts one of their values.
    `within` is the oldest age that still counts; an older value is unknown.
    `on_days` asks for that many different days, the latest measured day among them.
    """

    all: list["Question"] | None = None
    any: list["Question"] | None = None
    none: list["Question"] | None = None
    fact: str | None = None
    rule: str | None = None
    leg: str | None = None
    is_: bool | str | None = None
    in_: list[str] | None = None
    below: str | None = None
    at_most: str | None = None
    at_least: str | None = None
    above: str | None = None
    unit: str | None = None
    within: str | None = None
    on_days: int | None = None


class Criterion(Entry, frozen=True, kw_only=True):
    """One reason for or against: `says` is read aloud, `when` is computed, `because` names the sources."""

    id: str
    says: str
    when: Question
    because: list[str] = []
    marks: Marks
    ask: str = ""
    """For what can be corrected: what the guideline asks, in words."""
    decided: str = ""
    """Where the project decided that a policy value stops by default."""
    bedside: bool = False
    """Asked of the clinician, not of the record: does not count until answered."""


class SafetyRule(Criterion, frozen=True, kw_only=True):
    """A criterion that is written once and applies to every intervention with certain attributes."""

    effect: Effect
    applies_to: dict[str, list[str]] = {}
    """Attribute of the intervention -> values it may have; several attributes must all match; empty: all."""


class Statement(Entry, frozen=True, kw_only=True):
    """One sentence that rests on sources; numbers stand in the sentence as the source gives them."""

    says: str
    because: list[str] = []
    mark: Mark = "K"


class Disagreement(Entry, frozen=True, kw_only=True):
    """A question that guidelines, trials or customs answer differently; all answers are shown."""

    id: str
    name: str
    """Asked as a question."""
    positions: list[Statement]
    here: str
    """What Fourthstep does about it."""
    interventions: list[str] = []
    """Interventions and comparators that it concerns."""
    drugs: list[str] = []


class TableRow(Entry, frozen=True, kw_only=True):
    """One row of a table of text; where its cells are of different sureness, `mark` is the least sure."""

    cells: list[str]
    because: list[str] = []
    mark: Mark = "K"


class ReferenceTable(Entry, frozen=True, kw_only=True):
    """A table to be read: its cells are text, and nothing is computed from them."""

    title: str
    head: list[str]
    rows: list[TableRow]


class Reference(Entry, frozen=True, kw_only=True):
    """What a clinician may want to look up, such as published ranges; no rule reads it and no dose comes from it."""

    id: str
    name: str
    says: str
    """What it is for, and what it must not be used for."""
    tables: list[ReferenceTable] = []
    statements: list[Statement] = []
    interventions: list[str] = []
    """Interventions and comparators that it concerns."""
    drugs: list[str] = []


class Grade(Entry, frozen=True, kw_only=True):
    """What a guideline says of an intervention, in the guideline's own grading."""

    guideline: str
    says: str
    grade: str = ""
    mark: Mark


class Evidence(Entry, frozen=True, kw_only=True):
    """How sure the literature is that it relieves pain in cancer (GRADE-like certainty)."""

    says: str
    certainty: Certainty
    certainty_says: str = ""
    grades: list[Grade] = []
    dissent: list[Statement] = []


class Line(Entry, frozen=True, kw_only=True):
    """When in the course of treatment: the therapy's own line condition, and what follows where it is not met."""

    says: str
    when: Question | None = None
    also_when: Question | None = None
    """Asked at the bedside: what also meets the condition; it counts only once it is answered yes."""
    otherwise: Timing | None = None
    because: list[str] = []
    mark: Mark = "K"


class Survival(Entry, frozen=True, kw_only=True):
    """From which to which prognosis it is sensible; shown as fit, never a stop.

    A limit that lies inside a band (6 months in 3 to 12), or is left to the specialist, makes that band *not known*.
    """

    says: str
    at_least: str
    """The smallest band that fits as a whole."""
    at_most: str = ""
    """The largest band that fits as a whole; empty: there is no upper limit."""
    perhaps_from: str = ""
    """The smallest band that may fit; empty: none below `at_least`."""
    perhaps_to: str = ""
    """The largest band that may fit; empty: none above `at_most`."""
    because: list[str] = []
    mark: Mark = "P"


class Attributes(Entry, frozen=True, kw_only=True):
    """What the cross-cutting safety rules need to know of an intervention."""

    destructive: bool = False
    implant: Literal["none", "temporary", "permanent"] = "none"
    neuraxial: bool = False
    """Needle, catheter or drug in the epidural or intrathecal space."""
    dural: bool = False
    """Punctures the dura or enters the cerebrospinal fluid."""
    local_anaesthetic: bool = False
    steroid: bool = False
    neurolytic: bool = False
    """Alcohol or phenol."""
    cement: bool = False
    contrast: bool = False
    radiation: bool = False
    """Fluoroscopy or CT of trunk or pelvis."""
    current: bool = False
    """Radiofrequency or electrical stimulation near an implanted device."""
    magnetic: bool = False
    """Done inside, or restricts, a magnetic resonance scanner."""
    chest: bool = False
    """Can cause a pneumothorax."""
    drains_effusion: bool = False
    """Treats a pleural effusion: an effusion on record is why it is done."""
    unopposed_bowel: bool = False
    """Leaves the bowel's parasympathetic tone unopposed."""
    spine: bool = False
    """Works at or in the spine: suspended while cord compression is not worked up."""
    position: Literal["any", "prone", "lateral", "sitting", "supine", "still"] = "any"
    awake: bool = False
    """Needs a patient who cooperates awake."""
    surgery: bool = False
    """Open surgery or a wound that must heal."""
    bedside: bool = False
    """Can be done at the bedside or at home in one visit."""
    reversible: bool = True


class Intervention(Entry, frozen=True, kw_only=True):
    """One therapy: what it fits, what stands in the way, what it brings, how sure that is."""

    id: str
    name: str
    names: list[str] = []
    class_: Literal["A", "B", "C", "D", "E", "F", "G"] = msgspec.field(name="class")
    attributes: Attributes
    fits_says: str
    fits: Question | None = None
    """Beyond the syndrome: what this pain must have for the therapy to treat it; never a line of treatment."""
    line: Line
    lasting_stops: list[Criterion] = []
    correctable_stops: list[Criterion] = []
    cautions: list[Criterion] = []
    to_confirm: list[str] = []
    """Prerequisites and findings that only the clinician can confirm, in words."""
    survival: Survival
    goals: list[str]
    goals_says: str = ""
    guidance: str
    setting: str = ""
    benefit: list[Statement]
    harms: list[Statement]
    evidence: Evidence
    sequence: str
    alternatives: list[str] = []
    follow_up: str
    procedures: list[str] = []
    """Concepts of past procedures that show that this was done before."""
    perhaps: list[str] = []
    """Concepts of past procedures that may have been this one: their codes do not tell which nerve or bone."""
    patient: str
    left_to_the_clinician: list[str] = []
    sources: list[str]

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """Its own stops and cautions."""
        return (*self.lasting_stops, *self.correctable_stops, *self.cautions)


class Comparator(Entry, frozen=True, kw_only=True):
    """A noninvasive therapy that stands beside the interventions; it is shown, never a word."""

    id: str
    name: str
    says: str
    benefit: list[Statement] = []
    harms: list[Statement] = []
    evidence: Evidence
    sources: list[str]


class SyndromeOptions(Entry, frozen=True, kw_only=True):
    """Interventions of equal rank in a syndrome's list."""

    ids: list[str]
    note: str = ""


class Syndrome(Entry, frozen=True, kw_only=True):
    """A cancer pain syndrome: how it is recognised, and the options in their usual order."""

    id: str
    name: str
    mechanisms: list[str]
    findings: str
    cancers: str
    treatment: str
    certain: Question
    """True: this pain is the syndrome, as recorded."""
    possible: Question
    """True: diagnoses suggest it while the pain's own features are not recorded."""
    options: list[SyndromeOptions]
    because: list[str] = []
    left_to_the_clinician: list[str] = []


class Fact(Entry, frozen=True, kw_only=True):
    """How a named value is taken from a patient's events."""

    says: str
    kind: Kind
    concepts: list[str] = []
    unit: str | None = None
    """UCUM; values in other units are converted by exact ratios or not used."""
    values: list[str] = []
    """For coded facts: every value it may have."""
    ordered: bool = False
    """The values stand in order, smallest first, and may be compared."""
    take: Literal["latest", "lowest", "highest", "any", "active", "days"] | None = None
    """latest value; lowest or highest inside the question's window; any event; active now; the worst of each day."""
    ties: Literal["lowest", "highest"] | None = None
    """Which of two values of the same moment counts: the worst for safety."""
    readable: list[Decimal] = []
    """Smallest and largest value that can be true; outside it is not used."""
    silence: Literal["unknown", "vouched"] = "unknown"
    """What an empty record means; `vouched`: no, as recorded, where the sender vouches for this kind."""
    family: str = ""
    """An unrecognised event of this family could be one of these."""
    episode: str = ""
    """An acute condition without status counts as past after this time (policy)."""
    element: str = ""
    """For pain facts: the element of a pain that it reads."""
    ask: str = ""
    """How a form asks for it."""
    failed: list[str] = []
    """Of a bedside fact: concepts of procedures of which a recorded outcome `unsuccessful` answers it with yes."""
    where: Question | None = None
    """Of a bedside fact: what must be so, or not known, for the question to concern the patient at all."""
    because: list[str] = []
    mark: Mark = "P"


class Window(Entry, frozen=True, kw_only=True):
    """One limit of a fact that is worked out, in its unit, with its words and mark."""

    value: int
    unit: Literal["d", "a", "1"]
    says: str
    mark: Mark
    because: list[str] = []


class Windows(Entry, frozen=True, kw_only=True):
    """How far back the facts look that are worked out; each is one line of `windows.yaml`."""

    administered: Window
    cytotoxic: Window
    late_nadir: Window
    late_nadir_drugs: list[str]
    creatinine: Window
    weight: Window
    dose_rise: Window
    pain_change: Window
    cancer_treated: Window
    pregnancy_from: Window
    pregnancy_to: Window
    history: Window
    history_changes: Window


class Rule(Entry, frozen=True, kw_only=True):
    """A named question.  With `yes_when` and `no_when` it is unknown where neither is true."""

    says: str
    when: Question | None = None
    yes_when: Question | None = None
    no_when: Question | None = None
    because: list[str] = []
    marks: Marks


class State(Entry, frozen=True, kw_only=True):
    """One row of a leg's decision: the first that is true gives the state."""

    state: LegState
    when: Question
    says: str


class Leg(Entry, frozen=True, kw_only=True):
    """One leg of the conventional treatment."""

    says: str
    line: Literal[1, 2]
    gating: bool
    per_pain: bool = False
    states: list[State]
    otherwise: LegState
    otherwise_says: str
    because: list[str] = []
    mark: Mark = "P"


class RedFlag(Criterion, frozen=True, kw_only=True):
    """Something that must be worked up first; the rest of the assessment is still shown."""

    pathway: str
    """What changes, and where to go, in words."""


class ScorePoints(Entry, frozen=True, kw_only=True):
    """Points for one value or one band of numbers."""

    points: Decimal
    is_: str | None = msgspec.field(default=None, name="is")
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    above: Decimal | None = None
    below: Decimal | None = None


class ScoreItem(Entry, frozen=True, kw_only=True):
    """One item of a score; where its fact is unknown, the score becomes an interval."""

    fact: str
    within: str | None = None
    points: list[ScorePoints]


class Score(Entry, frozen=True, kw_only=True):
    """A published sum score; a missing item gives an interval, never a zero."""

    says: str
    items: list[ScoreItem]
    bands: list["ScoreBand"] = []
    requires: list[str] = []
    """Facts without which the score is unknown rather than an interval."""
    because: list[str] = []
    mark: Mark = "V"


class ScoreBand(Entry, frozen=True, kw_only=True):
    """What a total means."""

    at_least: Decimal
    at_most: Decimal
    says: str


class Source(Entry, frozen=True, kw_only=True, rename={"container": "container-title", "doi": "DOI", "pmid": "PMID",
                                                    "pmcid": "PMCID", "url": "URL"}):  # fmt: skip
    """Where a statement comes from, in the fields of CSL (citationstyles.org) as far as its citation is known.

    Nothing is filled in that the source list does not say; where its words do not come apart they stand in `title`.
    """

    type: Literal[
        "article-journal", "article-newspaper", "book", "chapter", "dataset", "document", "entry", "pamphlet", "report",
        "software", "standard",
    ]  # fmt: skip
    author: list[str] = []
    """Family name and initials; `et al` where the list goes on."""
    title: str = ""
    container: str = ""
    """Journal or book in which it stands."""
    publisher: str = ""
    issued: str = ""
    volume: str = ""
    issue: str = ""
    page: str = ""
    note: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    url: str = ""
    kind: str = ""
    """Design of the study, or what else it is: RCT, SR (systematic review), cohort, guideline, label ..."""
    supports: str = ""
    """What it is used for."""
    mark: str = "K"
    """V: the deciding facts were seen in a public copy; V(sec): in a reproduction; K: known, to be re-checked."""
    incomplete: bool = False
    """The citation has gaps that the source list names."""

    @property
    def cite(self) -> str:
        """The citation in one line."""
        title = self.title + ("" if not self.title or self.title[-1] in ".?!" else ".")
        volume = self.volume + (f"({self.issue})" if self.issue else "")
        where = " ".join(part for part in (self.container or self.publisher, self.issued) if part)
        where += (f";{volume}" if volume else "") + (f":{self.page}" if self.page else "")
        where += (" " if where and self.note[:1] != ";" else "") + self.note if self.note else ""
        where += ("; " if where else "") + self.pmcid if self.pmcid else ""
        authors = ", ".join(self.author)
        return " ".join(part for part in (f"{authors}." if authors else "", title, f"{where}." if where else "") if part)

    @property
    def link(self) -> str:
        """Where it can be opened: by DOI, by PubMed, or the address that the source list gives; empty if none is known."""
        if self.doi:
            return f"https://doi.org/{self.doi}"
        if self.pmid:
            return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/"
        if self.pmcid:
            return f"https://pmc.ncbi.nlm.nih.gov/articles/{self.pmcid}/"
        is_address = "." in self.url.partition("/")[0] and " " not in self.url
        return f"https://{self.url}" if is_address else self.url


class PrognosisRow(Entry, frozen=True, kw_only=True):
    """First match gives the band of survival."""

    band: str
    when: Question
    says: str


class Prognosis(Entry, frozen=True, kw_only=True):
    """How a survival band is read from estimates and scores, in the order of trust."""

    bands: list[str]
    estimate_within: str
    estimate: list[PrognosisRow]
    scores: list[PrognosisRow]
    because: list[str] = []
    mark: Mark = "P"


class CodedPain(Entry, frozen=True, kw_only=True):
    """Where a coded pain sits and what mechanism its name states; nothing, where the code does not say."""

    region: str = ""
    mechanism: str = ""


class Pains(Entry, frozen=True, kw_only=True):
    """How pains are recognised in a record."""

    scores: dict[str, Literal["average", "unspecified", "now", "worst"]]
    coded: dict[str, CodedPain]
    coded_episode: str
    of_cancer: list[str]
    """Values of `pain_cause` that only cancer or its treatment has."""
    perhaps_of_cancer: list[str]
    """Values that others have too; with a cancer of the past they may be its late effects."""


class NormalInr(Entry, frozen=True, kw_only=True):
    """What counts as a normal INR after a vitamin K antagonist."""

    at_most: Decimal
    within: str
    mark: Mark


class DoseClass(Entry, frozen=True, kw_only=True):
    """Up to which dose a heparin counts as prophylactic or low dose."""

    unit: str
    mark: Mark
    a_day: Decimal | None = None
    per_dose_twice: Decimal | None = None
    per_dose: Decimal | None = None


class HoldRules(Entry, frozen=True, kw_only=True):
    """How a row of the table of antithrombotic intervals is chosen for a patient."""

    groups: list[str]
    class_row: dict[str, str]
    decides: str
    beside: list[str]
    means: dict[str, str]
    """What an interval of each source counts, in words."""
    lookback: str
    inr_normal: NormalInr
    secondary_prevention: list[str]
    enoxaparin_prophylactic: DoseClass
    heparin_low_dose: DoseClass
    renal: dict[str, Decimal]
    renal_mark: Mark


class PerformanceRow(Entry, frozen=True, kw_only=True):
    """Which Karnofsky or PPS values one source takes for one ECOG grade."""

    ecog: Decimal
    kps_from: Decimal
    kps_to: Decimal
    source: str
    mark: Mark


class RenalDose(Entry, frozen=True, kw_only=True):
    """The smallest daily dose that counts at one level of creatinine clearance (mL/min)."""

    dose_at_least: Decimal
    at_least: Decimal = Decimal(0)
    below: Decimal


class AdequateTrial(Entry, frozen=True, kw_only=True):
    """When a drug other than an opioid counts as tried adequately."""

    drug: str
    leg: str
    ingredient: str
    concept: str
    for_: list[str] = msgspec.field(name="for")
    class_: str = msgspec.field(default="", name="class")
    first_line: bool = False
    route: str = ""
    dose_at_least: Decimal | None = None
    dose_if_frail: Decimal | None = None
    unit: str = ""
    per: str = ""
    """`dose`: the limit is for one administration, not for a day."""
    doses_at_least: int | None = None
    days_at_least: int
    days_at_dose: int | None = None
    days_if_short: int | None = None
    days_if_bone_or_inflammatory: int | None = None
    renal: list[RenalDose] = []
    not_with: str = ""
    because: list[str] = []
    marks: dict[str, Mark] = {}
