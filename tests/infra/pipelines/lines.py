"""How every line of the pipelines is tested. A line that stands in no group fails a test."""

from __future__ import annotations

# Begin of a line -> where it is run, exactly as written, without a cloud.
RUN_HERE = {
    "infra/steps/production.sh": "played",
    "infra/steps/changes.sh": "played",
    "infra/steps/candidate-index.sh": "played",
    "infra/steps/gate.sh": "played",
    "infra/steps/create-release.sh": "played",
    "infra/steps/publish-release.sh": "played",
    "infra/steps/summary.sh": "played",
    "infra/steps/judge.sh": "played",
    "plumb release canary": "played",
    "plumb release promote": "played",
    "plumb release rollback": "played",
    "plumb release history": "parsed by plumb's own parser; run in the tests of plumb release",
    "infra/steps/gate-change.sh": "run by test_playing.py",
    "infra/steps/comment-pull-request.sh": "run by test_steps.py, against a local server",
    "infra/steps/smoke.sh": "run by test_serving_steps.py, against a real service",
    "infra/steps/load-short.sh": "run by test_serving_steps.py, against a real service",
}
# Begin of a line -> what it needs that is not here. `az` is played by a stand-in that takes
# azure-cli's own arguments.
NEEDS_CLOUD = {
    "infra/steps/deploy-revision.sh": "Container Apps",
    "infra/steps/traffic-containerapps.sh": "Container Apps",
    "infra/steps/retire-revisions.sh": "Container Apps",
    "infra/steps/deploy-worker.sh": "Container Apps",
    "infra/steps/push-image.sh": "a registry and Docker",
    "infra/steps/what-if.sh": "Azure Resource Manager, and the Bicep compiler",
}
# Exact lines that take minutes or a container engine; .ci/run itself covers them.
HEAVY = {
    ".ci/run": "is what runs these tests",
    "infra/steps/install.sh serve,ingest,eval,azure,postgres": "the tests' environment stands for it",
    "infra/steps/install.sh serve,ingest,eval": "the tests' environment stands for it",
    "infra/steps/build-image.sh serve plumbline:serve": "the image tests build the same target",
    "infra/steps/sbom.sh plumbline:serve $(Build.ArtifactStagingDirectory)/sbom.json": "image tests",
    "infra/steps/scan.sh $(Build.ArtifactStagingDirectory)/sbom.json "
    "$(Build.ArtifactStagingDirectory)/scan.json": "image tests",
}
# Left out when the main pipeline is played: what is heavy, and what asks a service by its address.
NOT_PLAYED = (*HEAVY, "infra/steps/smoke.sh", "infra/steps/load-short.sh")
