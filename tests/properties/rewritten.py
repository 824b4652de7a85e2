"""Example records, written again in another way that means the same."""

import json
import random
import re
from copy import deepcopy

from tests.examples.test_examples import EXAMPLES

YEARS = 400
DAYS = 146_097
"""400 years: the calendar repeats, so weekdays and leap days stay where they are."""
_DATE = re.compile(r"^\d{4}(-\d{2}(-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?)?)?$")
_NOT_A_DATE = ("code", "value", "system", "id", "reference", "linkId", "versionId", "url", "text", "display")
_UNITS = {
    "10*3/uL": ("10*9/L", 1),
    "g/dL": ("g/L", 10),
    "mg": ("ug", 1000),
    "cm": ("m", 0.01),
    "kg": ("g", 1000),
}


def source(name):
    """The example as it lies in its file."""
    return json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def resources(name):
    """The example's resources alone, for a shape without an envelope."""
    data = source(name)
    return data if isinstance(data, list) else [entry["resource"] for entry in data["entry"]]


def walk(node, change, key=""):
    """Every part of a JSON document, changed where `change(key, part)` gives something else."""
    if isinstance(node, dict):
        node = {name: walk(part, change, name) for name, part in node.items()}
    elif isinstance(node, list):
        node = [walk(part, change, key) for part in node]
    return change(key, node)


def shuffled(data, seed):
    """The same resources in another order; the first entry of a document stays the first."""
    data = deepcopy(data)
    entries = data if isinstance(data, list) else data["entry"]
    first = entries[:1] if isinstance(data, dict) and data.get("type") == "document" else []
    rest = entries[len(first) :]
    random.Random(seed).shuffle(rest)
    entries[:] = first + rest
    return data


def twice(data):
    """Every entry but the patient and the head of a document a second time."""
    data = deepcopy(data)
    entries = data if isinstance(data, list) else data["entry"]
    entries += [
        deepcopy(each) for each in entries if each.get("resource", each)["resourceType"] not in ("Patient", "Composition")
    ]
    return data


def with_extras(data):
    """The same with entries that mean nothing to pain."""
    data = deepcopy(data)
    entries = data if isinstance(data, list) else data["entry"]
    extras = [
        {"resourceType": "Immunization", "id": "extra-1", "status": "completed"},
        {"resourceType": "Appointment", "id": "extra-2", "status": "booked"},
        {"resourceType": "Claim", "id": "extra-3", "status": "active"},
    ]
    entries += (
        extras if isinstance(data, list) else [{"resource": each, "fullUrl": f"urn:x:{each['id']}"} for each in extras]
    )
    return data


def renamed(data):
    """Every resource with another id, and every reference with it."""
    names = {}

    def collect(_key, node):
        if isinstance(node, dict) and "resourceType" in node and "id" in node:
            names[f"{node['resourceType']}/{node['id']}"] = f"{node['resourceType']}/n{len(names)}-{node['id'][::-1][:20]}"
        return node

    def rename(key, node):
        if key == "reference" and node in names:
            return names[node]
        if isinstance(node, dict) and "resourceType" in node and f"{node['resourceType']}/{node.get('id')}" in names:
            return node | {"id": names[f"{node['resourceType']}/{node['id']}"].partition("/")[2]}
        return node

    walk(data, collect)
    return walk(data, rename)


def later(data):
    """Every date 400 years later."""

    def shift(key, node):
        if isinstance(node, str) and key not in _NOT_A_DATE and _DATE.match(node):
            return f"{int(node[:4]) + YEARS}{node[4:]}"
        return node

    return walk(data, shift)


def converted(data):
    """Counts, masses and lengths in another unit of the same size."""

    def change(key, node):
        if isinstance(node, dict) and isinstance(node.get("code"), str) and node["code"] in _UNITS and "value" in node:
            unit, factor = _UNITS[node["code"]]
            return node | {"value": round(node["value"] * factor, 6), "code": unit, "unit": unit}
        return node

    return walk(data, change)


def words(result):
    """What an assessment says, without the references it says it with."""
    return (
        result.pathway.word,
        tuple(leg for leg in result.pathway.legs),
        tuple(
            (option.pain, option.id, option.word, option.timing, option.fit.word)
            for pain in result.pains
            for option in pain.options
        ),
        tuple((leg.id, leg.pain, leg.state) for leg in result.legs),
        tuple((flag.id, flag.truth) for flag in result.red_flags),
        str(result.opioids.range),
        result.antithrombotics,
        tuple(change.fact for change in result.changes),
        len(result.not_used),
        len(result.unrecognised),
    )
