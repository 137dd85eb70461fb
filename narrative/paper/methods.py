"""A methods appendix from a run's manifest and tables: what was done, with which settings.

Its order is the checklist that reviewers of text-as-data work ask for (Grimmer and Stewart 2013):
corpus, unit, preprocessing, models, validation, uncertainty, limits. What only the authors can know
is marked as to be filled in.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from narrative.encoder import DEFAULT_MODEL
from narrative.figures.sheets import RunTables
from narrative.ledger.record import EVENTS
from narrative.measured import HEAD_OF_ROWS, MATERIAL, measured_rows
from narrative.paper.blocks import TO_FILL, Block, Cited, Grid, Section
from narrative.paper.corpus_facts import counted, span
from narrative.prefilter import told
from narrative.schema import NO_FRAMING, UNKNOWN
from narrative.stance import HEAD


def methods_sections(run: RunTables) -> list[Section]:
    """Return the sections of the methods appendix."""
    return [
        Section("Corpus", _corpus(run)),
        Section("Unit of analysis", _unit(run)),
        Section("Preprocessing", _preprocessing(run)),
        Section("Models: framings, stance, certainty", _models(run)),
        Section("Claims against the record", _ledger(run)),
        Section("Validation", _validation(run)),
        Section("Uncertainty", _uncertainty(run)),
        Section("Limits", _limits(run)),
        Section("Reproduction", _reproduction(run)),
    ]


def _corpus(run: RunTables) -> list[Block]:
    documents = run.table("documents")
    copies = documents["copy_group"].nunique()
    filtered = run.manifest.get("prefilter", {})
    discarded = [_PREFILTER] if filtered.get("discarded") else []
    discarded += [told(filtered)] if filtered else []
    return [
        f"{len(documents)} documents of {documents['outlet'].nunique()} outlets, published "
        f"{span(documents)}; languages: {counted(documents['lang'])}.",
        Cited(
            f"Near-duplicates were found by MinHash (Jaccard similarity of five-word shingles of "
            f"0.8 or more): {copies} groups of copies. A group counts as one document wherever an "
            "interval is given",
            ("broder1997resemblance",),
        ),
        *discarded,
        f"How the documents were chosen, and of which population they are a sample: {TO_FILL}.",
    ]


_PREFILTER = (
    "A sample drawn by a hash of the documents' ids was read in full. A linear model on words and "
    "word vectors learned from half of it which documents hold a claim of the codebook; the other "
    "half set the threshold below which documents were discarded (one-sided binomial limit)."
)


def _unit(run: RunTables) -> list[Block]:
    claims, sources = run.table("claims"), run.table("sources")
    unknown = int((claims["source_id"] == UNKNOWN).sum())
    camps = dict(zip(sources["source_id"], sources["camp"], strict=True))
    no_camp = int((claims["source_id"].map(camps).fillna(UNKNOWN) == UNKNOWN).sum())
    return [
        "The unit is the claim: a clause or sentence that somebody asserts, with who says it, "
        "through which outlet, when, in which voice, and about which time. Every claim is a span "
        "of its document's text.",
        f"{len(claims)} claims of {claims['source_id'].nunique()} sources; by voice: "
        f"{counted(claims['voice'])}. "
        f"{unknown} claims have a speaker that the text does not name or the rules did not find; "
        f"{no_camp} are of no known camp.",
    ]


def _preprocessing(run: RunTables) -> list[Block]:
    manifest, dates = run.manifest, run.table("claims")["said_precision"].value_counts()
    out: list[Block] = [
        "Page debris was deleted (menus, captions with a credit, link targets, repeated lines); "
        "nothing was rewritten. Words were not stemmed and no stop words left out; the encoder's "
        "vocabulary ignores case.",
    ]
    for lang, how in sorted(manifest.get("attribution", {}).items()):
        text = f"Claims in language {lang} were attributed by {how['method']}, with the reporting "
        text += f"verbs of {how['cues']}"
        reader = "reader" in how["method"]
        out.append(Cited(f"{text}; the reader was trained on PolNeAR", ("newell2018polnear",))
                   if reader else f"{text}.")  # fmt: skip
    if manifest.get("parser"):
        out.append(
            Cited(f"Syntax came from the pipeline {manifest['parser']}", ("honnibal2020spacy",))
        )
    precise = ", ".join(f"{k or 'none'} {n}" for k, n in dates.sort_index().items())
    shipped = "was" if manifest["study"]["shipped_sources"] else "was not"
    out += [
        f"Statements were dated by rules, to the precision of the text (claims by precision: "
        f"{precise}).",
        f"Mentions were resolved to the study's list of sources, which {shipped} extended by the "
        "list that ships with the package. Before models read a claim, names of actors and places "
        "were replaced by role and camp.",
    ]
    return out


def _models(run: RunTables) -> list[Block]:
    manifest, framings = run.manifest, run.table("framings")
    study, assigned = manifest["study"], run.table("assignments")
    settings = study["framings"]
    book, new = ((framings["origin"] == o).sum() for o in ("codebook", "discovered"))
    none = int((assigned["framing_id"] == NO_FRAMING).sum())
    model = study["encoder"]["model"]
    pinned = " (pinned)" if model == DEFAULT_MODEL else ""
    out: list[Block] = [
        Cited(f"Framings are found in vectors of {model}{pinned}; stance and "
              f"certainty rest on {DEFAULT_MODEL}, a sentence encoder, fine-tuned",
              ("reimers2019sbert", "wang2020minilm")),
        f"{book} framings are of the study's codebook; a claim belongs to the one "
        f"of its greatest membership, from {settings['min_membership']:g} on. {none} claims "
        "belong to no framing.",
    ]  # fmt: skip
    if settings["discover"]:
        found = (
            f"What the codebook leaves over was grouped by average linkage of cosine distances "
            f"(threshold {settings['distance_threshold']:g}, at least "
            f"{settings['min_cluster_size']} distinct claims): {new} discovered framings"
        )
        out.append(Cited(found, ("sokal1958upgma",)))
    if framings["stability"].notna().any():
        out.append(
            Cited(
                "Each discovered framing carries a certificate: the mean Jaccard similarity with "
                f"its best match over {settings['n_boot']} repetitions on resampled documents or "
                "sentences; below 0.6 it is called unstable, below 0.75 doubtful",
                ("hennig2007stability",),
            )
        )
    how = manifest.get("stance_methods", {})
    if how:
        labels = dict(zip(framings["framing_id"], framings["label"], strict=True))
        rows = [(labels.get(f, f), method) for f, method in sorted(how.items())]
        out += [
            "Stance is the probability that a claim is for, against or neither towards each "
            "framing's proposition. Scored by:",
            Grid(("Framing", "Scored by"), rows, "What scored each framing.",
                 "tab:narrative-scored"),
        ]  # fmt: skip
    out.append("How certain a claim says its event is was scored by a trained head, apart from "
               "stance.")  # fmt: skip
    return out


def _ledger(run: RunTables) -> list[Block]:
    control, references = run.table("control"), run.table("references")
    if control.empty:
        return ["No claim of control over a place was found."]
    rows = [
        (r["reference"], r["title"], f"{r['lag_days']:g}", r["until"] or "–", r["bias"] or "–")
        for r in references.to_dict("records")
    ]
    of_events = " The study's dated events are one more reference." * (
        EVENTS in set(run.table("assessments")["reference"])
    )
    return [
        f"{len(control)} claims that a side holds, encircles or contests a place were read by "
        "rules over English text, and those of holding it set against every reference that "
        f"assesses the place. References are set beside each other, never averaged.{of_events}",
        Grid(("Reference", "What it is", "Lag (days)", "Until", "Bias"), rows,
             "References, as the study describes them.", "tab:narrative-references"),
    ]  # fmt: skip


def _validation(run: RunTables) -> list[Block]:
    out: list[Block] = [
        "What the package measured of the steps taken here, on its own hand-coded material and not "
        "on this corpus. The five documents are one battle and mostly one essay: figures on them "
        "hold for no other corpus.",
        Grid(
            HEAD_OF_ROWS,
            measured_rows(run.manifest, run.table("framings")),
            "What the package measured of the steps of this run, on material coded by hand, "
            f"{MATERIAL}",
            "tab:narrative-error",
        ),
    ]
    others = sorted(f for f, m in run.manifest.get("stance_methods", {}).items()
                    if not m.startswith(HEAD))  # fmt: skip
    if others:
        out.append(
            f"For {', '.join(others)} nothing was measured: a model that reads any proposition "
            "scored them; its figures above are for the propositions that ship."
        )
    out.append(
        "Validation on this corpus (claims drawn at random and coded by hand, by whom, agreement "
        f"between coders, precision and recall by variable, n): {TO_FILL}."
    )
    return out


def _uncertainty(run: RunTables) -> list[Block]:
    settings, timeline = run.timeline, run.table("timeline")
    if timeline.empty:
        return ["No claim is dated as precisely as the timeline asks for; it is empty."]
    have = int(timeline["stance_low"].notna().sum())
    points = int(timeline["stance"].notna().sum())
    level = f"{100 * settings.level:g} percent intervals"
    if settings.interval == "clustered":
        how = Cited(
            f"{level} of prevalence and stance are Jeffreys' interval with the effective number "
            "of documents, whose variance comes from documents (copies once)",
            ("brown2001interval", "korn1998interval", "franco2019comparative"),
        )
    else:
        how = Cited(
            f"{level} of prevalence and stance are percentiles of {settings.n_boot} samples of "
            "documents (copies once)",
            ("field2007bootstrap",),
        )
    return [
        how,
        f"Cells of a source, framing and {settings.freq} with fewer than {settings.min_docs} "
        f"documents get no interval: {have} of {points} stance cells have one.",
        "Intervals cover the choice of documents alone. They do not cover the error of models and "
        "rules, nor how the corpus was chosen.",
    ]


def _limits(run: RunTables) -> list[Block]:
    documents = run.table("documents")
    foreign = sorted({str(v) for v in documents["lang"]} - {"en"})
    limits = [
        "Claims, speakers and dates are found by a trained reader and rules, and many are wrong; "
        "counts are of what was found.",
        "The shipped stance models were trained on claims about the war in Ukraine in English; "
        "on other contests they are a first look at best.",
        "Camps are those of the study's list; who is in none is left out of comparisons by camp.",
        "Shares and balances describe these documents; they speak of a wider press only if the "
        "documents are a sample of it.",
    ]
    if foreign:
        limits.append(f"Text in {', '.join(foreign)} is read by rules where they exist, and by "
                      "models trained on English.")  # fmt: skip
    return [limits, f"Further limits of this study: {TO_FILL}."]


def _reproduction(run: RunTables) -> list[Block]:
    manifest = run.manifest
    made = [*sorted(manifest.get("packages", {}).items())]
    hashes = [
        *((f"weights: {k}", v) for k, v in sorted(manifest.get("weights", {}).items())),
        *((f"input: {k}", v) for k, v in sorted(manifest.get("inputs", {}).items())),
        *((f"table: {k}", v) for k, v in sorted(manifest.get("tables", {}).items())),
        ("code", manifest.get("code", "")),
    ]
    return [
        f"The run is deterministic (random state {manifest['random_state']}): the same inputs, "
        "code, weights and package versions give the same tables, and narrative verify names what "
        "differs. Every setting:",
        Grid(("Setting", "Value"), _settings(manifest["study"]), "Settings of the study.",
             "tab:narrative-settings"),
        Grid(("Package", "Version"), made, "Versions.", "tab:narrative-versions"),
        Grid(("File", "First 16 digits of its sha256 or fingerprint"),
             [(k, str(v)[:16]) for k, v in hashes if v], "What the run read and wrote.",
             "tab:narrative-hashes"),
    ]  # fmt: skip


def _settings(study: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    for key, value in sorted(study.items()):
        if isinstance(value, dict):
            out += _settings(value, f"{prefix}{key}.")
        elif value != "" and not pd.isna(value):
            out.append((f"{prefix}{key}", str(value)))
    return out
