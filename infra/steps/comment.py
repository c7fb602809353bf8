"""Comment on a pull request, on Azure Repos or GitHub; the work of comment-pull-request.sh."""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MARK = "<!-- plumbline: gate -->"
# Both services take a little more.
LONGEST = 60_000
API = "api-version=7.1"


class CommentFailed(Exception):
    """The comment could not be written; the message names the mend."""


def main(file: str) -> None:
    """Write the comment, or say why there is nothing to write."""
    if not Path(file).is_file():
        sys.stdout.write(f"{file}: there is nothing to comment; an earlier step failed.\n")
        return
    text = Path(file).read_text("utf-8")
    if len(text) > LONGEST:
        text = text[:LONGEST] + "\n\n… cut here; the whole is in the run's artifacts."
    body = f"{MARK}\n{text}"
    if os.environ.get("GITHUB_ACTIONS"):
        _on_github(body)
    else:
        _on_azure(body)


def _on_azure(body: str) -> None:
    request = os.environ.get("SYSTEM_PULLREQUEST_PULLREQUESTID")
    if not request:
        sys.stdout.write("This run is about no pull request; nothing to comment.\n")
        return
    names = ("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_REPOSITORY_ID")
    collection, project, repository = (_variable(name) for name in names)
    token = _variable(
        "SYSTEM_ACCESSTOKEN", "map it: env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}"
    )
    threads = (
        f"{collection.rstrip('/')}/{urllib.parse.quote(project)}/_apis/git/repositories/"
        f"{repository}/pullRequests/{request}/threads"
    )
    headers = {"Authorization": f"Bearer {token}"}
    for thread in _call("GET", f"{threads}?{API}", headers)["value"]:
        first = next(iter(thread.get("comments") or []), {})
        if MARK in (first.get("content") or "") and not thread.get("isDeleted"):
            comment = f"{threads}/{thread['id']}/comments/{first['id']}?{API}"
            _call("PATCH", comment, headers, {"content": body})
            sys.stdout.write(f"The comment on pull request {request} is replaced.\n")
            return
    # Closed: a result, not a question that blocks completion.
    comments = [{"parentCommentId": 0, "content": body, "commentType": "text"}]
    _call("POST", f"{threads}?{API}", headers, {"comments": comments, "status": "closed"})
    sys.stdout.write(f"Commented on pull request {request}.\n")


def _on_github(body: str) -> None:
    request = os.environ.get("PULL_REQUEST")
    if not request:
        sys.stdout.write("This run is about no pull request; nothing to comment.\n")
        return
    api, repository = _variable("GITHUB_API_URL"), _variable("GITHUB_REPOSITORY")
    token = _variable("GITHUB_TOKEN", "map it: env: {GITHUB_TOKEN: ${{ github.token }}}")
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    comments = f"{api}/repos/{repository}/issues"
    page = 1
    while found := _call("GET", f"{comments}/{request}/comments?per_page=100&page={page}", headers):
        for comment in found:
            if MARK in (comment.get("body") or ""):
                _call("PATCH", f"{comments}/comments/{comment['id']}", headers, {"body": body})
                sys.stdout.write(f"The comment on pull request {request} is replaced.\n")
                return
        page += 1
    _call("POST", f"{comments}/{request}/comments", headers, {"body": body})
    sys.stdout.write(f"Commented on pull request {request}.\n")


def _call(
    method: str, url: str, headers: Mapping[str, str], content: dict[str, Any] | None = None
) -> Any:
    if not url.startswith(("http://", "https://")):
        raise CommentFailed(f"{url} is no URL.")
    data = None if content is None else json.dumps(content).encode()
    sent = {**headers, "Content-Type": "application/json"}
    request = urllib.request.Request(url, data, sent, method=method)  # noqa: S310 (checked above)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            return json.load(response)
    except urllib.error.HTTPError as error:
        hint = ""
        if error.code in (401, 403):
            hint = " The token must be allowed to contribute to pull requests."
        raise CommentFailed(f"{method} {url} answered {error.code}.{hint}") from error
    except (OSError, ValueError) as error:
        # A sign-in page instead of JSON is how Azure DevOps refuses a token.
        raise CommentFailed(f"{method} {url}: {error}; is the token valid?") from error


def _variable(name: str, mend: str = "the agent sets it") -> str:
    value = os.environ.get(name)
    if not value:
        raise CommentFailed(f"the variable {name} is not set; {mend}.")
    return value


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except CommentFailed as failed:
        sys.exit(f"comment-pull-request.sh: {failed}")
