"""Characters of Word's symbol fonts, which are drawings at the places of other letters."""

from __future__ import annotations

# The box with a cross, the box with a tick and the empty box, as fonts and people know them.
_USUAL = str.maketrans(
    {"\U0001f5f9": "☑", "\U0001f5f7": "☒", "\U0001f78e": "☐", "\U0001f5f8": "✓", "\U0001f5f4": "✗"}
)
_FONTS = {
    name.lower(): name for name in ("Symbol", "Wingdings", "Wingdings 2", "Wingdings 3", "Webdings")
}
_PRIVATE = 0xF000  # Word stores the fonts' characters from here on
_UNKNOWN = "\N{BULLET}"


def is_symbol_font(font: str | None) -> bool:
    """Whether letters of a font are drawings."""
    return font is not None and font.strip().lower() in _FONTS


def symbol(font: str, code: int) -> str:
    """The Unicode character for a place in a symbol font; a bullet where there is none.

    The tables are those of mammoth, a library that turns Word into HTML.
    """
    from mammoth.docx.dingbats import dingbats

    place = code - _PRIVATE if _PRIVATE <= code < _PRIVATE + 256 else code
    name = _FONTS.get(font.strip().lower())
    if name is None:
        # Another font's own character: readable unless it stands in the private area.
        return chr(code) if 0x20 <= code < 0xD800 else _UNKNOWN
    known = dingbats.get((name, place))
    return chr(known).translate(_USUAL) if known else _UNKNOWN


def in_symbol_font(text: str, font: str) -> str:
    """Text that is set in a symbol font."""
    return "".join(
        character
        if character.isspace()
        else symbol(font, ord(character))
        if ord(character) < 0x100 or _PRIVATE <= ord(character) < _PRIVATE + 256
        else character
        for character in text
    )
