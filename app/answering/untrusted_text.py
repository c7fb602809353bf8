"""Keep what documents and people say from posing as a part of the prompt.

A prompt is text: `[2] Title` at the beginning of a line is another passage, `Question:` is what the
user asks. A passage that holds such a line is given with `> ` before it, as quoted text; all else stays
as it is, letter for letter, so that it can be quoted and looked up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from prompts.versions.version import PromptVersion

QUOTED = "> "
# Beginnings of lines that prompts and chat templates use for their own parts, in small letters.
LABELS = frozenset(
    "question questions passage passages source sources document documents context answer answers "
    "system user assistant human ai tool developer instruction instructions conversation history "
    "rule rules".split()
) | {"last question", "follow-up question", "new question", "standalone question"}
# The most letters before a label's colon.
LONGEST_LABEL = 40
_LINE_ENDS = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_MARKER = re.compile(r"[\W_]*\[\W*\d{1,4}\W*\]")
_LABEL = re.compile(rf"[\W_]*([a-z][\w -]{{0,{LONGEST_LABEL}}}?)[\s*_`]*:")
_RULE = re.compile(r"\s*(#{1,6}\s|-{3,}\s*$|={3,}\s*$|`{3,}|\"{3,})")
_TOKEN = re.compile(
    r"<(?=\s*\|)|<(?=\s*/?\s*(?:s|sys|bos|eos|start_of_turn|end_of_turn)\s*>)", re.I
)
_INST = re.compile(r"\[(?=\s*/?\s*(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_RESULTS)\s*\])", re.I)
_TAG = re.compile(r"</?\s*([A-Za-z][\w.-]*)[^<>]*>")
_TEMPLATE_LABEL = re.compile(r"(?m)^[\s*#-]*([A-Za-z][\w -]{0,40}?)[\s*_]*:")


class Quoting:
    """Quotes what stands in a place of one prompt version.

    Args:
        labels: beginnings of lines that are the prompt's own, in small letters.
        tags: names of tags that are the prompt's own, in small letters.
        fences: whether the prompt sets its parts apart by headings, lines or fences.
    """

    def __init__(self, labels: Iterable[str], tags: Iterable[str], fences: bool) -> None:
        self._labels = LABELS.union(labels)
        names = "|".join(sorted(map(re.escape, tags)))
        self._tag = re.compile(rf"<(?=\s*/?\s*(?:{names})\b)", re.I) if names else None
        self._fences = fences

    def text(self, text: str, *, first: bool = True) -> str:
        """A text of many lines.

        Args:
            first: whether its first line stands at the beginning of a line of the prompt.
        """
        text = self._inline(text)
        lines = _LINE_ENDS.split(text)
        ends = [*_LINE_ENDS.findall(text), ""]
        quoted: list[str] = []
        for number, (line, end) in enumerate(zip(lines, ends, strict=True)):
            if (number or first) and self._poses(line):
                # A rare line end before it would be none to a reader who knows only the usual one.
                if quoted and not quoted[-1].endswith("\n"):
                    quoted[-1] += "\n"
                line = QUOTED + line
            quoted.append(line + end)
        return "".join(quoted)

    def line(self, text: str) -> str:
        """A text that stands in one line, a title say; a marker in it is written with other brackets."""
        flat = self._inline(" ".join(text.split()))
        flat = "".join(c for c in flat if unicodedata.category(c) not in ("Cc", "Cf"))
        return re.sub(r"\[(\s*\d{1,4}\s*)\]", r"(\1)", flat)

    def _inline(self, text: str) -> str:
        """What ends a part of the prompt wherever it stands, written so that it does not."""
        if "<" in text:
            text = _TOKEN.sub("‹", text)
            if self._tag is not None:
                text = self._tag.sub("‹", text)
        return _INST.sub("(", text) if "[" in text else text

    def _poses(self, line: str) -> bool:
        # As a reader sees it: full-width letters are letters, and what has no width is not there.
        seen = unicodedata.normalize("NFKC", line[:200]).translate(_BRACKETS)
        seen = "".join(c for c in seen if unicodedata.category(c) != "Cf").lower()
        if _MARKER.match(seen) or (self._fences and _RULE.match(seen)):
            return True
        label = _LABEL.match(seen)
        return label is not None and " ".join(label[1].split()) in self._labels


_BRACKETS = str.maketrans(
    {"【": "[", "】": "]", "〔": "[", "〕": "]", "⟦": "[", "⟧": "]", "∶": ":", "꞉": ":"}
)


def quoting_for(prompt: PromptVersion) -> Quoting:
    """The quoting that fits the layout of a prompt version."""
    return _quoting(tuple(message.content for message in prompt.messages))


@lru_cache(maxsize=64)
def _quoting(contents: tuple[str, ...]) -> Quoting:
    labels = {
        " ".join(found.lower().split())
        for content in contents
        for found in _TEMPLATE_LABEL.findall(content)
    }
    tags = {found.lower() for content in contents for found in _TAG.findall(content)}
    fences = any(_RULE.match(line) for content in contents for line in content.splitlines())
    return Quoting(labels, tags, fences)
