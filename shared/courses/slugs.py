"""Slugs: the readable part of an address, made from a title."""

import unicodedata
from collections.abc import Collection
from itertools import count

from slugify import slugify
from slugify.special import GERMAN

MAX_SLUG = 200
PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
# Room for the number behind a slug that is taken.
_MAX_BASE = MAX_SLUG - 10


def slug_of(title: str, *, otherwise: str) -> str:
    """The slug of a title in any script: Größe = groesse, Урок = urok. ``otherwise``: where no letter or digit is in
    it.
    """
    text = unicodedata.normalize("NFC", title)
    made = slugify(
        text, entities=False, decimal=False, hexadecimal=False, max_length=_MAX_BASE, word_boundary=True,
        replacements=GERMAN,
    )  # fmt: skip
    return made or otherwise


def shortened(slug: str) -> str:
    """The slug with room for a number behind it."""
    return slug[:_MAX_BASE].rstrip("-")


def first_free(base: str, taken: Collection[str]) -> str:
    """``base``, or ``base-2``, ``base-3`` …: the first that nobody has."""
    if base not in taken:
        return base
    return next(slug for number in count(2) if (slug := f"{base}-{number}") not in taken)
