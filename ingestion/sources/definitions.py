"""The definition of a document set: its sources, how it is cut and embedded, what it must pass."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    field_serializer,
    field_validator,
)

from ingestion.errors import SourceError
from ingestion.index.protocol import SET_NAME, check_name
from ingestion.loaders import RecordFields
from ingestion.null_fields import NullIsLeftOut
from ingestion.settings import ChunkingSettings, EmbeddingSettings, trusted_as_named
from ingestion.sources.definition_file import DefinitionFile, read_lines
from ingestion.sources.locations import absolute
from ingestion.sources.source import Source
from ingestion.sources.validation import explain


class _Part(NullIsLeftOut):
    """A part of a definition: immutable, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class GoldenQuestion(_Part):
    """A question that retrieval must go on answering.

    Attributes:
        question: as a user would ask it.
        document: id of the document that answers it.
        quote: the words of the document that answer it, as they stand there.
    """

    question: str = Field(min_length=1)
    document: str = Field(min_length=1)
    quote: str = Field(min_length=1)


class Checks(_Part):
    """What a candidate must pass before it goes live.

    Attributes:
        golden_margin: by how much the share of golden questions that are found may fall.
        golden_depth: passages looked at for each.
        max_removed_share: share of the documents that may go in one sync.
    """

    golden_margin: float = Field(default=0.0, ge=0, le=1)
    golden_depth: int = Field(default=5, ge=1, le=100)
    max_removed_share: float = Field(default=0.3, ge=0, le=1)


class EmbeddingOverrides(_Part):
    """The set's own embedding model; what is not given is as the settings say."""

    model: str | None = Field(default=None, min_length=1)
    revision: str | None = None
    query_prefix: str | None = None
    passage_prefix: str | None = None
    languages: tuple[str, ...] | None = None

    @field_validator("languages")
    @classmethod
    def _known(cls, languages: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return languages if languages is None else EmbeddingSettings(languages=languages).languages


GivenChunking: TypeAlias = Annotated[
    dict[str, Any], WithJsonSchema(ChunkingSettings.model_json_schema())
]


class SetDefinition(_Part):
    """A document set, as it is defined in a file, over REST or by what was ingested by hand.

    Attributes:
        document_set: its name.
        sources: where its documents come from; a source's key names it within the set.
        chunking: what differs from the settings; only fields that were given count.
        embedding: what differs from the settings.
        language: code of the language of documents that do not state theirs; detected if not given.
        golden: questions that a candidate must find as well as the live version does.
        checks: the limits of these checks.
        on_failure: what happens to a document that can no longer be read: `keep` it in the index
            as it was, or `leave_out`.
    """

    document_set: str
    sources: tuple[Source, ...] = Field(min_length=1)
    chunking: ChunkingSettings = Field(default_factory=ChunkingSettings)
    embedding: EmbeddingOverrides = Field(default_factory=EmbeddingOverrides)
    language: str | None = None
    golden: tuple[GoldenQuestion, ...] = ()
    checks: Checks = Field(default_factory=Checks)
    on_failure: Literal["keep", "leave_out"] = "keep"

    @field_validator("document_set")
    @classmethod
    def _valid_name(cls, name: str) -> str:
        if not SET_NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} cannot name a document set; use 1 to 63 of a-z, 0-9, - and _, "
                "beginning with a letter or digit"
            )
        return name

    @field_validator("language")
    @classmethod
    def _known_language(cls, language: str | None) -> str | None:
        return ChunkingSettings(language=language).language

    @field_validator("sources")
    @classmethod
    def _unique_keys(cls, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        seen = set()
        for source in sources:
            if source.key in seen:
                raise ValueError(f"{source.key}: is there twice; make one source of the two")
            seen.add(source.key)
        return sources

    @field_serializer("chunking")
    def _given_only(self, chunking: ChunkingSettings) -> GivenChunking:
        return chunking.model_dump(exclude_unset=True)


def load_definition(path: Path) -> SetDefinition:
    """The definition in a YAML file.

    `golden` may name a JSON Lines file, relative to the definition.

    Raises:
        SourceError: it cannot be read, or does not fit; the message names file, line and field.
    """
    file = DefinitionFile(path)
    content = dict(file.content)
    if isinstance(content.get("golden"), str):
        content["golden"] = _golden_from(path.parent / content["golden"])
    try:
        return SetDefinition.model_validate(content)
    except ValidationError as error:
        raise SourceError(explain(error, _FIELDS, file.name, file.line)) from error


def ad_hoc(
    name: str, url: str, *, prefix: str = "", records: RecordFields | None = None
) -> SetDefinition:
    """The definition behind `plumb ingest URL --set NAME`. A local path is made absolute.

    Raises:
        InvalidSetName: the name cannot be one.
        SourceError: the URL or the prefix cannot be one.
    """
    check_name(name)
    try:
        source = Source(url=absolute(url, Path.cwd()), prefix=prefix, records=records)
        return SetDefinition(document_set=name, sources=(source,))
    except ValidationError as error:
        raise SourceError(explain(error, _FIELDS)) from error


def with_source(definition: SetDefinition, source: Source) -> SetDefinition:
    """The definition with a source added, or in the place of the one with its key."""
    sources = [source if old.key == source.key else old for old in definition.sources]
    if source not in sources:
        sources.append(source)
    return definition.model_copy(update={"sources": tuple(sources)})


def chunking_for(definition: SetDefinition, defaults: ChunkingSettings) -> ChunkingSettings:
    """How the set is cut: the settings, with what the definition says over them."""
    given = definition.chunking.model_dump(exclude_unset=True)
    if definition.language:
        given["language"] = definition.language
    return defaults.model_copy(update=given)


def embedding_for(definition: SetDefinition, defaults: EmbeddingSettings) -> EmbeddingSettings:
    """How the set is embedded: the settings, with what the definition says over them.

    The settings' revision, prefixes and languages belong to the settings' model; another model does
    not take them over. Trust in a model's code belongs to exactly the model and revision that the settings
    name. So no definition can have code run that the operator has not named.
    """
    given = definition.embedding.model_dump(exclude_none=True)
    if given.get("model", defaults.model) != defaults.model:
        own = {"revision": None, "query_prefix": "", "passage_prefix": "", "languages": ()}
        given = {**own, **given}
    return trusted_as_named(defaults.model_copy(update=given), defaults)


def _golden_from(path: Path) -> list[GoldenQuestion]:
    """Golden questions of a JSON Lines file; fields that mean nothing here are left aside."""
    found = []
    for number, record in read_lines(path):
        wanted = {name: record[name] for name in GoldenQuestion.model_fields if name in record}
        try:
            found.append(GoldenQuestion.model_validate(wanted))
        except ValidationError as error:
            name = f"{os.fspath(path)}, line {number}"
            raise SourceError(explain(error, {(): GoldenQuestion}, name)) from error
    return found


_FIELDS: dict[tuple[str, ...], type[BaseModel]] = {
    (): SetDefinition,
    ("sources",): Source,
    ("chunking",): ChunkingSettings,
    ("embedding",): EmbeddingOverrides,
    ("golden",): GoldenQuestion,
    ("checks",): Checks,
}


def definition_schema() -> dict[str, Any]:
    """The schema of what `load_definition` reads.

    It says more than the model of REST: in a file, `golden` may name a JSON Lines file. It says
    less than `load_definition` checks, which also knows credentials and double sources.
    """
    schema = SetDefinition.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Plumbline document set"
    golden = schema["properties"]["golden"]
    path = {"type": "string", "description": "A JSON Lines file, relative to this one."}
    golden["anyOf"].append(path)
    schema["$defs"]["Source"]["oneOf"] = [{"required": ["url"]}, {"required": ["urls"]}]
    return schema
