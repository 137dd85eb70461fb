"""Who speaks for which framing in two real corpora, as counts by day, outlet and camp.

``ruwa``: titles of war news by outlets of both sides and the West, January to November 2022
(github.com/ninakhairova/dataset_RUWA; CC BY-NC-SA 4.0). ``state``: headlines of Russian state
sources, 2022 to mid-December 2025 (github.com/lobsterbush/kremlin-speeches). Each is run as a
study with the seeds' codebook as it stands: nothing was chosen on either. No text is kept; what is
written to ``seeds/battle`` is enough for ``e13_battle_corpora`` to run without the corpora.

    NARRATIVE_DATA=... python experiments/battle_data.py [ruwa] [state]
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pandas as pd
from common import HOME, RESULTS, SEEDS
from headlines import read_headlines
from tqdm import tqdm

from narrative.battle import claim_weights, first_adopters
from narrative.pipeline import run_study
from narrative.reporting import Silent
from narrative.stance import speaker_camps
from narrative.storage import read_table, write_text
from narrative.study import read_study

FACTS = SEEDS / "battle"
RUWA = "war/ruwa/RUWA_04.08.23.csv"
OUTLETS = {
    "ukrinform.net": "ukrainian", "censor.net": "ukrainian", "reuters.com": "western",
    "bbc.co.uk": "western", "www.msnbc.com": "western", "aljazeera.com": "independent",
    "rt.com": "russian", "tass.com": "russian", "en.news-front.info": "pro_russian",
    "rt": "russian", "tass": "russian", "1tv": "russian", "mod": "russian", "mfa": "russian",
    "kremlin.ru": "russian",
}  # fmt: skip
STUDY = """[study]
name = "{name}"
title = "{name}"
lang = "en"
[files]
documents = "documents.csv"
sources = "sources.csv"
codebook = "codebook.toml"
[framings]
discover = false
[timeline]
freq = "month"
"""


def ruwa() -> pd.DataFrame | None:
    """Return the dated titles of RUWA, None where they are not at hand."""
    path = Path(os.environ.get("NARRATIVE_DATA", "")) / RUWA
    if not os.environ.get("NARRATIVE_DATA") or not path.is_file():
        return None
    table = pd.read_csv(path)
    day = pd.to_datetime(table["Date"], format="%m/%d/%Y", errors="coerce")
    table = pd.DataFrame({"title": table["title"], "outlet": table["Site"], "day": day})
    table = table[table["title"].notna() & (table["day"] >= "2022-01-01")]
    return table.assign(day=table["day"].dt.strftime("%Y-%m-%d"))


def state() -> pd.DataFrame | None:
    """Return the dated headlines of Russian state sources, None where they are not at hand."""
    found = read_headlines()
    if found is None:
        return None
    found = found.rename(columns={"source": "outlet", "date": "day"})
    # "Kremlin" is the government's name, too.
    found["outlet"] = found["outlet"].replace("kremlin", "kremlin.ru")
    return found[["title", "outlet", "day"]]


CORPORA = {"ruwa": ruwa, "state": state}


def as_study(name: str, titles: pd.DataFrame) -> Path:
    """Write a corpus as a study's folder, each title once an outlet and day; return the folder."""
    folder = RESULTS / "battle" / name
    folder.mkdir(parents=True, exist_ok=True)
    titles = titles.assign(title=titles["title"].astype(str).str.strip())
    titles = titles[titles["title"] != ""].drop_duplicates()
    titles = titles.sort_values(["day", "outlet", "title"], kind="stable")
    documents = pd.DataFrame(
        {
            "doc_id": [f"{name}{i:06d}" for i in range(len(titles))],
            "text": titles["title"].tolist(),
            "published_at": titles["day"].tolist(),
            "outlet": titles["outlet"].tolist(),
        }
    )
    write_text(documents.to_csv(index=False), folder / "documents.csv")
    sources = pd.read_csv(SEEDS / "sources.csv", dtype="string", keep_default_na=False)
    outlets = pd.DataFrame(
        [{"source_id": o, "name": o, "kind": "outlet", "camp": c, "aliases": ""}
         for o, c in OUTLETS.items() if o in set(titles["outlet"])]
    )  # fmt: skip
    write_text(pd.concat([sources, outlets]).to_csv(index=False), folder / "sources.csv")
    write_text((SEEDS / "codebook.toml").read_text(encoding="utf-8"), folder / "codebook.toml")
    write_text(STUDY.format(name=name), folder / "study.toml")
    return folder


def counts(run: Path) -> pd.DataFrame:
    """Return claims by day, outlet, camp of the speaker and framing ("" for all claims).

    ``claims`` are those assigned to the framing; ``favor`` and ``against`` those that take a side
    on it; ``favor_once`` and ``favor_first`` as ``narrative.battle.claim_weights`` counts.
    """
    claims, documents = (read_table(run / f"{n}.parquet") for n in ("claims", "documents"))
    stances, assigned = (read_table(run / f"{n}.parquet") for n in ("stances", "assignments"))
    sources = read_table(run / "sources.parquet")
    place = documents.set_index("doc_id")[["published_at", "outlet"]]
    camp = speaker_camps(claims, sources)
    claims = claims.join(place, on="doc_id").assign(camp=camp)
    claims = claims.rename(columns={"published_at": "day"})
    for counted, column in (("copies once", "once"), ("first publisher", "first")):
        weight = claim_weights(claims, documents, counted)
        claims[column] = weight.reindex(claims["claim_id"]).to_numpy()
    keys = ["day", "outlet", "camp"]
    every = claims.groupby(keys).size().rename("claims").reset_index().assign(framing_id="")
    inside = assigned.merge(claims, on="claim_id")
    inside = inside[inside["framing_id"] != "-1"].groupby([*keys, "framing_id"]).size()
    # Headlines are far from what the scorer was trained on: outside its framing a stance is noise.
    sided = stances[stances["stance"] != 0].merge(assigned, on=["claim_id", "framing_id"])
    sided = sided.merge(claims, on="claim_id")
    favor = sided["stance"] == 1
    sided = sided.assign(
        favor=favor.astype(int), against=(~favor).astype(int),
        favor_once=sided["once"].where(favor, 0), favor_first=sided["first"].where(favor, 0),
    )  # fmt: skip
    columns = ["favor", "against", "favor_once", "favor_first"]
    sides = sided.groupby([*keys, "framing_id"])[columns].sum()
    both = sides.join(inside.rename("claims"), how="outer").fillna(0).reset_index()
    out = pd.concat([every, both], ignore_index=True).fillna(0)
    out[["claims", "favor", "against"]] = out[["claims", "favor", "against"]].astype(int)
    out[["favor_once", "favor_first"]] = out[["favor_once", "favor_first"]].round(4)
    order = [*keys, "framing_id"]
    return out[[*order, "claims", *columns]].sort_values(order).reset_index(drop=True)


def adopters(run: Path) -> pd.DataFrame:
    """Return the first favourable claim of each source outside a framing's camp, without text.

    As in ``counts``, only claims in the framing count for it.
    """
    claims, sources = (read_table(run / f"{n}.parquet") for n in ("claims", "sources"))
    stances, assigned = (read_table(run / f"{n}.parquet") for n in ("stances", "assignments"))
    inside = stances.merge(assigned[["claim_id", "framing_id"]], on=["claim_id", "framing_id"])
    return first_adopters(claims, inside, sources, HOME).drop(columns=["claim_id"])


class Bar(Silent):
    """Shows how far a run is."""

    def __init__(self) -> None:
        self.bar: tqdm | None = None

    def stage(self, name: str, kept: bool) -> None:
        if self.bar is not None:
            self.bar.close()
        self.bar = tqdm(desc=f"{name} (kept)" if kept else name)

    def progress(self, done: int, total: int) -> None:
        assert self.bar is not None  # a stage began
        self.bar.total = total
        self.bar.update(done - self.bar.n)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpora", nargs="*", choices=[*CORPORA, []], help="both by default")
    for name in parser.parse_args().corpora or CORPORA:
        titles = CORPORA[name]()
        if titles is None:
            raise SystemExit(f"Set NARRATIVE_DATA to the folder that holds {name}'s texts (above).")
        folder = as_study(name, titles)
        run = folder / "run"
        run_study(read_study(folder), run, reporter=Bar())
        found = counts(run)
        for table, part in ((found, ""), (adopters(run), "_adopters")):
            write_text(table.to_csv(index=False, lineterminator="\n"), FACTS / f"{name}{part}.csv")
        print(
            f"{name}: {len(titles)} titles, {found.loc[found['framing_id'] == '', 'claims'].sum()}"
        )
        print(found.groupby("framing_id")[["claims", "favor", "against"]].sum().to_string())


if __name__ == "__main__":
    main()
