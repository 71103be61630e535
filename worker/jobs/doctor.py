"""What is well and what is not with a configuration: the checks that bot and worker share."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel
from redis.asyncio import Redis
from redis.exceptions import RedisError

from worker.jobs.blobs import Blobs
from worker.jobs.connection import OLDEST, shut_out
from worker.jobs.errors import BadSettings, BlobMissing, BlobStoreAway
from worker.jobs.settings import Jobs, JobsSettings, names_in, open_jobs

__all__ = ["Finding", "check_jobs", "misspelt", "report"]

_PATIENCE = 10.0
_NEAR = 0.9
"""How alike two names of settings are of which one was meant to be the other."""
_LITTLE = 2**30
_NEARLY_FULL = 0.8
_KEYS = "correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_BY_CODE = {
    "SignatureDoesNotMatch": _KEYS,
    "InvalidAccessKeyId": _KEYS,
    "AuthorizationHeaderMalformed": "correct AWS_REGION",
    "NoSuchBucket": "make the bucket, or correct ATELIER_BLOBS_URL",
}
"""What to do, by what S3 calls its refusal."""


@dataclass(frozen=True)
class Finding:
    """One line: how it is, with what, and what to do unless it is well."""

    level: Literal["ok", "warn", "fail"]
    what: str
    found: str
    do: str = ""

    def __str__(self) -> str:
        found = self.found.rstrip(".") if self.do else self.found
        advice = f"{'' if found.endswith('?') else ';'} {self.do}" if self.do else ""
        return f"{self.level:4}  {self.what}: {found}{advice}"


async def report(findings: AsyncIterator[Finding]) -> int:
    """Print each as it comes; returns the exit status: 1 when something fails."""
    status = 0
    async for finding in findings:
        print(finding, flush=True)
        status = max(status, int(finding.level == "fail"))
    return status


async def check_jobs(
    settings: JobsSettings, also: Callable[[Jobs], AsyncIterator[Finding]] | None = None
) -> AsyncIterator[Finding]:
    """Redis and the store of pictures; then, if Redis answers, what `also` finds."""
    try:
        async with open_jobs(settings, wait=False) as jobs:
            info = await _ask(jobs.redis)
            for finding in _of_redis(settings, info) if isinstance(info, dict) else [info]:
                yield finding
            yield await _pictures(jobs.blobs, settings)
            if isinstance(info, dict) and also is not None:
                async for finding in also(jobs):
                    yield finding
    except BadSettings as error:
        yield Finding("fail", "settings", str(error), "correct the setting, or the rights to it")
    for finding in _places(settings):
        yield finding


def misspelt(model: type[BaseModel]) -> Iterator[Finding]:
    """Variables that nobody reads, but that look like one of this settings class."""
    known = set(names_in(model))
    for name in sorted(os.environ.keys() - known):
        if name.startswith("ATELIER_") and (near := get_close_matches(name, known, 1, _NEAR)):
            yield Finding("warn", "settings", f"{name} is none", f"did you mean {near[0]}?")


async def _ask(redis: Redis) -> dict[str, Any] | Finding:
    try:
        async with asyncio.timeout(_PATIENCE):
            found: dict[str, Any] = await redis.info()
    except (RedisError, OSError) as error:
        if shut_out(error):
            do = "correct user and password in ATELIER_REDIS_URL"
            return Finding("fail", "Redis", f"lets us not in: {error}", do)
        why = f": {error}" if str(error) else ""
        do = "start it, or correct ATELIER_REDIS_URL"
        return Finding("fail", "Redis", f"does not answer{why}", do)
    return found


def _of_redis(settings: JobsSettings, info: dict[str, Any]) -> list[Finding]:
    return [_answering(settings, info), *_keeping(info), *_followed(settings, info)]


def _answering(settings: JobsSettings, info: dict[str, Any]) -> Finding:
    version = str(info["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        return Finding("fail", "Redis", f"is {version}", "use 6.2 or newer")
    whose = "at ATELIER_REDIS_URL" if settings.redis_url else "the embedded one"
    return Finding("ok", "Redis", f"{version} answers, {whose}")


def _keeping(info: dict[str, Any]) -> list[Finding]:
    """Whether it keeps what it is given."""
    findings = []
    if not info.get("aof_enabled"):
        found, do = "has no append-only file: a crash loses jobs", "set appendonly yes"
        findings.append(Finding("warn", "Redis", found, do))
    elif info.get("aof_last_write_status", "ok") != "ok":
        findings.append(Finding("fail", "Redis", "can't write its file", "make room on its disk"))
    else:
        findings.append(Finding("ok", "Redis", "writes all changes to its append-only file"))
    most, used = int(info.get("maxmemory", 0)), int(info["used_memory"])
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        do = "set maxmemory-policy noeviction"
        findings.append(Finding("fail", "Redis", f"drops keys when it is full ({policy})", do))
    elif most and used > _NEARLY_FULL * most:
        found = f"uses {used >> 20} of {most >> 20} MB"
        findings.append(Finding("warn", "Redis", found, "give it more memory (maxmemory)"))
    else:
        findings.append(Finding("ok", "Redis", f"uses {used >> 20} MB, and drops nothing"))
    return findings


def _followed(settings: JobsSettings, info: dict[str, Any]) -> list[Finding]:
    """Whether another Redis can take its place."""
    count = int(info.get("connected_slaves", 0))
    if count:
        found = f"has {count} replica{'s' if count > 1 else ''}; one confirms what is promised"
        return [Finding("ok", "Redis", found)]
    if "+" in settings.redis_url.partition(":")[0]:
        found, do = "has no replica to take its place", "start one, or look at its log"
        return [Finding("warn", "Redis", found, do)]
    return []


def _store_advice(settings: JobsSettings, refusal: str = "") -> str:
    """What is most likely to be missing."""
    if (code := refusal.rpartition(": ")[2]) in _BY_CODE:
        return _BY_CODE[code]
    if not settings.blobs_url.startswith("s3:"):
        return "look at the rights and the room there"
    plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http:")
    if plain and os.environ.get("AWS_ALLOW_HTTP", "").lower() not in ("true", "1"):
        return "set AWS_ALLOW_HTTP=true, or an AWS_ENDPOINT_URL with https"
    if "AWS_ACCESS_KEY_ID" not in os.environ:
        return "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, unless the machine has a role"
    return "look at the bucket, its AWS_REGION and AWS_ENDPOINT_URL, and what the keys may do"


async def _pictures(blobs: Blobs, settings: JobsSettings) -> Finding:
    name, content = f"doctor-{secrets.token_hex(8)}/probe", secrets.token_bytes(1024)
    where = "ATELIER_BLOBS_URL" if settings.blobs_url else str(settings.state_dir / "blobs")
    try:
        async with asyncio.timeout(_PATIENCE):
            await blobs.put(name, content)
            same = content == await blobs.get(name)
            await blobs.delete([name])
    except (BlobStoreAway, BlobMissing, TimeoutError) as error:
        do = _store_advice(settings, str(error))
        return Finding("fail", "pictures", f"can't be kept in {where}: {error}", do)
    if not same:
        do = _store_advice(settings)
        return Finding("fail", "pictures", f"come back changed from {where}", do)
    return Finding("ok", "pictures", f"are written, read and deleted in {where}")


def _places(settings: JobsSettings) -> list[Finding]:
    findings = []
    if settings.redis_url and not settings.blobs_url:
        found = "lie in a folder of this machine alone"
        do = "set ATELIER_BLOBS_URL if bots or workers run on others, too"
        findings.append(Finding("warn", "pictures", found, do))
    folder = settings.state
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(Path(there)).free
    if free < _LITTLE and not settings.blobs_url:
        findings.append(Finding("warn", "disk", f"{free >> 20} MB are free", f"clean {there}"))
    return findings
