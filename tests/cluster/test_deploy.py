"""The files for Docker, Kubernetes and SLURM: what their own definitions say about them."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from autograder.grading.cluster.launch import arguments
from tests.catalogue import ROOT
from tests.conftest import Once

DEPLOY = ROOT / "deploy"
OPERATOR = "dask-kubernetes==2026.3.0"
"""Its wheel has the definitions of the operator's resources. It is not installed: it would bring dozens of packages."""
CRDS = "dask_kubernetes/operator/deployment/helm/dask-kubernetes-operator/crds"


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    tool = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([tool, DEPLOY / "docker" / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_dockerfile_has_the_pinned_torch() -> None:
    pinned = next(line for line in (ROOT / "requirements.lock").read_text().splitlines() if line.startswith("torch=="))
    assert f"{pinned}+cpu" in (DEPLOY / "docker" / "Dockerfile").read_text()


def test_compose_encrypts_everything_and_opens_no_port() -> None:
    compose: dict[str, Any] = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text())
    services = compose["services"]
    assert set(services) == {"scheduler", "worker", "client"}
    for service in services.values():
        assert not service.get("ports") and not service.get("privileged") and not service.get("cap_add")
        assert service["environment"]["DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION"] == "True"
        assert set(service["secrets"]) == set(compose["secrets"])
    assert services["worker"]["volumes"] == ["./course:/course:ro"]


@pytest.fixture(scope="module")
def definition(once: Once) -> dict[str, Any]:
    """The operator's schema of a cluster, closed: Kubernetes would drop unknown fields without a word."""

    def fetch(folder: Path) -> None:
        words = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), OPERATOR]
        subprocess.run(words, check=True)

    (wheel,) = once("dask-kubernetes", fetch).glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        crd = yaml.load(packed.read(f"{CRDS}/daskcluster.yaml"), yaml.CSafeLoader)
    version = next(each for each in crd["spec"]["versions"] if each["name"] == "v1")
    return _closed(version["schema"]["openAPIV3Schema"])


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _closed(value) for key, value in schema.items()}
    if (
        "properties" in found
        and not found.get("x-kubernetes-preserve-unknown-fields")
        and found.get("type") == "object"
    ):
        found.setdefault("additionalProperties", False)
    if found.pop("x-kubernetes-int-or-string", False):
        found.pop("type", None)
    return found


def test_the_manifest_is_what_the_operator_defines(definition: dict[str, Any]) -> None:
    manifest = yaml.safe_load((DEPLOY / "kubernetes" / "cluster.yaml").read_text())
    assert (manifest["apiVersion"], manifest["kind"]) == ("kubernetes.dask.org/v1", "DaskCluster")
    spec = definition["properties"]["spec"]
    jsonschema.validate(manifest["spec"], spec)
    broken = {**manifest["spec"], "workers": 3}
    with pytest.raises(jsonschema.ValidationError, match="workers"):
        jsonschema.validate(broken, spec)
    for part in ("worker", "scheduler"):
        pod = manifest["spec"][part]["spec"]
        (volume,) = pod["volumes"]
        assert volume["secret"]["defaultMode"] == 0o400
        assert not pod["automountServiceAccountToken"]


def test_the_sbatch_file_is_shell(tmp_path: Path) -> None:
    subprocess.run(["bash", "-n", DEPLOY / "slurm" / "grade.sbatch"], check=True)


def test_the_worker_is_one_process_without_limits_on_memory(tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    file.touch()
    plain, on_gpu = arguments("tls://host:8786", 4, None, 0), arguments(str(file), 4, "me", 2)
    assert plain[:1] == ["tls://host:8786"] and on_gpu[:2] == ["--scheduler-file", str(file)]
    joined = " ".join(plain)
    assert all(each in joined for each in ("--nworkers 1", "--nthreads 4", "--memory-limit 0"))
    assert on_gpu[2:] == [*plain[1:], "--name", "me", "--resources", "GPU=2"]
