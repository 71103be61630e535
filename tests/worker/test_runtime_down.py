"""Effects that are down, and come up again."""

from __future__ import annotations

import asyncio

from tests.worker.runtime_kit import House, until
from worker.jobs.model import WorkerInfo


async def _info(house: House) -> WorkerInfo:
    (info,) = await house.queue.workers()
    return info


async def test_an_effect_comes_up_when_its_weights_are_there(house: House) -> None:
    """The worker looks again by itself and announces it; nothing has to be started again."""
    worker = await house.worker(effects="noop,no_weights", look_again=0.3, pool="attic")
    child = worker.child()
    assert {"no_weights"} == set((await _info(house)).down)
    (house.folder / "weights").mkdir()
    (house.folder / "weights/odd.pth").touch()

    async def up() -> bool:
        info = await _info(house)
        return info.effects == ("noop", "no_weights") and not info.down

    await until(up)
    assert "done" == (await house.ending(await house.submit("no_weights"))).kind
    assert "no longer down: no_weights" in worker.log
    assert child == worker.child()
    assert "attic" == (await _info(house)).pool


async def test_a_child_that_died_in_a_load_bars_no_effect_for_ever(house: House) -> None:
    """What killed a child once (want of memory, a kill by hand) is tried again, too; the others
    are served meanwhile.
    """
    worker = await house.worker(effects="noop,deadly_load", look_again=0.3)
    await until(lambda: worker.log.count("while it loaded deadly_load") > 1)
    assert "done" == (await house.ending(await house.submit("noop"))).kind
    job = await house.submit("deadly_load")
    (house.folder / "weights").mkdir()
    (house.folder / "weights/deadly.pth").touch()
    assert "done" == (await house.ending(job)).kind
    assert {} == (await _info(house)).down
    assert "Traceback" not in worker.log


async def test_effects_that_can_not_be_loaded_are_announced_as_down(house: House) -> None:
    """Missing weights, a load that kills the child, one that never ends: each costs one effect,
    not the worker.
    """
    await house.worker(effects="noop,no_weights,deadly_load,endless_load", load_limit=8)
    (info,) = await house.queue.workers()
    assert (("noop",), "cpu") == (info.effects, info.pool)
    assert {
        "no_weights": "the weights odd.pth are not there: get them from nowhere",
        "deadly_load": "The child ended with status 9 while it loaded deadly_load.",
        "endless_load": "The child was silent for 8 s while it loaded endless_load.",
    } == info.down
    assert "done" == (await house.ending(await house.submit("noop"))).kind


async def test_an_effect_that_fails_to_load_later_goes_down(house: House) -> None:
    """The shelf was emptied for want of memory; what can't be loaded again is announced."""
    worker = await house.worker(effects="noop,late_trouble")
    assert "out_of_memory" == (await house.ending(await house.submit("late_trouble"))).code
    failed = await house.ending(await house.submit("late_trouble"))
    assert "broken_effect" == failed.code
    assert "The effect late_trouble can't be loaded on this worker." == failed.message

    async def down() -> bool:
        (info,) = await house.queue.workers()
        return "late_trouble" in info.down and info.effects == ("noop",)

    await until(down)
    assert "inner words" in worker.log


async def test_a_paused_pool_begins_nothing(house: House, photo: bytes) -> None:
    """A worker claims in the name of its pool; the other pool's goes on."""
    await asyncio.gather(house.worker("one", pool="attic"), house.worker("two"))
    office = house.queue.office
    rules = await office.rules()
    await office.set_rules(rules.model_copy(update={"paused_pools": ("attic",)}), who="test")
    for _ in range(4):
        job = await house.submit("invert", photo)
        assert (await house.ending(job)).media[0].blob.startswith(f"{job.id}/two-")
