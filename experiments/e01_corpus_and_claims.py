"""What the five documents hold: claims by document, voice, speaker and camp, and their dates."""

from __future__ import annotations

from common import record_scores, save, table

from narrative.figures.shares import voices


def main() -> None:
    documents, claims, sources = table("documents"), table("claims"), table("sources")
    save(voices(claims, sources), "e01_voices")
    per_document = documents[
        ["doc_id", "outlet", "published_at", "published_precision", "title"]
    ].copy()
    per_document["n_words"] = documents["text"].str.split().str.len()
    counts = claims.groupby("doc_id").agg(
        n_claims=("claim_id", "size"),
        n_speakers=("source_id", "nunique"),
        share_author=("voice", lambda v: (v == "author").mean()),
    )
    per_document = per_document.merge(counts.round(4), on="doc_id", how="left")
    save(per_document, "e01_documents")
    print(per_document.drop(columns="title").to_string(index=False))
    dates = claims.groupby(["said_precision"]).size().rename("n_claims").reset_index()
    save(dates, "e01_dates")
    rows = [
        {
            "dataset": "seeds",
            "split": "all",
            "metric": m,
            "system": "narrative",
            "value": v,
            "n": len(claims),
            "unit": u,
        }
        for m, v, u in (
            ("claims", len(claims), "claims"),
            ("documents", len(documents), "documents"),
            ("speakers", claims["source_id"].nunique(), "sources"),
            (
                "share of claims with unknown speaker",
                (claims["source_id"] == "unknown").mean(),
                "share",
            ),
            (
                "share of claims in the author's voice",
                (claims["voice"] == "author").mean(),
                "share",
            ),
        )
    ]
    print(record_scores("e01", rows)[["metric", "value", "n"]].to_string(index=False))


if __name__ == "__main__":
    main()
