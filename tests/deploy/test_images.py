"""Images, compose.yaml and the manifests for Kubernetes, as far as no container is needed."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.bot.process import kept_port
from tests.conftest import WAIT
from tests.deploy.conftest import Told
from tests.deploy.dockerfile import read_stages
from tests.deploy.settings import ROOT, all_names
from tests.deploy.test_dashboard import is_exposed
from tests.worker.runtime_kit import until
from worker.config import WorkerOptions

DEPLOY = ROOT / "deploy"
STAGES = read_stages((DEPLOY / "Dockerfile").read_text("utf-8"))
IMAGES = ("bot", "worker-cpu", "worker-gpu")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
MANIFESTS: list[dict[str, Any]] = [
    document
    for path in sorted((DEPLOY / "k8s").rglob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text("utf-8"))
]
PODS = {
    document["metadata"]["name"]: document["spec"]["template"]["spec"]
    for document in MANIFESTS
    if document["kind"] in ("Deployment", "StatefulSet")
}
GRACE = WorkerOptions().grace


def test_hadolint() -> None:
    """The Dockerfile has no fault that hadolint knows."""
    program = Path(sys.executable).with_name("hadolint")
    if not program.exists():
        pytest.skip("hadolint is not installed here")
    found = subprocess.run(
        [program, "Dockerfile"], cwd=DEPLOY, capture_output=True, text=True, check=False
    )
    assert (0, "") == (found.returncode, found.stdout)


def test_settings_exist() -> None:
    """What images, compose.yaml and manifests set are settings of ours."""
    files = [DEPLOY / "Dockerfile", DEPLOY / "compose.yaml", *(DEPLOY / "k8s").rglob("*.yaml")]
    said = {
        name for path in files for name in re.findall(r"\bATELIER_\w+", path.read_text("utf-8"))
    }
    assert said
    assert set() == said - all_names()


def test_images_are_pinned_and_unprivileged() -> None:
    """By version; users are numbers, as Kubernetes wants them, and not root's; what is copied is
    there and not ignored.
    """
    images = [stage.image for stage in STAGES.values()]
    images += [service["image"] for service in COMPOSE["services"].values()]
    for image in images:
        assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.\d+(-[a-z-]+)?", image), image
    assert {"10001"} == {STAGES[name].user for name in IMAGES}
    assert STAGES["worker-cpu"].cmd == STAGES["worker-gpu"].cmd
    kept = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" == kept[0]
    for path in (line[1:] for line in kept if line.startswith("!")):
        assert (ROOT / path).exists()
    assert {"bot", "effects", "worker", "pyproject.toml", "README.md"} <= {p[1:] for p in kept}


def test_compose() -> None:
    """By the specification; volumes and targets exist; a worker has time to end its job."""
    spec = pytest.importorskip("compose_spec")
    # `<<` is YAML's own, and not for the model
    read = spec.PyCompose.from_yaml(yaml.safe_dump(COMPOSE))
    services = COMPOSE["services"]
    assert {"redis", *IMAGES} <= set(read.service_names())
    for name in IMAGES:
        service = services[name]
        assert name == service["build"]["target"]
        assert (ROOT / service["build"]["dockerfile"]).exists()
        assert service["read_only"]
        writable = {volume.partition(":")[2] for volume in service["volumes"]}
        assert writable <= {"/data/state", "/data/weights", "/data/cache"}
    named = {
        volume.partition(":")[0]
        for service in services.values()
        for volume in service.get("volumes", ())
        if not volume.startswith(".")
    }
    assert named == set(COMPOSE["volumes"])
    for service in services.values():
        for volume in service.get("volumes", ()):
            if volume.startswith("."):
                assert (DEPLOY / volume.partition(":")[0]).exists()
    assert GRACE < int(services["worker-cpu"]["stop_grace_period"].rstrip("s"))
    assert [["cpu"], ["gpu"]] == [services[f"worker-{kind}"]["profiles"] for kind in ("cpu", "gpu")]


def test_object_store() -> None:
    """What docs/operations.md has for .env is where compose.yaml's store is, and its bucket."""
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    said = dict(re.findall(r"^((?:ATELIER|AWS)_\w+)=(\S+)$", page, re.MULTILINE))
    store = COMPOSE["services"]["s3"]
    config = tomllib.loads((DEPLOY / "garage.toml").read_text("utf-8"))
    port = config["s3_api"]["api_bind_addr"].rpartition(":")[2]
    assert f"http://s3:{port}" == said["AWS_ENDPOINT_URL"]
    assert config["s3_api"]["s3_region"] == said["AWS_REGION"]
    assert f"s3://{store['environment']['GARAGE_DEFAULT_BUCKET']}" == said["ATELIER_BLOBS_URL"]
    kept = {volume.split(":")[1] for volume in store["volumes"]}
    assert {config["metadata_dir"], config["data_dir"], "/etc/garage.toml"} == kept
    for variable in store["environment"].values():
        assert re.sub(r"\$\{(\w+):-\}", r"\1", variable) in {*said, "atelier"}


def test_prometheus_and_grafana_find_all() -> None:
    """Prometheus asks services that there are at the ports that they tell at; rules, dashboard and
    the source are where the two programs look for them.
    """
    services = COMPOSE["services"]
    config = yaml.safe_load((DEPLOY / "watch" / "prometheus.yaml").read_text("utf-8"))
    for scrape in config["scrape_configs"]:
        for found in scrape["dns_sd_configs"]:
            for name in found["names"]:
                assert str(found["port"]) == STAGES[name].env[_told_port(name)]
    mounts = {
        target: source
        for name in ("prometheus", "grafana")
        for source, target, *_ in (volume.split(":") for volume in services[name]["volumes"])
    }
    assert {"./watch/alerts.yaml"} == {mounts[rules] for rules in config["rule_files"]}
    provisioning = DEPLOY / mounts["/etc/grafana/provisioning"]
    [provider] = yaml.safe_load((provisioning / "dashboards/atelier.yaml").read_text())["providers"]
    assert (DEPLOY / mounts[provider["options"]["path"]] / "atelier.json").exists()
    sources = yaml.safe_load((provisioning / "datasources/prometheus.yaml").read_text())
    assert ["http://prometheus:9090"] == [source["url"] for source in sources["datasources"]]


def _told_port(name: str) -> str:
    return "ATELIER_WATCH__PORT" if name == "bot" else "ATELIER_WORKER__WATCH__PORT"


@pytest.mark.parametrize("name", PODS)
def test_pods(name: str) -> None:
    """No root, no writable root, no capabilities; probes ask what is served; time to drain."""
    pod = PODS[name]
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    [container] = pod["containers"]
    security = container["securityContext"]
    assert security["readOnlyRootFilesystem"]
    assert not security["allowPrivilegeEscalation"]
    assert ["ALL"] == security["capabilities"]["drop"]
    if name == "redis":
        return
    assert container["image"] in {service["image"].partition(":")[0] for service in _ours()}
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert STAGES[name].env[_told_port(name)] == str(ports["watch"])
    paths = {probe: container[f"{probe}Probe"]["httpGet"] for probe in ("liveness", "readiness")}
    assert {"path": "/healthz", "port": "watch"} == paths["liveness"]
    assert {"path": "/readyz", "port": "watch"} == paths["readiness"]
    if name != "bot":
        assert GRACE < pod["terminationGracePeriodSeconds"]


def _ours() -> Iterator[dict[str, Any]]:
    yield from (COMPOSE["services"][name] for name in IMAGES)


def test_manifests(told: Told) -> None:
    """Files are all named; no secret is in them; scaling asks for what is exposed, of workers that
    there are.
    """
    for folder in (DEPLOY / "k8s", DEPLOY / "k8s" / "gpu"):
        files = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
        kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
        assert files == set(kustomization["resources"])
        for maps in kustomization.get("configMapGenerator", ()):
            for literal in maps["literals"]:
                assert not re.search("TOKEN|SECRET|PASSWORD", literal)
    scaled = [document for document in MANIFESTS if document["kind"] == "ScaledObject"]
    assert 2 == len(scaled)
    for document in scaled:
        assert document["spec"]["scaleTargetRef"]["name"] in PODS
        for trigger in document["spec"]["triggers"]:
            is_exposed(told, trigger["metadata"]["query"])
    guarded = [d["metadata"]["name"] for d in MANIFESTS if d["kind"] == "PodDisruptionBudget"]
    assert ["worker-cpu", "worker-gpu"] == sorted(guarded)


@pytest.mark.parametrize("version", ["1.25", "1.37"])
def test_schemas(version: str) -> None:
    """Kubernetes' own schemas allow every manifest, with no field that they don't know."""
    validator = pytest.importorskip("kubernetes_validate")
    others = ("kustomize.config.k8s.io", "keda.sh")
    checked = [d for d in MANIFESTS if not d["apiVersion"].startswith(others)]
    assert {"Service", "StatefulSet", "Deployment", "PodDisruptionBudget"} == {
        document["kind"] for document in checked
    }
    for document in checked:
        validator.validate(document, version, strict=True)


@pytest.mark.parametrize("name", ["bot", "worker-cpu"])
async def test_commands_start(tmp_path: Path, redis_url: str, name: str) -> None:
    """What an image starts, with its variables, passes the image's own health check here, and
    fails it before and after.
    """
    stage = STAGES[name]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("ATELIER_")}
    with kept_port() as port:
        local = {
            "0.0.0.0": "127.0.0.1",
            "/data": str(tmp_path),
            "9101": str(port),
            "9102": str(port),
        }

        def here(text: str) -> str:
            return re.sub(r"0\.0\.0\.0|/data|9101|9102", lambda found: local[found[0]], text)

        env = inherited | {key: here(value) for key, value in stage.env.items() if key != "PATH"}
        env |= {"ATELIER_REDIS_URL": redis_url, "ATELIER_WEB__PORT": "0", "OMP_NUM_THREADS": "1"}
        env |= {"ATELIER_WORKER__EFFECTS": "style"}

        async def healthy() -> bool:
            program, *arguments = map(here, stage.health)
            assert "python" == program
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-S", *arguments), env=env, stderr=asyncio.subprocess.DEVNULL
            )
            return 0 == await process.wait()

        assert not await healthy()
        program, *arguments = stage.cmd
        assert "python" == program
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *arguments), env=env, cwd=ROOT, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            await until(healthy)
            process.terminate()
            async with asyncio.timeout(WAIT):
                assert 0 == await process.wait()
            assert not await healthy()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
