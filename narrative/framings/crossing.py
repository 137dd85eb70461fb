"""One set of framings beside another: discovered and coded, our codebook and published schemes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import pandas as pd

from narrative.errors import InputError
from narrative.schema import NO_FRAMING

SCHEMES = ("semeval", "euvsdisinfo")


def crosswalk(found: Sequence[str], codebook: Sequence[str]) -> pd.DataFrame:
    """Return how the claims of each framing lie in those of another set.

    Parameters
    ----------
    found, codebook : sequence of str
        The framing of each claim in either set, of equal length.

    Returns
    -------
    DataFrame
        ``framing_id, codebook_id, n, share, purity``: claims of both and their share of the
        framing's, most first; `purity` is the largest share of a framing, in (0, 1].

    Raises
    ------
    InputError
        If the lengths differ or a value is missing.

    Examples
    --------
    >>> crosswalk(["a", "a", "a", "b"], ["x", "x", "y", "y"])
      framing_id codebook_id  n     share    purity
    0          a           x  2  0.666667  0.666667
    1          a           y  1  0.333333  0.666667
    2          b           y  1  1.000000  1.000000
    """
    both = _pairs(found, codebook)
    counts = both.groupby(["framing_id", "codebook_id"], sort=True).size().rename("n").reset_index()
    counts["share"] = counts["n"] / counts.groupby("framing_id")["n"].transform("sum")
    counts["purity"] = counts.groupby("framing_id")["share"].transform("max")
    order = counts.sort_values(
        ["framing_id", "n", "codebook_id"], ascending=[True, False, True], kind="stable"
    )
    return order.reset_index(drop=True)


def disagreeing(
    claim_ids: Sequence[str], found: Sequence[str], codebook: Sequence[str]
) -> pd.DataFrame:
    """Return the claims that the codebook puts elsewhere than most of their framing.

    Parameters
    ----------
    claim_ids, found, codebook : sequence of str
        Of equal length.

    Returns
    -------
    DataFrame
        ``claim_id, framing_id, codebook_id, most``: where the codebook puts the claim, and most of
        its framing.
    """
    both = _pairs(found, codebook)
    if len(claim_ids) != len(both):
        raise InputError(f"got {len(claim_ids)} claims and {len(both)} framings; expected as many.")
    both.insert(0, "claim_id", list(claim_ids))
    main = crosswalk(found, codebook).drop_duplicates("framing_id")
    most = dict(zip(main["framing_id"], main["codebook_id"], strict=True))
    both["most"] = both["framing_id"].map(most)
    apart = both[both["codebook_id"] != both["most"]]
    return apart.sort_values(["framing_id", "claim_id"], kind="stable").reset_index(drop=True)


def shipped_crosswalk(scheme: str | None = None) -> pd.DataFrame:
    """Return how published schemes relate to the shipped codebook.

    Parameters
    ----------
    scheme : {"semeval", "euvsdisinfo"}, optional
        The war taxonomy of SemEval-2025 Task 10 ("narrative / sub-narrative") or the keywords of
        EUvsDisinfo's cases, 2015 to 2021; both by default.

    Returns
    -------
    DataFrame
        ``scheme, label, relation, framing_id, stance, coders_agree, note``. `relation` is SKOS's
        mapping property from the label to our framing (``broadMatch``: ours is broader), "none"
        where nothing of ours fits; `stance` is that of the label's claims towards our proposition
        (−1, 0: no side, 1; "" without a framing). `coders_agree` is "no" where two codings differed
        before they were settled: two authors of the package chose the same framings for 49 of 49
        and 242 of 243 labels, and differed on relation or stance in 9 of 21 rows with a framing.

    Raises
    ------
    InputError
        If there is no such scheme.

    References
    ----------
    Piskorski et al. (2025). SemEval-2025 Task 10. EUvsDisinfo, https://euvsdisinfo.eu/.
    Miles and Bechhofer (2009). SKOS Reference, W3C.
    """
    if scheme is not None and scheme not in SCHEMES:
        raise InputError(f"scheme {scheme!r} is unknown; expected one of {', '.join(SCHEMES)}.")
    with (files("narrative") / "data/crosswalk.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype="string", keep_default_na=False)
    kept = table if scheme is None else table[table["scheme"] == scheme]
    return kept.reset_index(drop=True)


def _pairs(found: Sequence[str], codebook: Sequence[str]) -> pd.DataFrame:
    for name, labels in (("found", found), ("codebook", codebook)):
        if pd.isna(pd.Series(list(labels), dtype=object)).any():
            raise InputError(f"{name} has missing values; write {NO_FRAMING!r} for no framing.")
    if len(found) != len(codebook):
        raise InputError(
            f"got {len(found)} and {len(codebook)} framings; expected one each a claim."
        )
    return pd.DataFrame({"framing_id": list(found), "codebook_id": list(codebook)}, dtype="string")
