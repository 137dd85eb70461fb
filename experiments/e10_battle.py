"""Who carries which framing: adoption across camps, contest, and testimony against interest.

On the seeds: five documents chosen for one argument, none a copy of another. The tables say what
these texts hold; where fewer claims than ``MIN_CLAIMS`` speak there is no number. Intervals are
over documents and are wide.
"""

from __future__ import annotations

import pandas as pd
from common import HOME, record_scores, save, table

from narrative.battle import COUNTED, adoption, against_interest, contest, first_adopters
from narrative.figures.shares import MIN_CLAIMS, favour_by_side


def main() -> None:
    claims, stances, sources = table("claims"), table("stances"), table("sources")
    documents = table("documents")
    rows: list[dict[str, object]] = []
    parts = []
    for counted in COUNTED:
        found = adoption(
            claims, stances, sources, HOME,
            documents=documents, counted=counted, min_claims=MIN_CLAIMS,
        )  # fmt: skip
        parts.append(found.assign(counted=counted))
        rows += [
            {"dataset": "seeds", "split": counted, "metric": f"adoption: {r['framing_id']}",
             "system": "narrative", "value": r["adoption"], "low": r["adoption_low"],
             "high": r["adoption_high"], "n": round(r["n_favor"]),
             "unit": f"favourable claims, interval over {r['n_docs']} documents"}
            for r in found.dropna(subset=["adoption"]).to_dict("records")
        ]  # fmt: skip
    save(pd.concat(parts, ignore_index=True), "e10_adoption")
    both = contest(stances[stances["framing_id"].isin(HOME)], min_claims=MIN_CLAIMS)
    save(both, "e10_contest")
    rows += [
        {"dataset": "seeds", "split": "raw", "metric": f"contest: {r['framing_id']}",
         "system": "narrative", "value": r["contest"], "n": r["n_favor"] + r["n_against"],
         "unit": "claims that take a side"}
        for r in both.dropna(subset=["contest"]).to_dict("records")
    ]  # fmt: skip
    against = against_interest(
        claims, stances, sources, HOME, documents=documents, min_claims=MIN_CLAIMS
    )
    save(against, "e10_against_interest")
    rows += [
        {"dataset": "seeds", "split": "raw", "metric": "against interest",
         "system": r["source_id"], "value": r["against"], "low": r["against_low"],
         "high": r["against_high"], "n": r["n_sided"],
         "unit": f"claims that take a side, in {r['n_docs']} documents"}
        for r in against.dropna(subset=["against"]).to_dict("records")
    ]  # fmt: skip
    first = first_adopters(claims, stances, sources, HOME)
    save(first, "e10_first_adopters")
    raw = parts[0].drop(columns=["n_docs", "n_favor", "counted"])
    favour = favour_by_side(claims, stances, sources, HOME)
    save(favour.merge(raw, on="framing_id"), "e10_shares")
    print(pd.concat(parts).to_string(index=False))
    print(both.to_string(index=False), against.to_string(index=False), sep="\n")
    print(first.drop(columns="claim_id").to_string(index=False))
    record_scores("e10", rows)


if __name__ == "__main__":
    main()
