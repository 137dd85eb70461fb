"""Which framings are in play, and which camp speaks about which."""

from __future__ import annotations

from common import record_scores, save, table

from narrative.figures.shares import camp_shares
from narrative.resampling import group_bootstrap
from narrative.schema import NO_FRAMING


def main() -> None:
    framings, assignments = table("framings"), table("assignments")
    claims, sources = table("claims"), table("sources")
    save(camp_shares(claims, assignments, framings, sources), "e02_shares")
    rows = claims.merge(assignments, on="claim_id")
    texts = dict(zip(claims["claim_id"], claims["text"], strict=True))
    shown = framings.drop(columns=["proposition", "counter", "exemplar_claim_ids"])
    shown["exemplar"] = [texts.get(e.split("|")[0], "") for e in framings["exemplar_claim_ids"]]
    save(shown, "e02_framings")
    brief = ["framing_id", "label", "n_claims", "stability", "certificate", "nearest"]
    print(shown[brief].to_string(index=False))
    none = (rows["framing_id"] == NO_FRAMING).to_numpy()
    groups = rows["doc_id"].tolist()
    low, high = group_bootstrap(groups, lambda at: float(none[at].mean()))
    discovered = framings[framings["origin"] == "discovered"]
    found = len(discovered)
    scores = [
        {
            "dataset": "seeds",
            "split": "all",
            "metric": "share of claims without framing",
            "system": "narrative",
            "value": none.mean(),
            "low": low,
            "high": high,
            "n": len(rows),
            "unit": "claims, interval by document",
        },
        {
            "dataset": "seeds",
            "split": "all",
            "metric": "framings discovered beyond the codebook",
            "system": "narrative",
            "value": found,
            "n": int(none.sum()),
            "unit": "framings",
        },
        {
            "dataset": "seeds",
            "split": "all",
            "metric": "of them certified as stable",
            "system": "narrative",
            "value": int((discovered["certificate"] == "stable").sum()),
            "n": found,
            "unit": "framings",
        },
    ]
    print(record_scores("e02", scores)[["metric", "value", "low", "high"]].to_string(index=False))


if __name__ == "__main__":
    main()
