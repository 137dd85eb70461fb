"""Sources that documents had to add, each under the id of the first document that named it.

Documents are read apart, so that one's claims are the same whatever stands beside it. What they
added is joined afterwards: two spellings of one person become one source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from narrative.schema import check_table
from narrative.speakers.discourse import NOBODY, Speaker
from narrative.speakers.names import person_key
from narrative.speakers.table import COLUMNS

# What ``claims_by_document`` notes of a source that a document added.
ADDED = ["doc_id", "source_id", "name", "kind", "camp"]
Renamed = dict[str, dict[str, str]]


@dataclass
class Register:
    """Sources that are not listed, over documents in their order.

    Parameters
    ----------
    added : dict of str to Speaker
        By id.
    """

    added: dict[str, Speaker] = field(default_factory=dict)
    _persons: dict[tuple[str, ...], str] = field(default_factory=dict)

    def enter(self, added: pd.DataFrame) -> None:
        """Enter what documents added.

        Parameters
        ----------
        added : DataFrame
            The columns ``ADDED``, documents in the order of their ids, each one's sources in the
            order in which it named them.
        """
        for source_id, name, kind, camp in added[ADDED[1:]].itertuples(index=False, name=None):
            key = _key(str(name), str(kind))
            if key and key in self._persons:
                continue
            speaker = Speaker(str(source_id), str(kind), str(camp), str(name))
            self.added.setdefault(speaker.source_id, speaker)
            if key:
                self._persons[key] = speaker.source_id

    def others(self, added: pd.DataFrame) -> Renamed:
        """Return, of sources that were entered, those that are called otherwise here.

        Returns
        -------
        dict of doc_id to dict of str to str
            The document's id of a source, and the one it has here.
        """
        out: Renamed = {}
        for doc_id, source_id, name, kind in added[ADDED[:4]].itertuples(index=False, name=None):
            mine = self._persons.get(_key(str(name), str(kind)), str(source_id))
            if mine != source_id:
                out.setdefault(str(doc_id), {})[str(source_id)] = mine
        return out

    def table(self, sources: pd.DataFrame) -> pd.DataFrame:
        """Return the ``sources`` table with those that were added."""
        return with_added(sources, self.added.values())


def registered(parts: Iterable[pd.DataFrame]) -> Register:
    """Return the register of what was added, from parts that hold documents in any order."""
    # Of one part only the first mention of each source can matter.
    firsts = [
        p.sort_values("doc_id", kind="stable").drop_duplicates(ADDED[1:]) for p in parts if len(p)
    ]
    register = Register()
    if firsts:
        register.enter(pd.concat(firsts, ignore_index=True).sort_values("doc_id", kind="stable"))
    return register


def _key(name: str, kind: str) -> tuple[str, ...]:
    """Return what two spellings of one person share; nothing for others than persons."""
    return person_key(name.split()) if kind == "person" else ()


def with_added(sources: pd.DataFrame, added: Iterable[Speaker]) -> pd.DataFrame:
    """Return the ``sources`` table with further sources, and the unknown one."""
    extra = pd.DataFrame(
        [(s.source_id, s.name, s.kind, s.camp, "") for s in (*added, NOBODY)], columns=COLUMNS
    )
    extra = extra[~extra["source_id"].isin(sources["source_id"])]
    return check_table(pd.concat([sources, extra], ignore_index=True), "sources")


def renamed(claims: pd.DataFrame, others: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """Return claims with the ids that ``Register.entered`` gave to their sources."""
    if not others:
        return claims
    ids, chains = [], []
    for doc_id, source_id, chain in zip(
        claims["doc_id"], claims["source_id"], claims["chain"], strict=True
    ):
        of = others.get(doc_id, {})
        ids.append(of.get(source_id, source_id))
        links = str(chain).split(">")
        chains.append(">".join(dict.fromkeys(of.get(s, s) for s in links)) if of else chain)
    return claims.assign(
        source_id=pd.array(ids, dtype="string"), chain=pd.array(chains, dtype="string")
    )
