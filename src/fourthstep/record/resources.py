"""The FHIR R4 resources, with only the elements that are used; msgspec skips the rest while it reads.

Field names are the snake_case of the FHIR names (`dosage_instruction` is `dosageInstruction`); a missing
element is the empty text, the empty list or None.  Numbers are decimals exactly as they were written.  Dates
stay text: `ground.dates.when` reads them, because a day depends on the patient's time zone.

A few fields are tell-tales of other FHIR versions (`versions.py`); nothing else reads them.
"""

from decimal import Decimal
from typing import Any

import msgspec


class Element(msgspec.Struct, rename="camel", gc=False):
    """Base of everything that is read from FHIR."""


# -- data types ------------------------------------------------------------------------------------------


class Coding(Element):
    """A code of one system."""

    system: str = ""
    code: str = ""
    display: str = ""


class CodeableConcept(Element):
    """Codes that mean the same, and how a person wrote it."""

    coding: list[Coding] = []
    text: str = ""


class Quantity(Element):
    """A number with its unit: `unit` for people, `code` for machines (UCUM where `system` says so)."""

    value: Decimal | None = None
    comparator: str = ""
    unit: str = ""
    system: str = ""
    code: str = ""


class Range(Element):
    """From `low` to `high`, both included; a missing end has no limit."""

    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Element):
    """So much per so much."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Period(Element):
    """From `start` to `end`, both included, as FHIR dates."""

    start: str = ""
    end: str = ""


class Identifier(Element):
    """A business name of a resource; MIMIC keeps the names of medications here."""

    system: str = ""
    value: str = ""


class Reference(Element):
    """Points to another resource."""

    reference: str = ""
    type: str = ""
    identifier: Identifier | None = None
    display: str = ""


class Extension(Element):
    """An addition to FHIR, named by its URL."""

    url: str = ""
    value_codeable_concept: CodeableConcept | None = None
    value_code: str = ""


class BodySite(CodeableConcept):
    """A body site; mCODE adds the side as an extension."""

    extension: list[Extension] = []


class Annotation(Element):
    """A remark."""

    text: str = ""


class Meta(Element):
    """Only when the resource was changed last."""

    last_updated: str = ""


# -- dosage ----------------------------------------------------------------------------------------------


class TimingRepeat(Element):
    """How often: `frequency` (to `frequency_max`) times in `period` (to `period_max`) `period_unit`."""

    bounds_duration: Quantity | None = None
    bounds_range: Range | None = None
    bounds_period: Period | None = None
    count: Decimal | None = None
    count_max: Decimal | None = None
    duration: Decimal | None = None
    duration_max: Decimal | None = None
    duration_unit: str = ""
    frequency: Decimal | None = None
    frequency_max: Decimal | None = None
    period: Decimal | None = None
    period_max: Decimal | None = None
    period_unit: str = ""
    """UCUM: s, min, h, d, wk, mo, a."""
    day_of_week: list[str] = []
    time_of_day: list[str] = []
    when: list[str] = []
    offset: Decimal | None = None


class Timing(Element):
    """When something is done: dated events, a repetition, or a code such as BID."""

    event: list[str] = []
    repeat: TimingRepeat | None = None
    code: CodeableConcept | None = None


class DoseAndRate(Element):
    """The amount of one administration, or the rate of an infusion."""

    type: CodeableConcept | None = None
    """`ordered` or `calculated`: two ways to say one amount, never two amounts."""
    dose_range: Range | None = None
    dose_quantity: Quantity | None = None
    rate_ratio: Ratio | None = None
    rate_range: Range | None = None
    rate_quantity: Quantity | None = None


class Dosage(Element):
    """One dosage instruction of an order, a statement or a dispense, complete as FHIR R4 has it."""

    sequence: Decimal | None = None
    text: str = ""
    additional_instruction: list[CodeableConcept] = []
    patient_instruction: str = ""
    timing: Timing | None = None
    as_needed_boolean: bool | None = None
    as_needed_codeable_concept: CodeableConcept | None = None
    site: CodeableConcept | None = None
    route: CodeableConcept | None = None
    method: CodeableConcept | None = None
    dose_and_rate: list[DoseAndRate] = []
    max_dose_per_period: Ratio | None = None
    max_dose_per_administration: Quantity | None = None
    max_dose_per_lifetime: Quantity | None = None
    stu3_dose_quantity: Any = msgspec.field(name="doseQuantity", default=None)
    stu3_dose_range: Any = msgspec.field(name="doseRange", default=None)
    stu3_rate_quantity: Any = msgspec.field(name="rateQuantity", default=None)
    stu3_rate_range: Any = msgspec.field(name="rateRange", default=None)
    stu3_rate_ratio: Any = msgspec.field(name="rateRatio", default=None)


class AdministrationDosage(Element):
    """What was given, where FHIR has one dose and no timing."""

    text: str = ""
    site: CodeableConcept | None = None
    route: CodeableConcept | None = None
    method: CodeableConcept | None = None
    dose: Quantity | None = None
    rate_ratio: Ratio | None = None
    rate_quantity: Quantity | None = None

    def as_dosage(self) -> Dosage:
        """The same in the shape of an order's dosage, so that one reader reads both."""
        amount = DoseAndRate(dose_quantity=self.dose, rate_ratio=self.rate_ratio, rate_quantity=self.rate_quantity)
        empty = self.dose is None and self.rate_ratio is None and self.rate_quantity is None
        return Dosage(
            text=self.text,
            site=self.site,
            route=self.route,
            method=self.method,
            dose_and_rate=[] if empty else [amount],
        )


# -- resources -------------------------------------------------------------------------------------------


class Resource(Element, tag_field="resourceType", tag=True):
    """What all resources share; the name of the class is the resource type."""

    id: str = ""
    meta: Meta | None = None
    modifier_extension: tuple[msgspec.Raw, ...] = ()
    """Something that changes the meaning in a way nobody here understands: the resource is not used."""


class Patient(Resource):
    """The person."""

    identifier: tuple[Identifier, ...] = ()
    birth_date: str = ""
    gender: str = ""
    deceased_boolean: bool | None = None
    deceased_date_time: str = ""


class ConditionStage(Element):
    """The stage of a condition."""

    summary: CodeableConcept | None = None
    type: CodeableConcept | None = None


class Condition(Resource):
    """A diagnosis, a problem or a finding."""

    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = ()
    severity: CodeableConcept | None = None
    code: CodeableConcept | None = None
    body_site: tuple[BodySite, ...] = ()
    subject: Reference | None = None
    encounter: Reference | None = None
    onset_date_time: str = ""
    onset_period: Period | None = None
    abatement_date_time: str = ""
    abatement_period: Period | None = None
    abatement_string: str = ""
    abatement_age: Quantity | None = None
    recorded_date: str = ""
    stage: tuple[ConditionStage, ...] = ()
    asserted_date: Any = None
    date_recorded: Any = None


class ObservationValue(Resource):
    """The value of an observation or of a component; at most one of these is there."""

    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str = ""
    value_boolean: bool | None = None
    value_integer: Decimal | None = None
    value_range: Range | None = None
    value_ratio: Ratio | None = None
    value_date_time: str = ""
    value_time: str = ""
    value_period: Period | None = None
    data_absent_reason: CodeableConcept | None = None


class ObservationComponent(ObservationValue):
    """One part of an observation, with its own code and value."""

    code: CodeableConcept | None = None


class Observation(ObservationValue):
    """A measurement, a score or an answer."""

    status: str = ""
    code: CodeableConcept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    effective_date_time: str = ""
    effective_period: Period | None = None
    effective_instant: str = ""
    body_site: BodySite | None = None
    note: tuple[Annotation, ...] = ()
    component: tuple[ObservationComponent, ...] = ()
    context: Any = None
    comments: Any = None


class DispenseRequest(Element):
    """How long an order is valid and for how many days it supplies."""

    validity_period: Period | None = None
    expected_supply_duration: Quantity | None = None
    quantity: Quantity | None = None
    number_of_repeats_allowed: Decimal | None = None


class Drugged(Resource):
    """What the four drug resources share."""

    status: str = ""
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None
    contained: tuple[msgspec.Raw, ...] = ()
    medication: Any = None


class MedicationRequest(Drugged):
    """An order; `encounter` tells whether it was written for an inpatient."""

    intent: str = ""
    do_not_perform: bool | None = None
    category: tuple[CodeableConcept, ...] = ()
    encounter: Reference | None = None
    authored_on: str = ""
    dosage_instruction: list[Dosage] = []
    dispense_request: DispenseRequest | None = None
    prior_prescription: Reference | None = None
    context: Any = None


class MedicationStatement(Drugged):
    """What somebody says that the patient takes."""

    category: CodeableConcept | None = None
    context: Reference | None = None
    effective_date_time: str = ""
    effective_period: Period | None = None
    date_asserted: str = ""
    dosage: list[Dosage] = []
    taken: Any = None
    was_not_taken: Any = None


class MedicationAdministration(Drugged):
    """What was given."""

    category: CodeableConcept | None = None
    context: Reference | None = None
    effective_date_time: str = ""
    effective_period: Period | None = None
    request: Reference | None = None
    dosage: AdministrationDosage | None = None
    not_given: Any = None
    was_not_given: Any = None


class MedicationDispense(Drugged):
    """What a pharmacy handed out."""

    category: CodeableConcept | None = None
    context: Reference | None = None
    authorizing_prescription: tuple[Reference, ...] = ()
    quantity: Quantity | None = None
    days_supply: Quantity | None = None
    when_prepared: str = ""
    when_handed_over: str = ""
    dosage_instruction: list[Dosage] = []
    not_done: Any = None


class MedicationIngredient(Element):
    """One ingredient of a medication."""

    item_codeable_concept: CodeableConcept | None = None
    item_reference: Reference | None = None
    strength: Ratio | None = None


class Medication(Resource):
    """A product, by code, by name in its identifiers, or by its ingredients."""

    identifier: tuple[Identifier, ...] = ()
    code: CodeableConcept | None = None
    status: str = ""
    form: CodeableConcept | None = None
    ingredient: tuple[MedicationIngredient, ...] = ()


class Procedure(Resource):
    """Something that was done, or that was not."""

    status: str = ""
    category: CodeableConcept | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    performed_date_time: str = ""
    performed_period: Period | None = None
    performed_string: str = ""
    body_site: tuple[BodySite, ...] = ()
    outcome: CodeableConcept | None = None
    not_done: Any = None
    not_performed: Any = None
    context: Any = None
    occurrence_date_time: Any = None
    occurrence_period: Any = None


class AllergyReaction(Element):
    """A past reaction, with the substance that caused it."""

    substance: CodeableConcept | None = None
    manifestation: tuple[CodeableConcept, ...] = ()
    severity: str = ""


class AllergyIntolerance(Resource):
    """An allergy or intolerance."""

    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    type: str = ""
    category: tuple[str, ...] = ()
    criticality: str = ""
    code: CodeableConcept | None = None
    patient: Reference | None = None
    encounter: Reference | None = None
    onset_date_time: str = ""
    onset_period: Period | None = None
    recorded_date: str = ""
    reaction: tuple[AllergyReaction, ...] = ()
    asserted_date: Any = None
    substance: Any = None


class Encounter(Resource):
    """A visit or a stay; it lends its time to what carries none."""

    status: str = ""
    class_: Coding | None = msgspec.field(name="class", default=None)
    type: tuple[CodeableConcept, ...] = ()
    subject: Reference | None = None
    period: Period | None = None
    part_of: Reference | None = None
    actual_period: Any = None


class GoalTarget(Element):
    """What is aimed at."""

    measure: CodeableConcept | None = None
    detail_quantity: Quantity | None = None
    due_date: str = ""


class Goal(Resource):
    """What the patient and the team aim at."""

    lifecycle_status: str = ""
    category: tuple[CodeableConcept, ...] = ()
    description: CodeableConcept | None = None
    subject: Reference | None = None
    start_date: str = ""
    status_date: str = ""
    target: tuple[GoalTarget, ...] = ()


class CarePlanDetail(Element):
    """One planned activity."""

    code: CodeableConcept | None = None
    status: str = ""
    do_not_perform: bool | None = None


class CarePlanActivity(Element):
    """One activity of a care plan."""

    detail: CarePlanDetail | None = None


class CarePlan(Resource):
    """A plan of care: its categories and activities can be goals (palliative care, hospice)."""

    status: str = ""
    intent: str = ""
    category: tuple[CodeableConcept, ...] = ()
    subject: Reference | None = None
    encounter: Reference | None = None
    period: Period | None = None
    created: str = ""
    activity: tuple[CarePlanActivity, ...] = ()


class ConsentProvision(Element):
    """What is permitted or denied."""

    type: str = ""
    code: tuple[CodeableConcept, ...] = ()
    period: Period | None = None


class Consent(Resource):
    """A consent, or a directive about treatment."""

    status: str = ""
    scope: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = ()
    patient: Reference | None = None
    date_time: str = ""
    provision: ConsentProvision | None = None


class ServiceRequest(Resource):
    """An order for a service: a referral, or a do-not-resuscitate order."""

    status: str = ""
    intent: str = ""
    do_not_perform: bool | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    occurrence_date_time: str = ""
    occurrence_period: Period | None = None
    authored_on: str = ""
    body_site: tuple[BodySite, ...] = ()


class DeviceName(Element):
    """A name of a device."""

    name: str = ""


class Device(Resource):
    """A device; it is the patient's where `patient` says so or a statement of use points to it."""

    status: str = ""
    type: CodeableConcept | None = None
    device_name: tuple[DeviceName, ...] = ()
    patient: Reference | None = None


class DeviceUseStatement(Resource):
    """The patient uses, or carries, a device."""

    status: str = ""
    subject: Reference | None = None
    device: Reference | None = None
    timing_date_time: str = ""
    timing_period: Period | None = None
    recorded_on: str = ""
    body_site: BodySite | None = None


class QuestionnaireResponse(Resource):
    """An answered form; the answers stay as they came, for the form that knows its own questions."""

    status: str = ""
    questionnaire: str = ""
    subject: Reference | None = None
    authored: str = ""
    item: tuple[msgspec.Raw, ...] = ()


TYPES: dict[str, type[Resource]] = {
    each.__name__: each
    for each in (
        Patient,
        Condition,
        Observation,
        MedicationRequest,
        MedicationStatement,
        MedicationAdministration,
        MedicationDispense,
        Medication,
        Procedure,
        AllergyIntolerance,
        Encounter,
        Goal,
        CarePlan,
        Consent,
        ServiceRequest,
        Device,
        DeviceUseStatement,
        QuestionnaireResponse,
    )
}
"""Resource type -> its shape here; every other type is irrelevant."""


class OwnerReference(Element):
    """Whose a resource is."""

    reference: str = ""


class Irrelevant(Element, tag_field="resourceType"):
    """A resource that means nothing to us; only its owner is read, so that no two patients are mixed."""

    id: str = ""
    subject: OwnerReference | None = None
    patient: OwnerReference | None = None


IRRELEVANT: tuple[type[msgspec.Struct], ...] = tuple(
    msgspec.defstruct(name, [], bases=(Irrelevant,), tag=name, rename="camel", gc=False)
    for name in (
        "AdverseEvent",
        "Appointment",
        "CareTeam",
        "Claim",
        "ClinicalImpression",
        "Communication",
        "Composition",
        "Coverage",
        "DetectedIssue",
        "DiagnosticReport",
        "DocumentReference",
        "EpisodeOfCare",
        "ExplanationOfBenefit",
        "FamilyMemberHistory",
        "Flag",
        "ImagingStudy",
        "Immunization",
        "Location",
        "NutritionOrder",
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Provenance",
        "RelatedPerson",
        "RiskAssessment",
        "Specimen",
        "SupplyDelivery",
        "Task",
    )
)
"""Frequent types among the irrelevant ones; the others take a slower way to the same result."""
