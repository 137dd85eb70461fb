"""How the stance network learns: from how many claims, and of which kind.

Trains the network on shares of the written claims and without the claims cut from reports, mostly
with fewer epochs than the shipped one, and measures each on the claims of written documents and on
the families of behavioural tests, by the network alone. Nothing of it chooses anything, and no
weights of it are shipped. It takes an hour and a half on two cores with bfloat16; what was trained
is kept under ``results/learning``, so that a run goes on where it stopped. Not part of ``make
reproduce``: its figures stay in ``figures/scores.csv``.

    python experiments/learning_curve.py [--states 1] [--epochs 3] [--no-bf16]
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from common import MAIN, RESULTS, figure, record_scores
from stance_behaviour import behaviour
from stance_data import document_claims, written
from train_stance import StanceSettings, claims_hash, run
from training_loop import some

from narrative.adapter import Adapter, load_adapter
from narrative.agreement import macro_f1
from narrative.stance import StanceModel, stance_model
from narrative.stance.in_context import ClaimEncoder
from narrative.storage import sha256_text

FOLDER = RESULTS / "learning"
REPORTS = r"reports_|^documents"  # what is left out, as a pattern of file names
VARIANTS: dict[str, dict[str, object]] = {
    "an eighth": {"share": 0.125},
    "a quarter": {"share": 0.25},
    "half": {"share": 0.5},
    "all": {},
    # Three epochs of fewer claims are fewer steps, too: the same steps tell the two apart.
    "an eighth, as many steps": {"share": 0.125, "epochs": 24},
    "without claims cut from reports": {"without": REPORTS},
}
TESTS = ("actor swap flips", "negation flips or empties", "paraphrase keeps it")


def scored(adapter: Adapter, system: str) -> list[dict[str, object]]:
    """Return macro-F1 on written documents, in place and alone, and the pass rates."""
    documents = document_claims()
    documents = documents[documents["split"] == "dev"]
    encoder, out = ClaimEncoder(adapter), []
    for way, column in (("in place", "placed"), ("alone", "input")):
        vectors = encoder.encode(documents[column].tolist())
        for head in MAIN:
            y = documents[f"stance_{head}"].to_numpy(dtype=int)
            p = adapter.probabilities(vectors, head).argmax(axis=1) - 1
            out.append(
                figure(
                    "written documents",
                    way,
                    f"macro-F1: {head}",
                    system,
                    lambda at, y=y, p=p: macro_f1(y[at], p[at]),
                    documents["group"].tolist(),
                    "claims, interval by document",
                )
            )
    model = StanceModel(adapter, encoder, stance_model().pairs)
    mine = [r for r in behaviour(model, system) if r["system"] == system]
    return out + [r for r in mine if str(r["metric"]).endswith(TESTS)]


def measured(name: str, settings: StanceSettings) -> list[dict[str, object]]:
    """Train a variant unless it was, and return its figures with the number of its claims."""
    claims = some(written("train"), settings)
    # What was trained on other claims is not taken for this.
    out = FOLDER / f"{sha256_text(settings.fingerprint() + claims_hash(claims))[:16]}.safetensors"
    if not out.is_file():
        run(settings, out)
    given = f"{len(claims)} claims, {settings.epochs} epochs, state {settings.random_state}"
    return scored(load_adapter(out), f"{name}, {given}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--states", type=int, default=1, help="random states of each variant")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--bf16", action=argparse.BooleanOptionalAction, default=True)
    args = parser.parse_args()
    rows: list[dict[str, object]] = []
    for state in range(args.states):
        for name, changed in VARIANTS.items():
            settings = replace(
                StanceSettings(epochs=args.epochs, bf16=args.bf16, random_state=state), **changed
            )
            rows += measured(name, settings)
            record_scores("learning curve", rows, alone=False)
            print(name, [np.round(float(str(r["value"])), 3) for r in rows[-7:]], flush=True)


if __name__ == "__main__":
    main()
