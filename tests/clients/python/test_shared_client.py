"""One client in many threads, and many calls at once."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from plumbline import AsyncPlumbline, Plumbline

from tests.clients.serving import QUESTION

QUESTIONS = [QUESTION, "When does the Kestrel depot open?"]
WORDS = {QUESTION: "24 months", QUESTIONS[1]: "05:30"}


def test_two_threads_share_a_client(service) -> None:
    with Plumbline(service.url, api_key=service.admin) as client:

        def ask(number: int) -> tuple[str, str]:
            question = QUESTIONS[number % 2]
            if number % 3:
                return question, client.ask(question).answer
            with client.stream(question) as stream:
                return question, stream.answer().answer

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(ask, range(20)))
    assert len(answers) == 20
    assert all(WORDS[question] in answer for question, answer in answers)


def test_many_coroutines_share_a_client(service) -> None:
    async def ask_all() -> list[str]:
        async with AsyncPlumbline(service.url, api_key=service.admin) as client:
            asked = [client.ask(QUESTIONS[number % 2]) for number in range(8)]
            return [answer.answer for answer in await asyncio.gather(*asked)]

    answers = asyncio.run(ask_all())
    assert ["24 months" in answer for answer in answers] == [True, False] * 4


def test_a_cancelled_call_leaves_the_client_usable(service) -> None:
    async def cancel_one() -> str:
        async with AsyncPlumbline(service.url, api_key=service.admin) as client:
            task = asyncio.create_task(client.ask(QUESTION))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled()
            return (await client.ask(QUESTION)).answer

    assert "24 months" in asyncio.run(cancel_one())
