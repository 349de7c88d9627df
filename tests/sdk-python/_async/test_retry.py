"""What can be repeated is repeated as the service asks."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from keiyaku import AsyncClient, ProblemError, RequestOptions, Retry, UserCreate, UserPatch
from support import AsyncAction, Fake, Request, Service

pytestmark = pytest.mark.anyio

BODY = UserCreate(email="taro@example.com", age=25)
PAGE = '{"items":[],"next_cursor":null}'


async def refused(status: int, call: AsyncAction) -> None:
    with pytest.raises(ProblemError) as caught:
        await call()
    assert caught.value.status == status


async def test_429_of_the_real_service_is_waited_for() -> None:
    with Service(RATE_LIMIT_RPS="2", RATE_LIMIT_BURST="2") as service:
        token = service.token()
        async with AsyncClient(service.url, token=token, retry=Retry(attempts=5)) as patient:
            for _ in range(4):
                await patient.list_users()
        async with AsyncClient(service.url, token=token) as plain:
            with pytest.raises(ProblemError) as caught:
                for _ in range(20):
                    await plain.list_users()
            assert caught.value.status == 429


async def test_what_cannot_be_repeated_safely_is_not() -> None:
    with Fake(lambda request, _: request.reply(503, {"Retry-After": "0"})) as fake:

        async def tries(call: AsyncAction) -> int:
            before = len(fake.requests)
            await refused(503, call)
            return len(fake.requests) - before

        async with AsyncClient(fake.url, retry=Retry(attempts=3)) as client:
            assert await tries(client.list_users) == 3
            assert await tries(lambda: client.update_user(1, UserPatch(name=None))) == 1
            assert await tries(lambda: client.delete_user(1)) == 1
        async with AsyncClient(fake.url) as client:
            assert await tries(client.list_users) == 1
            assert await tries(lambda: client.create_user(BODY, idempotency_key="a key")) == 1


async def test_a_request_that_may_have_a_key_is_given_one_and_keeps_it() -> None:
    with Fake(lambda request, _: request.reply(503, {"Retry-After": "0"})) as fake:
        async with AsyncClient(fake.url, retry=Retry(attempts=3)) as client:
            await refused(503, lambda: client.create_user(BODY))
            await refused(503, lambda: client.create_user(BODY))
            await refused(503, lambda: client.create_user(BODY, idempotency_key="mine"))
            options = RequestOptions(headers={"idempotency-key": "also mine"})
            await refused(503, lambda: client.create_user(BODY, options=options))
        keys = fake.sent("Idempotency-Key")
        assert len(keys) == 12
        assert len(set(keys[0:3])) == len(set(keys[3:6])) == 1
        assert keys[0] is not None and keys[0] != keys[3]
        assert set(keys[6:9]) == {"mine"} and set(keys[9:12]) == {"also mine"}
        async with AsyncClient(fake.url) as client:
            await refused(503, lambda: client.create_user(BODY))
        assert fake.sent("Idempotency-Key")[-1] is None


@pytest.mark.parametrize("header", [{}, {"Retry-After": "60"}, {"Retry-After": "soon"}])
async def test_only_answers_that_say_when_are_waited_for_and_not_for_ever(header: dict[str, str]) -> None:
    with Fake(lambda request, _: request.reply(429, header)) as fake:
        async with AsyncClient(fake.url, retry=Retry(attempts=2)) as client:
            await refused(429, client.list_users)
        assert len(fake.requests) == 1


async def test_a_date_is_waited_for_and_the_answer_after_it_is_the_answer() -> None:
    def answer(request: Request, index: int) -> None:
        # Dates have whole seconds.
        date = formatdate(int(time.time()) + 2, usegmt=True)
        request.reply(503, {"Retry-After": date}) if index == 0 else request.reply(200, body=PAGE)

    with Fake(answer) as fake:
        started = time.monotonic()
        async with AsyncClient(fake.url, retry=Retry(attempts=2)) as client:
            assert (await client.list_users()).body.items == []
        assert time.monotonic() - started > 0.9
        assert len(fake.requests) == 2


async def test_a_connection_that_breaks_is_tried_again_also_in_the_middle_of_an_answer() -> None:
    def answer(request: Request, index: int) -> None:
        if index == 0:
            request.cut()
        elif index == 1:
            request.begin(200, {"Content-Type": "application/json", "Content-Length": "100"})
            request.wfile.write(PAGE.encode())
            request.cut()
        else:
            request.reply(200, body=PAGE)

    with Fake(answer) as fake:
        async with AsyncClient(fake.url, retry=Retry(attempts=3)) as client:
            assert (await client.list_users()).body.items == []
        assert len(fake.requests) == 3


async def test_an_answer_that_is_late_is_tried_again() -> None:
    with Fake(lambda request, index: request.hold() if index == 0 else request.reply(200, body=PAGE)) as fake:
        async with AsyncClient(fake.url, retry=Retry(attempts=2), timeout=0.2) as client:
            assert (await client.list_users(options=RequestOptions())).body.items == []
        assert len(fake.requests) == 2
