"""Plan a run: which cases are asked of which system, under which keys answers are cached, and what to warn of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from app.settings.answering import EXTRACTIVE
from evals.datasets import beir
from evals.datasets.case import Case, Gold
from evals.datasets.dataset_version import DatasetVersion, dataset_version
from evals.datasets.labels import ResolvedLabel, resolve_labels
from evals.datasets.reading import read_cases, tagged
from evals.datasets.suite import Suite
from evals.errors import DatasetError, SuiteError
from evals.running.application import Application
from evals.running.fingerprints import answering_version, fingerprint, labels_version
from evals.running.result_cache import ResultCache
from evals.settings import Settings
from ingestion.errors import UnknownDocumentSet
from ingestion.index.protocol import SetInfo
from prompts.registry import PromptRegistry
from prompts.versions.variables import ANSWER, CONDENSE
from prompts.versions.version import PromptVersion


@dataclass(frozen=True, slots=True)
class System:
    """One way to answer.

    Attributes:
        label: its name for people; empty: made of the prompt's version and the model.
        prompt: version or alias of the prompt `answer`; None: that of the settings.
        model: the chat model; None: that of the settings.
        index_version: version of the document set; None: the suite's, else the live one.
    """

    label: str = ""
    prompt: str | None = None
    model: str | None = None
    index_version: str | None = None


LABELS_JSON = TypeAdapter(list[tuple[Gold, ResolvedLabel]])


@dataclass(frozen=True, slots=True)
class PlannedCase:
    """A case to be asked.

    Attributes:
        case: the case.
        repeat: which time.
        key: what its answer is kept under.
        known: the case without relevant documents that the index does not hold.
        labels: what its gold labels mean in the index version.
    """

    case: Case
    repeat: int
    key: str
    known: Case
    labels: tuple[tuple[Gold, ResolvedLabel], ...]

    @property
    def stale(self) -> list[Gold]:
        """Labels whose words the index version no longer holds."""
        return [label for label, found in self.labels if not found.chunks]

    @property
    def relevant_chunks(self) -> list[list[str]]:
        """For each label that is not stale, the chunks that hold it."""
        return [found.chunks for _, found in self.labels if found.chunks]


@dataclass(frozen=True, slots=True)
class Plan:
    """A run before it begins.

    Attributes:
        suite, system: what is run.
        settings: with the system's model.
        dataset: the whole dataset's version.
        version: the index version that is asked.
        prompt: the prompt version.
        items: in the dataset's order, each case's repeats one after the other.
        absent: documents that cases call relevant and the set does not hold.
        hash: the suite's; another one where only some of its cases are asked.
    """

    suite: Suite
    system: System
    settings: Settings
    dataset: DatasetVersion
    version: SetInfo
    prompt: PromptVersion
    items: tuple[PlannedCase, ...]
    absent: tuple[str, ...]
    hash: str

    @property
    def is_free(self) -> bool:
        """Whether answering costs nothing."""
        return self.settings.chat.model == EXTRACTIVE

    @property
    def label(self) -> str:
        """The system's name for people."""
        if self.system.label:
            return self.system.label
        name = f"{self.prompt.name}@{self.prompt.version}"
        return f"{name} {self.system.model}" if self.system.model else name


def make_plan(
    suite: Suite, system: System, limit: int | None, application: Application, cache: ResultCache
) -> Plan:
    """Read the dataset and find what it is to be asked of.

    Args:
        limit: how many cases are asked at most; None: all.

    Raises:
        DatasetError, SuiteError: the dataset cannot be read, or does not belong to the set.
        PromptError, UnknownVersion, IndexUnavailable: the system does not exist.
    """
    dataset = Path(suite.dataset)
    cases = read_cases(dataset)
    settings = _with_model(application.settings, system.model)
    version = _index_version(suite, system, application)
    prompt = _single_version(
        application.prompts, ANSWER, system.prompt or settings.prompt.answer, suite.document_set
    )
    chosen = tagged(cases, suite.tags)[:limit]
    found = _resolved_labels(chosen, version, application, cache)
    documents = _relevant_documents(chosen, version, application)
    _check_belonging(chosen, found, documents, version)
    name = _AnswerKeys(suite, settings, version, prompt, application)
    items = (
        PlannedCase(
            case=case,
            repeat=repeat,
            key=name.of(case, repeat),
            known=_without_absent_documents(case, documents),
            labels=tuple((label, found[label]) for label in case.gold),
        )
        for case in chosen
        for repeat in range(suite.repeats)
    )
    absent = {document for case in chosen for document in case.relevance} - documents
    return Plan(
        suite=suite,
        system=system,
        settings=settings,
        dataset=dataset_version(dataset.name, cases),
        version=version,
        prompt=prompt,
        items=tuple(items),
        absent=tuple(sorted(absent)),
        hash=suite.content_hash if limit is None else fingerprint(suite.content_hash, limit),
    )


class _AnswerKeys:
    """Names answers by all that shapes them."""

    def __init__(
        self,
        suite: Suite,
        settings: Settings,
        version: SetInfo,
        prompt: PromptVersion,
        application: Application,
    ) -> None:
        self._settings = settings
        self._application = application
        self._document_set = suite.document_set
        self._condensing: str | None = None
        is_extractive = settings.chat.model == EXTRACTIVE
        self._base = fingerprint(
            "answer-2",
            answering_version(),
            version.model_dump(mode="json"),
            [prompt.name, prompt.version, prompt.content_hash],
            settings.chat.model_dump(mode="json", include={"model", "base_url", "parameters"}),
            [settings.extractive.model_dump(), application.weights] if is_extractive else None,
            settings.retrieval.model_dump(mode="json"),
            suite.passages,
        )

    def of(self, case: Case, repeat: int) -> str:
        """The name of one answer: what is known to be right does not belong to it."""
        content = case.model_dump(mode="json", include={"question", "history", "filters"})
        return fingerprint(
            self._base, content, self._condensed_by() if case.history else None, repeat
        )

    def _condensed_by(self) -> str:
        if self._condensing is None:
            session = self._settings.session
            prompt = _single_version(
                self._application.prompts, CONDENSE, session.condense, self._document_set
            )
            self._condensing = fingerprint(prompt.content_hash, session.history_tokens)
        return self._condensing


def _single_version(
    prompts: PromptRegistry, name: str, reference: str, document_set: str
) -> PromptVersion:
    """The version that a reference means.

    Raises:
        SuiteError: it is shared by several, and a run is about one system.
    """
    found = prompts.targets(name, reference, document_set)
    if len(found) > 1:
        shared = " and ".join(version.version for version in found)
        raise SuiteError(
            f"{name}@{reference} is split between {shared} for {document_set!r}; name the version "
            f"that is meant, for example --prompt {found[0].version}."
        )
    return found[0]


def _with_model(settings: Settings, model: str | None) -> Settings:
    if model is None or model == settings.chat.model:
        return settings
    return settings.model_copy(update={"chat": settings.chat.model_copy(update={"model": model})})


def _index_version(suite: Suite, system: System, application: Application) -> SetInfo:
    wanted = system.index_version or suite.index_version
    try:
        return application.versions.find(suite.document_set, wanted)
    except UnknownDocumentSet as error:
        dataset = Path(suite.dataset)
        if beir.is_beir(dataset) and suite.document_set not in application.versions.all_names():
            raise SuiteError(
                f"suite {suite.name!r}: {error} Index the dataset's corpus first: "
                f"plumb ingest {beir.corpus_of(dataset)} --set {suite.document_set}"
            ) from error
        raise


def _resolved_labels(
    cases: Sequence[Case], version: SetInfo, application: Application, cache: ResultCache
) -> dict[Gold, ResolvedLabel]:
    """What the labels mean in the version; kept, since a version never changes."""
    labels = list(dict.fromkeys(label for case in cases for label in case.gold))
    if not labels:
        return {}
    # The digest names the chunks, wherever the index is.
    key = fingerprint(
        "labels-2", labels_version(), version.digest, [label.model_dump() for label in labels]
    )
    row = cache.get("labels", key)
    if row is None:
        found = resolve_labels(labels, application.open(version))
        row = cache.put("labels", key, LABELS_JSON.dump_json(list(found.items())).decode())
    return dict(LABELS_JSON.validate_json(row))


def _relevant_documents(
    cases: Sequence[Case], version: SetInfo, application: Application
) -> set[str]:
    """Those of the documents that cases call relevant that the set holds."""
    named = {document for case in cases for document in case.relevance}
    if not named:
        return set()
    rows = application.versions.manifest(version)
    return {row.id for row in rows if row.indexed and row.id in named}


def _without_absent_documents(case: Case, documents: set[str]) -> Case:
    if documents.issuperset(case.relevance):
        return case
    relevance = {name: grade for name, grade in case.relevance.items() if name in documents}
    return case.model_copy(update={"relevance": relevance})


def _check_belonging(
    cases: Sequence[Case], found: dict[Gold, ResolvedLabel], documents: set[str], version: SetInfo
) -> None:
    """Refuse a dataset of whose labels the set holds none: it is another set's."""
    named = [label.document for label in found] or [id_ for case in cases for id_ in case.relevance]
    if not named or documents or any(one.chunks for one in found.values()):
        return
    raise DatasetError(
        f"document set {version.name!r}, version {version.version}, holds none of what the "
        f"{len(named):,} labels of the dataset name, such as the document {json.dumps(named[0])}; "
        "name the set that the dataset is about, or fix the labels' `document`."
    )


RANK_CUTOFF = re.compile(r"@(\d+)$")


def plan_warnings(plan: Plan) -> Iterator[str]:
    """What is odd about a plan, a sentence each."""
    suite = plan.suite
    passages = suite.passages or plan.settings.retrieval.passages or plan.prompt.retrieval.passages
    deep = [
        name
        for name in suite.metric_names
        if (at := RANK_CUTOFF.search(name)) and int(at[1]) > passages
    ]
    if deep:
        yield (
            f"suite {suite.name!r}: {', '.join(deep)} would look at more than the {passages} passages "
            "that each question gets; set `passages` in the suite."
        )
    if plan.absent:
        yield (
            f"suite {suite.name!r}: document set {plan.version.name!r} does not hold "
            f"{len(plan.absent)} of the relevant documents, such as {plan.absent[0]!r}; they are left "
            "out and count as no miss."
        )
    examples = plan.prompt.examples
    if examples:
        from evals.datasets.leakage import find_leaks, leak_warning

        cases = list({item.case.id: item.case for item in plan.items}.values())
        # By words alone: no model is loaded for it. `plumb eval leakage` looks at meaning too.
        leaked = leak_warning(
            find_leaks(f"{plan.prompt.name}@{plan.prompt.version}", examples, cases, None)
        )
        if leaked:
            yield leaked
