"""Run the issuer, and get tokens from it as clients do."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

FOLDER = Path(__file__).parent
AUDIENCE = "plumbline-test"
# The confidential client of the service's own pages, and what it shows.
PAGES = ("pages", "another secret: of a/test")
REDIRECT = "http://127.0.0.1/callback"
MOST_STEPS = 12


def missing() -> str | None:
    """Why the issuer cannot be run; None where it can."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        return "oidc-provider is not installed; `make services` installs it"
    return None


class OidcProvider:
    """A running issuer."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = self._line()

    def rotate(self, algorithm: str) -> None:
        """Sign with a new key of this algorithm from now on; older keys stay published."""
        self._tell(f"rotate {algorithm}")

    def forget(self) -> None:
        """Publish the newest key alone."""
        self._tell("forget")

    def give(self, **claims: list[str]) -> None:
        """Give access tokens these claims from now on."""
        self._tell(f"claims {json.dumps(claims, separators=(',', ':'))}")

    def client_credentials(self) -> str:
        """The access token of a program."""
        response = httpx.post(
            f"{self.url}/token",
            data={"grant_type": "client_credentials", "scope": "ask"},
            auth=("ci", "a-secret-of-a-test"),
        )
        return str(response.raise_for_status().json()["access_token"])

    def signed_in(self, login: str) -> tuple[str, str]:
        """Access and ID token of a person who signs in: authorization code flow with PKCE."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        asked = {
            "client_id": "web", "response_type": "code", "redirect_uri": REDIRECT,
            "scope": "openid ask", "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }  # fmt: skip
        with httpx.Client(base_url=self.url) as browser:
            code = self._answer(browser, browser.get("/auth", params=asked), login)["code"]
            response = browser.post(
                "/token",
                data={
                    "grant_type": "authorization_code", "client_id": "web", "code": code,
                    "redirect_uri": REDIRECT, "code_verifier": verifier,
                },
            )  # fmt: skip
        found = response.raise_for_status().json()
        return str(found["access_token"]), str(found["id_token"])

    def answer_to(self, address: str, login: str) -> dict[str, str]:
        """What the issuer sends a client back with, after a person has signed in at an address."""
        with httpx.Client(base_url=self.url) as browser:
            redirect = parse_qs(urlsplit(address).query)["redirect_uri"][0]
            return self._answer(browser, browser.get(address), login, redirect)

    def _answer(
        self,
        browser: httpx.Client,
        response: httpx.Response,
        login: str,
        redirect: str = REDIRECT,
    ) -> dict[str, str]:
        """Follow redirects and fill in forms, as a browser and its user do, to the client's address."""
        for _ in range(MOST_STEPS):
            if response.is_redirect:
                target = response.headers["location"]
                if target.startswith(redirect):
                    return {name: one for name, (one,) in parse_qs(urlsplit(target).query).items()}
                response = browser.get(target)
                continue
            action = re.search(r'action="([^"]+)"', response.raise_for_status().text)
            prompt = re.search(r'name="prompt" value="(\w+)"', response.text)
            assert action, response.text
            assert prompt, response.text
            filled = {"prompt": prompt[1], "login": login, "password": "any"}
            response = browser.post(action[1], data=filled)
        raise AssertionError(f"no code after {MOST_STEPS} steps")

    def _tell(self, command: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        assert self._line() == "done"

    def _line(self) -> str:
        """The next line that is for us; the package says things of its own between."""
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("> "):
                return line[2:].strip()
        raise AssertionError("the issuer has ended")


@contextmanager
def oidc_provider() -> Iterator[OidcProvider]:
    """Run the issuer on a free port while the context lasts."""
    with subprocess.Popen(
        ["node", "issuer.mjs", AUDIENCE], cwd=FOLDER, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            yield OidcProvider(process)
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait(10)
