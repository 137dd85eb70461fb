"""A study to fill in."""

from __future__ import annotations

from pathlib import Path

from narrative.errors import InputError
from narrative.storage import write_text

_FILES = {
    "study.toml": """\
[study]
name = "my-study"
title = "What this study is about"
random_state = 0
lang = "en"
shipped_sources = true        # know widely quoted sources that sources.csv does not list
attribution = "auto"          # or "rules": no trained reader
# parser = "spacy:en_core_web_sm"   # your own spaCy pipeline parses, instead of the reader

[files]                       # all beside this file; only documents is required
documents = "documents.csv"
sources = "sources.csv"
places = "places.csv"
events = "events.csv"
# references = "references.csv"    # who assesses control, with lag and bias
# assessments = "assessments.csv"  # what they assess: shares by place and day
codebook = "codebook.toml"

# [prefilter]                 # of a large corpus, discard unread what is not about the codebook
# sample = 4000               # documents drawn at random that are read, to learn that from
# recall = 0.99               # share to keep of what is about it, with a confidence = 0.9

[framings]
min_membership = 0.30         # below this a claim belongs to no framing
discover = true
min_cluster_size = 5          # fewest distinct claims of a discovered framing
distance_threshold = 0.6      # mean cosine distance from which discovered framings stay apart
stance_weight = 1.0           # what the sides taken weigh in discovery beside the topic

# [stance]
# model = "/folder/of/a/model"  # a larger model for natural language inference scores stance

[timeline]
freq = "month"                # day | week | month | year
interval = "clustered"        # or "bootstrap", with n_boot = 1000
min_docs = 3                  # fewer documents: no interval
""",
    "documents.csv": """\
doc_id,outlet,published_at,text,path,author,title,url,lang
example-1,Example Daily,2025-12-12,"The ministry said on Thursday that its troops had entered \
the town. Residents denied it.",,,,,en
""",
    "sources.csv": """\
source_id,name,kind,camp,aliases
example_daily,Example Daily,outlet,unknown,The Daily
example_ministry,Ministry of Defence,organisation,unknown,the ministry|MoD
""",
    "places.csv": "place_id,name,aliases\nexampletown,Exampletown,Old Name|Other Spelling\n",
    "events.csv": "event_id,date,precision,label,place_id,assessed_status,kind,doc_id,sentence\n",
    "codebook.toml": """\
# One [[framing]] for each story of the contest.
[[framing]]
framing_id = "advance"
label = "The army advances"
definition = "Gains and control here and now."
proposition = "The army is advancing and taking its objectives."
counter = "The army is not advancing and fails to take its objectives."
favor = ["The town is now under the army's control.", \
"Assault groups entered the northern districts."]
against = ["The assault was thrown back.", "The army does not control a single street."]
""",
}


def write_template(folder: Path) -> None:
    """Write the files of an example study that runs as it is.

    Raises
    ------
    InputError
        If one of the files is there already; nothing is overwritten.
    """
    taken = [name for name in _FILES if (folder / name).exists()]
    if taken:
        raise InputError(f"{folder}: {', '.join(taken)} already there; choose an empty folder.")
    for name, text in _FILES.items():
        write_text(text, folder / name)
