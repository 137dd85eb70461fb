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

    def entered(self, added: pd.DataFrame) -> Renamed:
        """Enter what documents added.

        Parameters
        ----------
        added : DataFrame
            The columns ``ADDED``, documents in the order of their ids, each one's sources in the
            order in which it named them.

        Returns
        -------
        dict of doc_id to dict of str to str
            Ids that are another's here, with that other.
        """
        out: Renamed = {}
        for doc_id, *row in added[ADDED].itertuples(index=False, name=None):
            source_id, name, kind, camp = map(str, row)
            mine = self._entered(Speaker(source_id, kind, camp, name))
            if mine != source_id:
                out.setdefault(str(doc_id), {})[source_id] = mine
        return out

    def _entered(self, speaker: Speaker) -> str:
        key = person_key(speaker.name.split()) if speaker.kind == "person" else ()
        if key and key in self._persons:
            return self._persons[key]
        self.added.setdefault(speaker.source_id, speaker)
        if key:
            self._persons[key] = speaker.source_id
        return speaker.source_id

    def table(self, sources: pd.DataFrame) -> pd.DataFrame:
        """Return the ``sources`` table with those that were added."""
        return with_added(sources, self.added.values())


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
