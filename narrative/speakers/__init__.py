"""Mentions to canonical sources and their camp."""

from __future__ import annotations

from narrative.speakers.bodies import states_in, topic_of
from narrative.speakers.discourse import NOBODY, Discourse, Speaker
from narrative.speakers.index import SpeakerIndex
from narrative.speakers.joint import joint_end, joint_start
from narrative.speakers.names import before_preposition, name_key, normalise_mention
from narrative.speakers.register import ADDED, Register, registered, renamed
from narrative.speakers.roles import role_of
from narrative.speakers.table import check_sources, shipped_sources, used_sources, with_shipped

__all__ = [
    "ADDED",
    "NOBODY",
    "Discourse",
    "Register",
    "Speaker",
    "SpeakerIndex",
    "before_preposition",
    "check_sources",
    "joint_end",
    "joint_start",
    "name_key",
    "normalise_mention",
    "registered",
    "renamed",
    "role_of",
    "shipped_sources",
    "states_in",
    "topic_of",
    "used_sources",
    "with_shipped",
]
