"""The reader's network: the pinned encoder, fine-tuned, with light heads on its word vectors.

One pass serves all heads: attribution tags (source, cue, content) with a linear-chain CRF
(Lafferty et al. 2001), links from spans to cues, antecedents from word to word (Dobrovolskii, EMNLP
2021), part of speech, named entities, and a biaffine dependency parser (Dozat & Manning, ICLR
2017). Each head family reads its own weighted mix of the encoder's layers.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from narrative.reader.labels import ENTITY_TAGS, POS, RELATIONS, TAGS
from narrative.reader.pieces import N_BREAKS, N_CASES, N_QUOTES

VIEWS = ("attribution", "syntax")
N_DISTANCES = 14


def with_one(x: Tensor) -> Tensor:
    """Return vectors with a 1 after the last of their numbers, which a bias is multiplied by."""
    return torch.cat([x, x.new_ones(*x.shape[:-1], 1)], -1)


class Biaffine(nn.Module):
    """Scores every pair of vectors with a bilinear form and biases, for each label."""

    def __init__(self, dims: int, labels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(labels, dims + 1, dims + 1))

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        """Return scores, shape (batch, labels, n_left, n_right)."""
        return torch.einsum("bxi,lij,byj->blxy", with_one(left), self.weight, with_one(right))

    def halfway(self, left: Tensor) -> Tensor:
        """Return what gives the only label's scores when multiplied by the right, with their 1."""
        return with_one(left) @ self.weight[0]

    def paired(self, left: Tensor, right: Tensor) -> Tensor:
        """Return scores of aligned pairs, shape (n, labels)."""
        return torch.einsum("ni,lij,nj->nl", with_one(left), self.weight, with_one(right))


class Project(nn.Sequential):
    """Linear, GELU, dropout."""

    def __init__(self, dims_in: int, dims_out: int, dropout: float) -> None:
        super().__init__(nn.Linear(dims_in, dims_out), nn.GELU(), nn.Dropout(dropout))


class Heads(nn.Module):
    """All but the encoder.

    Parameters
    ----------
    d : int
        Dimensions of the encoder's vectors.
    layers : int
        Of the encoder, with its embeddings.
    dropout : float
    """

    def __init__(self, d: int, layers: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.case = nn.Embedding(N_CASES, d)
        self.quote = nn.Embedding(N_QUOTES, d)
        self.brk = nn.Embedding(N_BREAKS, d)
        for table in (self.case, self.quote, self.brk):
            nn.init.zeros_(table.weight)
        self.mix = nn.Parameter(torch.zeros(len(VIEWS), layers))
        with torch.no_grad():
            self.mix[:, -1] = 2.0
        self.drop = nn.Dropout(dropout)
        self.tag = nn.Sequential(Project(d, 192, dropout), nn.Linear(192, len(TAGS)))
        self.transition = nn.Parameter(torch.zeros(len(TAGS), len(TAGS)))
        self.link_span = Project(2 * d, 128, dropout)
        self.link_cue = Project(2 * d, 128, dropout)
        self.link = Biaffine(128, 1)
        self.link_distance = nn.Embedding(2 * N_DISTANCES, 1)
        self.mention = Project(d, 128, dropout)
        self.earlier = Project(d, 128, dropout)
        self.antecedent = Biaffine(128, 1)
        self.antecedent_distance = nn.Embedding(N_DISTANCES, 1)
        self.new_mention = nn.Parameter(torch.zeros(d))
        self.pos = nn.Linear(d, len(POS))
        self.entity = nn.Linear(d, len(ENTITY_TAGS))
        self.arc_dependent = Project(d, 192, dropout)
        self.arc_head = Project(d, 192, dropout)
        self.arc = Biaffine(192, 1)
        self.root = nn.Parameter(torch.zeros(d))
        self.rel_dependent = Project(d, 64, dropout)
        self.rel_head = Project(d, 64, dropout)
        self.rel = Biaffine(64, len(RELATIONS))

    def links(self, spans: Tensor, cues: Tensor, distance: Tensor) -> Tensor:
        """Return scores of spans with cues, shape (n_spans, n_cues).

        Parameters
        ----------
        spans, cues : Tensor, shape (n, 2 * dims)
            Vectors of the first and last word.
        distance : Tensor of int, shape (n_spans, n_cues)
            From ``distance_bucket``.
        """
        scores = self.link(self.link_span(spans)[None], self.link_cue(cues)[None])[0, 0]
        total: Tensor = scores + self.link_distance(distance)[..., 0]
        return total

    def antecedents(self, words: Tensor, at: Tensor) -> Tensor:
        """Return scores of what words of one window take up, shape (n, 1 + n_words).

        Column 0 stands for nothing before; words that are not before the mention score far below.

        Parameters
        ----------
        words : Tensor, shape (n_words, dims)
        at : Tensor of int, shape (n,)
            Places of the mentions' heads.
        """
        before = self.earlier(torch.cat([self.new_mention[None], words]))
        scores: Tensor = self.antecedent(self.mention(words[at])[None], before[None])[0, 0]
        near = self.nearness(at[:, None] - torch.arange(len(words))[None])
        return scores + nn.functional.pad(near, (1, 0))

    def nearness(self, gap: Tensor) -> Tensor:
        """Return what distances in words say of an antecedent; it is never at or after its word."""
        near: Tensor = self.antecedent_distance(distance_bucket(gap.clamp(min=0)))[..., 0]
        return near.masked_fill(gap <= 0, -1e4)


class Network(Heads):
    """Encoder and heads, for training.

    Parameters
    ----------
    bert : transformers.BertModel
        The pinned encoder; changed in place by training.
    dropout : float
        In the heads.
    """

    def __init__(self, bert: Any, dropout: float = 0.2) -> None:
        layers = int(bert.config.num_hidden_layers) + 1
        super().__init__(int(bert.config.hidden_size), layers, dropout)
        self.bert = bert

    def encode(self, ids: Tensor, mask: Tensor, features: Tensor, first: Tensor) -> Tensor:
        """Return word vectors, shape (views, batch, n_words, dims).

        Parameters
        ----------
        ids, mask : Tensor, shape (batch, n_pieces)
        features : Tensor, shape (3, batch, n_pieces)
            Case, quotation and break of the word that each piece belongs to; 0 at special tokens.
        first : Tensor, shape (batch, n_words)
            First piece of each word; 0 where a row has fewer words.
        """
        embedded = self.bert.embeddings.word_embeddings(ids)
        embedded = (
            embedded + self.case(features[0]) + self.quote(features[1]) + self.brk(features[2])
        )
        states = self.bert(
            inputs_embeds=embedded, attention_mask=mask, output_hidden_states=True
        ).hidden_states
        at = first.unsqueeze(-1).expand(-1, -1, embedded.shape[-1])
        words = torch.stack([s.gather(1, at) for s in states])
        return torch.einsum("vl,lbwd->vbwd", self.mix.softmax(-1), words)

    def arcs(self, syntax: Tensor) -> Tensor:
        """Return head scores, shape (batch, n_words, 1 + n_words); column 0 is the root."""
        root = self.root.expand(syntax.shape[0], 1, -1)
        heads = self.arc_head(torch.cat([root, syntax], 1))
        scores: Tensor = self.arc(self.arc_dependent(syntax), heads)
        return scores[:, 0]

    def relations(self, dependents: Tensor, heads: Tensor) -> Tensor:
        """Return relation scores of (dependent, head) vectors, shape (n, n_relations)."""
        scores: Tensor = self.rel.paired(self.rel_dependent(dependents), self.rel_head(heads))
        return scores


def distance_bucket(gap: Tensor) -> Tensor:
    """Return buckets of signed word distances: exact to 4, then by powers of two.

    Examples
    --------
    >>> distance_bucket(torch.tensor([0, 1, -1, 40])).tolist()
    [0, 1, 15, 8]
    """
    size = gap.abs()
    log = 3 + torch.log2(size.clamp(min=1).float() / 2).floor().long().clamp(
        min=1, max=N_DISTANCES - 5
    )
    bucket = torch.where(size <= 3, size, log)
    return bucket + N_DISTANCES * (gap < 0).long()


def crf_loss(emissions: Tensor, tags: Tensor, mask: Tensor, transition: Tensor) -> Tensor:
    """Return the mean negative log-likelihood a word of tag sequences.

    Parameters
    ----------
    emissions : Tensor, shape (batch, n, n_tags)
    tags : Tensor of int, shape (batch, n)
    mask : Tensor of bool, shape (batch, n)
        True for a prefix of each row.
    transition : Tensor, shape (n_tags, n_tags)
        Score of going from row to column.
    """
    gold = emissions.gather(2, tags.unsqueeze(-1))[..., 0] * mask
    moves = transition[tags[:, :-1], tags[:, 1:]] * mask[:, 1:]
    total = emissions[:, 0]
    for t in range(1, emissions.shape[1]):
        step = torch.logsumexp(total.unsqueeze(2) + transition, 1) + emissions[:, t]
        total = torch.where(mask[:, t, None], step, total)
    score = gold.sum() + moves.sum()
    return (torch.logsumexp(total, 1).sum() - score) / mask.sum()
