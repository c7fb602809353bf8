"""The acts of the dry run, in order; each says what it expects."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import yaml

from infra.dry_run.delivery import Delivery, Released
from infra.dry_run.processes import Done, DryRunError

# How much longer the provider of the chat model takes for each answer, once it is slow.
SLOW_S = 4.0
# From where on an answer counts as slow; a bound of the metric's buckets.
SLOW_BOUND = "2.5"
# Per cent of the traffic -> by how much a share of bad outcomes may be higher there. A real canary waits
# for the 2,000 requests that small differences take; here each step rules out less than the one before.
STEPS = ((5, 0.5), (25, 0.35), (50, 0.25))
NEW_DOCUMENT = """# Dock lights

version: 1 | date: 2026-11-20

A steady amber light over a dock door means that the leveller is being serviced. Nobody opens the door
until the light is off. The dock supervisor resets it with the key from cabinet 14.
"""


@dataclass(slots=True)
class Played:
    """What later acts need of earlier ones."""

    first: Released
    index: str
    baseline_run: str


async def play(delivery: Delivery) -> None:
    """Play all acts.

    Raises:
        DryRunError: one cannot go on.
    """
    played = await commit_to_production(delivery)
    users = asyncio.create_task(delivery.users.run())
    try:
        faulty, good = await through_the_gate(delivery, played)
        await fault_in_live_traffic(delivery, played.first, faulty)
        await too_little_traffic(delivery, played.first, good)
        await step_by_step(delivery, played.first, good)
        await roll_production_back(delivery, played.first, good)
    finally:
        delivery.users.stop()
        await users


async def commit_to_production(delivery: Delivery) -> Played:
    """A commit, its index, its release, and the first revision with all the traffic."""
    tell = delivery.timeline.tell
    delivery.timeline.act("1  From a commit to production")
    await delivery.start_servers()
    tell("Redis, PostgreSQL, HAProxy and Prometheus run")
    tell(f"commit {delivery.commit[:12]}: revisions are processes of this checkout, not images")
    index = await delivery.ingest("ingest-1", publish=True)
    tell(f"index version {index} is live")
    baseline, first = await asyncio.gather(
        delivery.measure("eval-production", prompt="v1", index=index),
        _first_revision(delivery, index),
    )
    await delivery.move("promote-first", "promote", first.file, weights={first.id: 100})
    tell(f"{first.id} is in production", "production")
    return Played(first, index, baseline)


async def _first_revision(delivery: Delivery, index: str) -> Released:
    first = await delivery.create(
        "release-first", "--override", "--why", "the first release", index=index, prompt="v1"
    )
    delivery.timeline.tell(f"{first.id} is made: prompt v1, index {index}, the first release")
    await _serve(delivery, first)
    return first


async def _serve(delivery: Delivery, release: Released) -> None:
    took = await delivery.serve(release)
    delivery.timeline.tell(f"revision {release.id} is ready after {took:.1f} s, without traffic")


async def through_the_gate(delivery: Delivery, played: Played) -> tuple[Released, Released]:
    """Three candidates before the gate: documents, a prompt, a chat model. One is stopped."""
    tell, expect = delivery.timeline.tell, delivery.timeline.expect
    delivery.timeline.act("2  Candidates before the gate, while users ask")
    tell(f"{delivery.users.number} users ask handbook questions through HAProxy from now on")
    (delivery.folder / "documents" / "operations" / "dock-lights.md").write_text(NEW_DOCUMENT)
    provider, candidate = await asyncio.gather(
        delivery.start_provider(), delivery.ingest("ingest-2", publish=False)
    )
    expect(
        "a candidate index beside the live one",
        candidate != played.index,
        f"{candidate}, users stay on {played.index}",
    )
    bad = await _short_prompt(delivery)

    async def documents() -> Released:
        run = await delivery.measure("eval-documents", prompt="v1", index=candidate)
        verdict = await delivery.gate("gate-documents", played.baseline_run, run)
        expect("new documents pass the gate", verdict.code == 0, _verdict(verdict))
        release = await delivery.create("release-documents", index=candidate, prompt="v1")
        tell(f"{release.id} is made: index {candidate}")
        await _serve(delivery, release)
        return release

    async def model() -> Released:
        run = await delivery.measure("eval-model", prompt="v1", index=played.index, env=provider)
        verdict = await delivery.gate("gate-model", played.baseline_run, run)
        expect("a hosted chat model passes the gate", verdict.code == 0, _verdict(verdict))
        release = await delivery.create(
            "release-model", index=played.index, prompt="v1", env=provider
        )
        tell(f"{release.id} is made: chat model {provider['PLUMB_CHAT_MODEL']}")
        await _serve(delivery, release)
        return release

    async def prompt() -> None:
        run = await delivery.measure("eval-prompt", prompt=bad, index=played.index)
        verdict = await delivery.gate("gate-prompt", played.baseline_run, run)
        at = tell(f"gate of prompt {bad}: exit code {verdict.code}", "bad prompt stopped")
        expect("a bad prompt is stopped at the gate", verdict.code == 1, _verdict(verdict))
        refused = await delivery.plumb(
            "release-prompt", "release", "create", "--set", f"handbook={played.index}",
            "--prompt", bad, "--commit", delivery.commit, codes=(0, 1),
        )  # fmt: skip
        delivery.timeline.figures["bad_prompt_stopped_s"] = at
        expect("and no release can be made of it", refused.code == 1, refused.last_line)

    # One after the other on two cores: the prompt and the documents beside the model.
    async def prompt_then_documents() -> Released:
        await prompt()
        return await documents()

    faulty, good = await asyncio.gather(model(), prompt_then_documents())
    return faulty, good


async def _short_prompt(delivery: Delivery) -> str:
    """A version of the prompt that reads one passage instead of six, to save tokens."""
    folder = delivery.folder / "prompts" / "answer"
    number = max(int(file.stem[1:]) for file in folder.glob("v*.yaml")) + 1
    content = yaml.safe_load((folder / "v1.yaml").read_text("utf-8"))
    content |= {
        "description": "One passage instead of six: a sixth of the tokens.",
        "parent": "v1",
        "retrieval": {"passages": 1},
    }
    (folder / f"v{number}.yaml").write_text(
        yaml.safe_dump(content, sort_keys=False, allow_unicode=True), "utf-8"
    )
    await delivery.plumb("prompts-lint", "prompts", "lint", "--lock")
    delivery.timeline.tell(f"prompt v{number} is written: one passage instead of six")
    return f"v{number}"


async def fault_in_live_traffic(delivery: Delivery, first: Released, faulty: Released) -> None:
    """The chat model's provider becomes slow after the gate; the canary sees it."""
    tell, expect, figures = (
        delivery.timeline.tell,
        delivery.timeline.expect,
        delivery.timeline.figures,
    )
    delivery.timeline.act("3  A fault that only live traffic shows")
    await delivery.move(
        "canary-model", "canary", faulty.file, "--share", "20",
        weights={first.id: 80, faulty.id: 20},
    )  # fmt: skip
    tell(f"{faulty.id} has 20 % of the traffic", "canary")
    judging = asyncio.create_task(
        _judge(delivery, "judge-model", faulty, first, tolerance=0.25, lasting="60s", minimum=20)
    )
    await asyncio.sleep(6)
    await delivery.set_pace(SLOW_S)
    slow_at = tell(f"the provider's answers take {SLOW_S:g} s longer from now on", "fault")
    verdict, outcome = await judging
    found_at = tell(f"canary: {outcome['outcome']}: {outcome['reason']}", "detected")
    expect("the canary fails", verdict.code == 1, f"exit code {verdict.code}")
    rolled, began = await delivery.move(
        "rollback-model", "rollback", "--from", faulty.id, weights={first.id: 100}
    )
    done_at = tell(rolled.last_line, "rolled back")
    figures["detect_s"], figures["restore_s"] = found_at - slow_at, done_at - found_at
    expect(
        "detected and taken back",
        verdict.code == 1 and done_at - began < 5,
        f"{found_at - slow_at:.1f} s from the fault to the verdict, {done_at - began:.1f} s to restore",
    )
    await delivery.retire(faulty)
    tell(f"revision {faulty.id} has answered its last request, and stopped")


async def too_little_traffic(delivery: Delivery, first: Released, good: Released) -> None:
    """A canary with next to no traffic is not decided, so it is not promoted."""
    tell, expect = delivery.timeline.tell, delivery.timeline.expect
    delivery.timeline.act("4  A canary with too little traffic")
    weights = {first.id: 99, good.id: 1}
    await delivery.move("canary-quiet", "canary", good.file, "--share", "1", weights=weights)
    tell(f"{good.id} has 1 % of the traffic", "canary")
    verdict, outcome = await _judge(
        delivery, "judge-quiet", good, first, tolerance=0.2, lasting="8s", minimum=100
    )
    tell(f"canary: {outcome['outcome']}: {outcome['reason']}", "inconclusive")
    expect("the canary is inconclusive", verdict.code == 3, f"exit code {verdict.code}")
    ended, _ = await delivery.move(
        "rollback-quiet", "rollback", "--from", good.id, "--json", weights={first.id: 100}
    )
    serving = json.loads(ended.out)["production"]
    expect("and it is not promoted", serving == first.id, f"{serving} is in production")


async def step_by_step(delivery: Delivery, first: Released, good: Released) -> None:
    """A good release: more traffic at each pass, then all of it."""
    tell, expect = delivery.timeline.tell, delivery.timeline.expect
    delivery.timeline.act("5  A good release, step by step")
    since = None
    for share, tolerance in STEPS:
        weights = {first.id: 100 - share, good.id: share}
        await delivery.move(
            f"canary-{share}", "canary", good.file, "--share", str(share), weights=weights
        )
        tell(f"{good.id} has {share} % of the traffic", f"{share} %")
        verdict, outcome = await _judge(
            delivery, f"judge-{share}", good, first, tolerance=tolerance, lasting="60s",
            minimum=20, since=since,
        )  # fmt: skip
        since = since or str(outcome["since"])
        tell(f"canary: {outcome['outcome']}: {outcome['reason']}")
        if not expect(f"{share} % passes", verdict.code == 0, f"exit code {verdict.code}"):
            return
    moved, began = await delivery.move("promote-good", "promote", good.file, weights={good.id: 100})
    at = tell(moved.last_line, "promoted")
    delivery.timeline.figures["promote_s"] = at - began
    expect("promoted", moved.code == 0, f"in {at - began:.1f} s")
    # A while of production, so that the rollback takes away what users have.
    await asyncio.sleep(4)


async def roll_production_back(delivery: Delivery, first: Released, good: Released) -> None:
    """All parts of production go back in one command."""
    timeline = delivery.timeline
    timeline.act("6  Production rolled back")
    if delivery.weights.get(good.id) != 100:
        timeline.expect("production rolled back", False, f"{good.id} never was in production")
        return
    moved, began = await delivery.move(
        "rollback-production", "rollback", "--why", "the dry run", weights={first.id: 100}
    )
    at = timeline.tell(moved.last_line, "rolled back")
    timeline.figures["rollback_s"] = at - began
    timeline.expect("rolled back in under 5 s", at - began < 5, f"{at - began:.1f} s")
    await asyncio.sleep(3)
    late = [one for one in delivery.users.asked if one.at > at and one.release != first.id]
    timeline.expect(
        "every question since is answered by the release before",
        not late,
        f"{sum(one.at > at for one in delivery.users.asked)} answers, {len(late)} by another",
    )
    checked = await delivery.plumb("history", "release", "history", "--verify")
    timeline.expect("the history is whole", checked.code == 0, checked.last_line)


async def _judge(
    delivery: Delivery,
    name: str,
    release: Released,
    baseline: Released,
    *,
    tolerance: float,
    lasting: str,
    minimum: int,
    since: str | None = None,
) -> tuple[Done, dict[str, str]]:
    """Judge a canary; the command with its exit code, and the judgement."""
    file = delivery.folder / f"{name}.json"
    tolerances = [
        part
        for signal in ("errors", "latency", "refusals", "citations")
        for part in ("--tolerance", f"{signal}={tolerance}")
    ]
    done = await delivery.plumb(
        name, "canary", "judge", "--release", release.id, "--baseline", baseline.id,
        "--source", "prometheus", "--url", delivery.prometheus.url, "--for", lasting,
        "--every", "1s", "--minimum", str(minimum), "--slow", SLOW_BOUND, *tolerances,
        *(("--since", since) if since else ()), "--json", file, codes=(0, 1, 3),
    )  # fmt: skip
    return done, _read(file, done)


def _read(file: Path, done: Done) -> dict[str, str]:
    if not file.is_file():
        raise DryRunError(f"the canary was not judged: {done.last_line} (all of it: {done.log})")
    found: dict[str, str] = json.loads(file.read_text("utf-8"))
    return found


def _verdict(done: Done) -> str:
    """The gate's own sentence, as it was printed."""
    lines = [line.strip() for line in done.out.splitlines()]
    verdict = next((line for line in lines if line.startswith(("passes:", "fails:", "FAILS:"))), "")
    return f"exit code {done.code}; {verdict}" if verdict else f"exit code {done.code}"
