"""Claims of control against the record: what is claimed, what references assess, and credit."""

from narrative.ledger.claims import control_claims, control_readings
from narrative.ledger.contradictions import contradicting_claims, contradicting_numbers
from narrative.ledger.credit import (
    Curve,
    build_ledger,
    default_rate,
    first_claims,
    open_credit,
    outstanding,
)
from narrative.ledger.gazetteer import Gazetteer, shipped_places, spelling_key
from narrative.ledger.quantities import quantities
from narrative.ledger.reading import ControlReading, read_control
from narrative.ledger.record import (
    check_assessments,
    from_changes,
    from_events,
    from_shares,
)

__all__ = [
    "ControlReading",
    "Curve",
    "Gazetteer",
    "build_ledger",
    "check_assessments",
    "contradicting_claims",
    "contradicting_numbers",
    "control_claims",
    "control_readings",
    "default_rate",
    "first_claims",
    "from_changes",
    "from_events",
    "from_shares",
    "open_credit",
    "outstanding",
    "quantities",
    "read_control",
    "shipped_places",
    "spelling_key",
]
