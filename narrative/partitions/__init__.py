"""A run in parts: cut by documents, each part a file of its own, worked on here or by workers."""

from narrative.partitions.engine import (
    Engine,
    LocalEngine,
    Outcome,
    Partition,
    Work,
    engine_of,
)
from narrative.partitions.parts import PARTS, EngineError, Parts, in_parts
from narrative.partitions.plan import DOCUMENTS, Cut, Plan, plan_run
from narrative.partitions.skipped import Skipped, with_rows

__all__ = [
    "DOCUMENTS",
    "PARTS",
    "Cut",
    "Engine",
    "EngineError",
    "LocalEngine",
    "Outcome",
    "Partition",
    "Parts",
    "Plan",
    "Skipped",
    "Work",
    "engine_of",
    "in_parts",
    "plan_run",
    "with_rows",
]
