"""Read a definition's file: YAML that knows its lines and takes no key twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from ingestion.errors import SourceError
from ingestion.loaders.files import printable, reason


class DefinitionFile:
    """What a YAML file holds, and on which lines.

    Attributes:
        name: the file, for messages.
        content: its mapping.
    """

    def __init__(self, path: Path) -> None:
        """Read it.

        Raises:
            SourceError: it is not there, not YAML, or not a mapping.
        """
        self.name = printable(str(path))
        text = read_text(path)
        loader = yaml.SafeLoader(text)
        try:
            self._root = loader.get_single_node()
            if self._root is not None:
                self._refuse_double_keys(self._root, set())
            content = loader.construct_document(self._root) if self._root else None
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise SourceError(f"{self.name}{_place(error)}: {_what(error)}") from error
        finally:
            loader.dispose()
        if not isinstance(content, dict):
            raise SourceError(
                f"{self.name}: a definition is a mapping of fields; begin with document_set: NAME"
            )
        self.content: dict[str, Any] = content

    def line(self, location: Sequence[int | str]) -> int | None:
        """The line, from 1, of a field, or of the innermost thing around it that there is."""
        node, line = self._root, None
        for step in location:
            found = _child(node, step)
            if found is None:
                break
            mark, node = found
            line = mark.line + 1
        return line

    def _refuse_double_keys(self, node: yaml.Node, seen: set[int]) -> None:
        if id(node) in seen:  # an alias
            return
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            for item in node.value:
                self._refuse_double_keys(item, seen)
        if not isinstance(node, yaml.MappingNode):
            return
        keys: dict[Any, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in keys and isinstance(key, yaml.ScalarNode):
                raise SourceError(
                    f"{self.name}, line {line}: {key.value} is there already, on line "
                    f"{keys[key.value]}; keep one of the two"
                )
            if isinstance(key, yaml.ScalarNode):
                keys[key.value] = line
            self._refuse_double_keys(value, seen)


def read_lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """The objects of a JSON Lines file, each with its line from 1; blank lines are left out.

    Raises:
        SourceError: it cannot be read, or a line is not a JSON object.
    """
    found = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SourceError(
                f"{printable(str(path))}, line {number}: not JSON ({error}); write one object a line"
            ) from error
        if not isinstance(record, dict):
            raise SourceError(
                f"{printable(str(path))}, line {number}: not an object; write "
                '{"question": …, "document": …, "quote": …}'
            )
        found.append((number, record))
    return found


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, or `SourceError`."""
    name = printable(str(path))
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceError(f"{name}: cannot be read: {reason(error)}; check the path") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: is not text in UTF-8; save it as UTF-8") from error
    except ValueError as error:  # a NUL in the path
        raise SourceError(f"{name}: not a path; check it") from error


def _child(node: yaml.Node | None, step: int | str) -> tuple[yaml.Mark, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark, node.value[step]
    return None


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}" if mark else ""


def _what(error: Exception) -> str:
    problem = getattr(error, "problem", None) or " ".join(str(error).split())[:200]
    return f"not valid YAML ({problem}); check the indentation, and put text with : or # in quotes"
