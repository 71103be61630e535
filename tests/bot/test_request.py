"""The way of a request into the queue when that does not answer."""

from __future__ import annotations

import pytest

from bot.core import request
from tests.bot.conftest import DirectDoor, House, picture
from worker.jobs.errors import QueueAway
from worker.jobs.model import Job, Ticket
from worker.jobs.policy import MICRO


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "_PAUSES", (0.0, 0.0, 0.0))


async def test_a_lost_answer_is_asked_for_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A submit that was carried out and not answered is made again under its key: the person has
    one job and hears of it, and pays once.
    """
    submit, answers = house.queue.submit, iter((False, True))

    async def lossy(job: Job, *, key: str) -> Ticket:
        ticket = await submit(job, key=key)
        if not next(answers):
            raise QueueAway("The connection was cut.")
        return ticket

    monkeypatch.setattr(house.queue, "submit", lossy)
    await house.announce("swirl")
    reply = await DirectDoor(house, "en", "ann").say("/swirl", [picture()])
    [view] = await house.queue.jobs_of("fake:ann")
    assert (view.job.id, "") == (reply["slot"], reply["error"])
    assert view.job.cost == (await house.queue.account("fake:ann")).held * MICRO


async def test_an_outage_is_said_in_the_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a few tries the person hears that the queue is away; the photo is still there."""
    submit, tries = house.queue.submit, 0

    async def away(job: Job, *, key: str) -> Ticket:
        nonlocal tries
        tries += 1
        raise QueueAway("There is no connection.")

    await house.announce("swirl")
    door = DirectDoor(house, "en", "ann")
    monkeypatch.setattr(house.queue, "submit", away)
    assert "queue_away" == (await door.say("/swirl", [picture()]))["error"]
    assert 4 == tries
    monkeypatch.setattr(house.queue, "submit", submit)
    assert (await door.say("/swirl"))["slot"]
