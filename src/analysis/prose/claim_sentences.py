"""The two sentences of each claim: what the data show, and what to say instead; their figures are facts.

They stand in data/claims.csv with the ids of facts in braces, `{trade.total.kotra.2014}`, and a style after a colon,
`{trade.growth.kotra.2015:abs}`. A fact is one that the claim reads or has near it. Where an edition does not have it,
the sentence is left out.
"""

from __future__ import annotations

import re

from ..claims.verdicts import Judged
from ..display import Reference, Sentence, say

PLACE = re.compile(r"\{([a-z0-9_.-]+)((?::\w+)?)\}")


def shows(judged: Judged) -> Sentence:
    """What the data show; empty where this edition lacks a fact of it."""
    return _filled(judged, judged.claim.shows)


def instead(judged: Judged) -> Sentence:
    """What to say instead; empty where this edition lacks a fact of it."""
    return _filled(judged, judged.claim.instead)


def places(text: str) -> list[str]:
    """The ids of the facts that a sentence of the table names."""
    return [match[1] for match in PLACE.finditer(text)]


def _filled(judged: Judged, text: str) -> Sentence:
    known = {fact.plain_id: fact for fact in (*judged.facts, *judged.nearest)}
    ids = list(dict.fromkeys(places(text)))
    if any(id not in known for id in ids):
        return say("")
    refs: dict[str, Reference] = {f"f{n}": known[id] for n, id in enumerate(ids)}
    return say(PLACE.sub(lambda match: f"{{f{ids.index(match[1])}{match[2]}}}", text), **refs)
