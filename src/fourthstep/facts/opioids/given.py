"""What was given: was it scheduled, or as needed?

FHIR's administration does not say so itself; its order does.  A dose belongs to the order that it was given on
(`request`), else to the orders and statements of the same product, where all of them say the same.  What the record
does not tell stays unknown.

Source: project dossier, pharmacology 1.8.
"""

from collections.abc import Iterable, Sequence

from fourthstep.events.event import Dose, Event
from fourthstep.facts.opioids.convert import route_of
from fourthstep.ground.truth import Truth, truth


class Orders:
    """The orders and statements of opioids, by reference and by opioid."""

    def __init__(self, opioids: Iterable[tuple[Event, str]]) -> None:
        self._by_ref: dict[tuple[str, str], Event] = {}
        self._by_opioid: dict[str, list[Event]] = {}
        for event, name in opioids:
            if event.drug is not None and event.drug.source in ("order", "statement"):
                self._by_ref[event.ref, name] = event
                if event.current is not False:
                    self._by_opioid.setdefault(name, []).append(event)

    def as_needed(self, event: Event, name: str) -> Truth:
        """Was this administration a dose as needed?  What flows, or sits on the skin, is scheduled.

        The demand doses of a pump count like what is scheduled: what was recorded replaces what the pump allows.
        """
        drug = event.drug
        assert drug is not None
        if any(dose.rate is not None or route_of(dose, drug)[0] == "transdermal" for dose in drug.doses):
            return Truth.FALSE
        own = self._by_ref.get((drug.order, name))
        kinds = {_kind(each) for each in ([own] if own is not None else self._of_product(event, name))}
        return kinds.pop() if len(kinds) == 1 else Truth.UNKNOWN

    def _of_product(self, event: Event, name: str) -> list[Event]:
        """Entries of the same product that hold; none where one of them may or may not be of it."""
        route = _route(event)
        same = [(same_product(event, route, each, _route(each)), each) for each in self._by_opioid.get(name, ())]
        if any(answer is Truth.UNKNOWN for answer, _ in same):
            return []
        return [each for answer, each in same if answer is Truth.TRUE]


def _kind(order: Event) -> Truth:
    """Is an order as needed?  Unknown where it does not say how often, or has dosages of both kinds."""
    assert order.drug is not None
    doses = order.drug.doses
    if is_pump(order) or (doses and all(_scheduled(dose) for dose in doses)):
        return Truth.FALSE
    return Truth.TRUE if doses and all(dose.as_needed for dose in doses) else Truth.UNKNOWN


def _scheduled(dose: Dose) -> bool:
    return not dose.as_needed and (dose.per_day is not None or dose.rate is not None)


def is_pump(order: Event) -> bool:
    """Patient-controlled analgesia: one order with a rate and with doses as needed."""
    assert order.drug is not None
    doses: Sequence[Dose] = order.drug.doses
    return any(dose.rate is not None for dose in doses) and any(dose.as_needed for dose in doses)


def same_product(left: Event, left_route: str, right: Event, right_route: str) -> Truth:
    """Whether two entries of one opioid are of one strength and route; unknown where one of them does not say."""
    assert left.drug is not None
    assert right.drug is not None
    if left_route and right_route and left_route != right_route:
        return Truth.FALSE
    one = (left.drug.strength, left.drug.strength_unit.lower())
    two = (right.drug.strength, right.drug.strength_unit.lower())
    if (one[0] is None) != (two[0] is None) or not left_route or not right_route:
        return Truth.UNKNOWN
    return truth(one == two)


def _route(event: Event) -> str:
    assert event.drug is not None
    return route_of(event.drug.doses[0] if event.drug.doses else None, event.drug)[0]
