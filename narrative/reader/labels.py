"""The labels that the reader was trained on, in the order of its output units."""

ROLES = ("source", "cue", "content")
TAGS = ("O", *(f"{p}-{r}" for r in ROLES for p in ("B", "I")))
ENTITIES = ("PERSON", "ORGANIZATION", "LOCATION", "MISC")
ENTITY_TAGS = ("O", *(f"{p}-{e}" for e in ENTITIES for p in ("B", "I")))
# Penn Treebank tags, as CoreNLP gives them.
POS = (
    "#", "$", "''", ",", "-LRB-", "-RRB-", ".", ":", "CC", "CD", "DT", "EX", "FW", "IN", "JJ",
    "JJR", "JJS", "LS", "MD", "NN", "NNP", "NNPS", "NNS", "PDT", "POS", "PRP", "PRP$", "RB",
    "RBR", "RBS", "RP", "SYM", "TO", "UH", "VB", "VBD", "VBG", "VBN", "VBP", "VBZ", "WDT", "WP",
    "WP$", "WRB", "``",
)  # fmt: skip
NOMINAL = ("NN", "NNS", "NNP", "NNPS", "PRP", "PRP$")  # what can take up a mention
# Basic Stanford / Universal Dependencies v1; "part" ties a word to the first of its token ("'s").
RELATIONS = (
    "part", "acl", "acl:relcl", "advcl", "advmod", "amod", "appos", "aux", "auxpass", "case", "cc",
    "cc:preconj", "ccomp", "compound", "compound:prt", "conj", "cop", "csubj", "csubjpass", "dep",
    "det", "det:predet", "discourse", "dobj", "expl", "iobj", "mark", "mwe", "neg", "nmod",
    "nmod:npmod", "nmod:poss", "nmod:tmod", "nsubj", "nsubjpass", "nummod", "parataxis", "punct",
    "root", "xcomp",
)  # fmt: skip
