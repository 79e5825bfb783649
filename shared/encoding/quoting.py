"""What text of others may stand in a playlist's quotes."""


def quotable(text: str) -> str:
    """A quoted-string holds no line break and no double quote (RFC 8216, 4.2)."""
    return "".join(character for character in text if character.isprintable() and character != '"').strip()
