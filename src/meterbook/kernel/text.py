"""Text people type and paste, brought to one form before anything reads it."""

_FULL_WIDTH = {0xFF01 + offset: 0x21 + offset for offset in range(0x5E)}
_SPACES = {0x3000: 0x20, 0x00A0: 0x20}
_TABLE = {**_FULL_WIDTH, **_SPACES}


def half_width(text: str) -> str:
    """Turn full-width letters, digits, signs and spaces into ASCII ones and strip the ends.

    Only the full-width forms of ASCII are touched: Arabic or superscript digits stay and are refused by
    whoever parses numbers. Call it where a person or a spreadsheet is the source, never on signed data.
    """
    return text.translate(_TABLE).strip()
