"""Framings, stance and the record in dated documents.

Each stage is a function from tables to tables; names load on first use, so that importing the
package is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from narrative.battle import adoption, contest
    from narrative.claims import extract_claims
    from narrative.codebook import read_codebook
    from narrative.corpus import read_corpus
    from narrative.encoder import embed
    from narrative.errors import InputError, NarrativeError
    from narrative.framings import fit_framings, guided_membership
    from narrative.ledger import build_ledger, control_claims
    from narrative.pipeline import run_study
    from narrative.schema import check_table
    from narrative.simulate import simulate_corpus
    from narrative.speakers import check_sources
    from narrative.stance import score_stance, with_place
    from narrative.study import read_study
    from narrative.timeline import estimate_timeline

_WHERE = {
    "InputError": "errors",
    "NarrativeError": "errors",
    "adoption": "battle",
    "build_ledger": "ledger",
    "check_sources": "speakers",
    "check_table": "schema",
    "contest": "battle",
    "control_claims": "ledger",
    "embed": "encoder",
    "estimate_timeline": "timeline",
    "extract_claims": "claims",
    "fit_framings": "framings",
    "guided_membership": "framings",
    "read_codebook": "codebook",
    "read_corpus": "corpus",
    "read_study": "study",
    "run_study": "pipeline",
    "score_stance": "stance",
    "simulate_corpus": "simulate",
    "with_place": "stance",
}

__all__ = [
    "InputError",
    "NarrativeError",
    "adoption",
    "build_ledger",
    "check_sources",
    "check_table",
    "contest",
    "control_claims",
    "embed",
    "estimate_timeline",
    "extract_claims",
    "fit_framings",
    "guided_membership",
    "read_codebook",
    "read_corpus",
    "read_study",
    "run_study",
    "score_stance",
    "simulate_corpus",
    "with_place",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'narrative' has no attribute {name!r}")
    return getattr(import_module(f"narrative.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
