"""The worked examples of the dossier as FHIR resources; product codes from the project's own tables."""

from bedside import at_most, dosage, every, given, order, quantity, tablets

PATCH = quantity(1, "patch", "{patch}")
PCA = (
    dosage(rate=quantity(1, "mg/h", "mg/h"), route="IV"),
    dosage(quantity(1, "mg", "mg"), every(10, "min"), prn=True, route="IV"),
)

WORKED = {
    "W01": [order("891888", dosage(tablets(1), every(1, "d", 2)))],
    "W02": [order("1049621", dosage(None, every(4, periodMax=6), low=tablets(1), high=tablets(2), prn=True))],
    "W03": [
        order("1049563", dosage(tablets(1), every(12))),
        order("1049683", dosage(tablets(1), every(4), prn=True)),
    ],
    "W04": [order("857005", dosage(tablets(1), every(6)))],
    "W05": [order("856999", dosage(tablets(2), every(4), prn=True, maxDosePerPeriod=at_most(8, "tablet", 1, "d")))],
    "W06": [order("245134", dosage(PATCH, every(72)))],
    "W07": [order("197696", dosage(PATCH, every(48)))],
    "W08": [order("245136", dosage(PATCH, every(72))), order("245135", dosage(PATCH, every(72)))],
    "W09": [order("577057", dosage(quantity(2, "patch"), every(72)))],
    "W10": [order("897702", dosage(tablets(1), every(4)))],
    "W11": [
        order("902736", dosage(tablets(1), every(1, "d"))),
        order("897696", dosage(None, every(3), low=tablets(1), high=tablets(2), prn=True)),
    ],
    "W12": [order("864718", dosage(tablets(1), every(8)))],
    "W13": [order("864706", dosage(tablets(2), every(8)))],
    "W14": [order("892625", dosage(quantity(0.5, "mL", "mL"), every(4)))],
    "W15": [order("1049604", dosage(quantity(7.5, "mL", "mL"), every(6)))],
    "W16": [order("993755", dosage(quantity(15, "mL", "mL"), every(6)))],
    "W17": [order("835603", dosage(tablets(2), every(1, "d", 4)))],
    "W18": [order("1148803", dosage(tablets(1), every(12)))],
    "W19": [order("977902", dosage(tablets(1), every(12)))],
    "W20": [order("1728800", *PCA), given("1728800", quantity(22, "mg", "mg"), "2026-03-10T18:00:00-05:00")],
    "W21": [order("1728800", *PCA)],
    "W22": [order("897653", dosage(rate=quantity(0.4, "mg/h", "mg/h"), route="IV"))],
    "W23": [order("1735013", dosage(rate=quantity(50, "ug/h", "ug/h"), route="IV"))],
    "W24": [order("892531", dosage(rate=quantity(2.5, "mg/h", "mg/h"), route="SC"))],
    "W25": [
        order("904876", dosage(PATCH, every(1, "wk"))),
        order("892582", dosage(tablets(1), every(6), prn=True)),
    ],
    "W26": [order("1010604", dosage(quantity(1, "film", "{film}"), every(1, "d", 2)))],
    "W27": [order("668364", dosage(tablets(1), prn=True, maxDosePerPeriod=at_most(4, "tablet", 1, "d")))],
    "W28": [order("1049683", dosage(tablets(1), {"repeat": {"timeOfDay": ["08:00:00", "14:00:00", "20:00:00"]}}))],
    "W29": [
        order(
            "6813",
            dosage(quantity(2.5, "mg", "mg"), {"repeat": {"when": ["MORN"]}}, route="oral", sequence=1),
            dosage(quantity(5, "mg", "mg"), {"repeat": {"when": ["HS"]}}, route="oral", sequence=1),
        )
    ],
    "W30": [
        order("891881", dosage(tablets(1), every(8))),
        order("897696", dosage(tablets(1), every(6))),
        order("577057", dosage(PATCH, every(72))),
    ],
    "W31": [
        order(
            "1049683",
            dosage(tablets(1), every(6, boundsDuration=quantity(7, "d", "d")), sequence=1),
            dosage(tablets(0.5), every(6), sequence=2),
        )
    ],
    "W32": [order("1049221", dosage(quantity(1), every(6)))],
    "W33": [order("857005", {"asNeededBoolean": True})],
    "W34": [order("7052", dosage(quantity(10, "mg", "mg"), {"code": {"text": "q4h"}}, route="oral"))],
    "W35": [
        order("892531", dosage(quantity(2, "mg", "mg"), every(1, "d"), route="IT")),
        order("1049621", dosage(tablets(1), every(4), prn=True)),
    ],
    "W36": [order("861467", dosage(tablets(1), every(4)))],
    "W37": [order("637540", dosage(tablets(1), every(6)))],
    "W38": [
        order("891893", dosage(tablets(1), every(12)), status="stopped"),
        order("897702", dosage(tablets(1), every(6))),
    ],
}
