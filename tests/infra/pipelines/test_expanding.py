"""The part of Azure's template language that our pipelines use, and that the rest of it is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.pipeline_runner.expand import expand
from infra.pipeline_runner.expressions import PipelineError, evaluate

STEP = "steps:\n  - bash: x\n"


def expanded(folder: Path, text: str, given: dict[str, Any] | None = None, **files: str) -> Any:
    (folder / "main.yml").write_text(text, "utf-8")
    for name, content in files.items():
        (folder / f"{name}.yml").write_text(content, "utf-8")
    return expand(folder / "main.yml", folder, given, Build_Reason="Schedule")


def steps(text: str) -> str:
    return "jobs:\n  - job: one\n    steps:\n" + "\n".join(
        f"      {line}" for line in text.splitlines()
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("eq(parameters.a, 'ONE')", True),
        ("and(true, not(false), ne(1, 2))", True),
        ("or(false, 0, '')", False),
        ("in('b', 'a', 'B')", True),
        ("coalesce('', parameters.a)", "one"),
        ("format('{0}-{1}', 'it''s', 3)", "it's-3"),
        ("parameters['list'][1]", "y"),
        ("join(', ', parameters.list)", "x, y"),
        ("startsWith(variables['Build.SourceBranch'], 'refs/heads/')", True),
        ("eq(true, 'anything')", True),
        ("PARAMETERS.A", "one"),
    ],
)
def test_expressions_have_the_value_that_azure_gives_them(text: str, value: object) -> None:
    context = {
        "parameters": {"a": "one", "list": ["x", "y"]},
        "variables": {"Build.SourceBranch": "refs/heads/main"},
    }
    assert evaluate(text, context, {}) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("parameters.b", "there is no 'b'"),
        ("outputs.x", "there is no 'outputs'"),
        ("counter('a', 1)", "counter() is not covered"),
        ("eq('a')", "does not take these"),
        ("eq('a', 'b'", "is missing"),
        ("'a' 'b'", "goes on after its end"),
        ("a || b", "cannot read"),
    ],
)
def test_expressions_that_azure_or_we_do_not_know_are_refused(text: str, said: str) -> None:
    with pytest.raises(PipelineError) as error:
        evaluate(text, {"parameters": {"a": 1}, "a": 1, "b": 1}, {})
    assert said in str(error.value)


def test_if_else_and_each_put_in_what_holds(tmp_path: Path) -> None:
    text = """parameters:
  - {name: shares, type: object, default: [5, 25]}
  - {name: fast, type: boolean, default: false}
jobs:
  - job: one
    steps:
      - ${{ if parameters.fast }}:
          - bash: fast
      - ${{ elseif eq(variables['Build.Reason'], 'Manual') }}:
          - bash: by hand
      - ${{ else }}:
          - ${{ each share in parameters.shares }}:
              - bash: share ${{ share }}
                ${{ if eq(share, 5) }}:
                  name: first
"""
    assert expanded(tmp_path, text)["jobs"][0]["steps"] == [
        {"bash": "share 5", "name": "first"},
        {"bash": "share 25"},
    ]
    assert expanded(tmp_path, text, {"fast": "true"})["jobs"][0]["steps"] == [{"bash": "fast"}]


def test_templates_take_typed_parameters_and_keep_the_type_of_a_whole_expression(
    tmp_path: Path,
) -> None:
    template = """parameters:
  - {name: env, type: object}
  - {name: long, type: boolean, default: false}
steps:
  - bash: x ${{ parameters.long }}
    env: ${{ parameters.env }}
    continueOnError: ${{ parameters.long }}
"""
    main = steps("- template: part.yml\n  parameters:\n    env: {A: b}\n    long: true\n")
    assert expanded(tmp_path, main, part=template)["jobs"][0]["steps"] == [
        {"bash": "x True", "env": {"A": "b"}, "continueOnError": True}
    ]


def test_a_pipeline_that_extends_keeps_its_own_triggers_and_takes_the_rest(tmp_path: Path) -> None:
    found = expanded(
        tmp_path,
        "trigger: none\nlockBehavior: sequential\nextends:\n  template: base.yml\n  parameters: {x: 1}\n",
        base="parameters:\n  - {name: x, type: number}\nvariables:\n  - {name: n, value: '${{ parameters.x }}'}\n"
        "stages:\n  - stage: a\n    dependsOn: []\n    jobs:\n      - job: j\n        steps:\n"
        "          - bash: ${{ variables.n }}\n",
    )
    assert found["lockBehavior"] == "sequential"
    assert found["stages"][0]["jobs"][0]["steps"] == [{"bash": 1}]


def test_on_is_a_hook_and_no_boolean(tmp_path: Path) -> None:
    text = """jobs:
  - deployment: d
    environment: e
    strategy:
      runOnce:
        deploy: {steps: [{bash: a}]}
        on: {failure: {steps: [{bash: b}]}}
"""
    assert "on" in expanded(tmp_path, text)["jobs"][0]["strategy"]["runOnce"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (steps("- template: none.yml"), "there is no such template"),
        (steps("- template: part.yml\n  parameters: {a: x, b: 1}"), "there is no parameter b"),
        (steps("- template: part.yml"), "the parameter a has no value"),
        (steps("- template: part.yml\n  parameters: {a: [1]}"), "[1] is no string"),
        (steps("- template: part.yml@other"), "other repositories"),
        (steps("- bash: ${{ parameters.x"), "does not end"),
        (steps("- ${{ else }}:\n    - bash: x"), "else has no if before it"),
        (steps("- ${{ insert }}:\n    - bash: x"), "insert is not covered"),
        (steps("- bash: x\n  conditon: always()"), "conditon is not covered"),
        (steps("- bash: x\n  bash: y"), "bash stands there twice"),
        ("jobs:\n  - deployment: d\n    strategy: {canary: {}}", "only the strategy runOnce"),
        ("jobs:\n  - {job: a, steps: []}\n  - {job: a, steps: []}", "the name a is there twice"),
        ("jobs:\n  - {job: a, dependsOn: b, steps: []}", "depends on b"),
        ("parameters:\n  - {name: a, type: environment, default: x}\njobs: []", "is not covered"),
        ("a: [", "is no YAML"),
    ],
)
def test_what_azure_or_we_do_not_know_is_refused(tmp_path: Path, text: str, said: str) -> None:
    part = "parameters:\n  - {name: a, type: string}\nsteps:\n  - bash: ${{ parameters.a }}\n"
    with pytest.raises(PipelineError) as error:
        expanded(tmp_path, text, part=part)
    assert said in str(error.value)
