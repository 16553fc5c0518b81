"""What is committed names no package registry and no developer's machine, and the lock fits what it locks."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

REGISTRIES = re.compile(
    r"(?:files\.pythonhosted|pypi)\.(?:org|io)|registry\.(?:npmjs|yarnpkg)\.\w+|npmjs\.com/package|/simple/|"
    r"artifactory|jfrog|codeartifact|nexus\d?\.|devpi|gemfury|"
    r"(?:index|find[-_]links|extra[-_]index)[-_]?(?:url)?\s*[=:]\s*[\"']?https?:",
    re.IGNORECASE,
)
MACHINES = re.compile(r"(?<![\w.~}*])/(?:home|Users|root|work|mnt|private)/(?!\.\.)[\w.-]+|[A-Z]:\\\\?Users\\")

INVENTED = re.compile(r"/home/(?:user|me|you|airflow)\b|/work/(?:data|warehouse)\b")
"""Paths in examples and test data that are nobody's."""


def committed() -> dict[str, str]:
    """Read every text file that git knows, but for this one, which spells the patterns out."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    files = {}
    for name in listed.split("\0"):
        path = ROOT / name
        if not name or path == Path(__file__) or not path.is_file():
            continue
        body = path.read_bytes()
        if b"\0" not in body[:8192]:
            files[name] = body.decode("utf-8", "replace")
    return files


def found(pattern: re.Pattern[str], text: str) -> list[str]:
    return [match[0] for match in pattern.finditer(text)]


def test_no_file_names_a_package_registry() -> None:
    assert {name: found(REGISTRIES, text) for name, text in committed().items() if REGISTRIES.search(text)} == {}


def test_no_file_holds_a_path_of_a_developers_machine() -> None:
    texts = {name: INVENTED.sub("", text) for name, text in committed().items()}
    assert {name: found(MACHINES, text) for name, text in texts.items() if MACHINES.search(text)} == {}


def project(path: str) -> dict[str, Any]:
    """Read a package's own description."""
    found: dict[str, Any] = tomllib.loads((ROOT / path).read_text(encoding="utf-8"))["project"]
    return found


SANDBOX = project("packages/gluepot-sandbox/pyproject.toml")


def locked(text: str) -> dict[str, list[str]]:
    """Read a lock: each package's name, with the hashes that follow it."""
    packages: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if begins := re.match(r"([a-z0-9-]+)==", line):
            name = begins[1]
            packages.setdefault(name, [])
        packages.get(name, []).extend(re.findall(r"--hash=sha256:[0-9a-f]{64}", line))
    return packages


def names_of(wanted: list[str]) -> set[str]:
    """Take the packages' names out of requirements."""
    return {re.split(r"[\[<>=~!; ]", one)[0].lower().replace("_", "-") for one in wanted}


def test_the_lock_holds_every_dependency_with_its_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = [wanted for extra, wanted in project["project"]["optional-dependencies"].items() if extra != "airflow"]
    wanted = [*project["project"]["dependencies"], *(one for extra in extras for one in extra)]
    wanted += project["dependency-groups"]["dev"] + project["build-system"]["requires"]
    wanted += [one for one in SANDBOX["dependencies"] if not one.startswith("gluepot")]
    packages = locked((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    assert names_of(wanted) - packages.keys() == set()
    assert [name for name, hashes in packages.items() if not hashes] == []


def test_airflows_lock_holds_what_gluepot_needs_beside_it_at_the_same_versions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    text = (ROOT / "tools" / "airflow.txt").read_text(encoding="utf-8")
    packages = locked(text)
    assert names_of([*project["dependencies"], *extras["load"], *extras["airflow"]]) - packages.keys() == set()
    assert [name for name, hashes in packages.items() if not hashes] == []
    both = versions(text).items() & versions((ROOT / "requirements.lock").read_text(encoding="utf-8")).items()
    shared = packages.keys() & locked((ROOT / "requirements.lock").read_text(encoding="utf-8")).keys()
    assert {name for name, _ in both} == shared


def versions(text: str) -> dict[str, str]:
    """Read a lock: each package's versions; one may be there in several, for several Pythons."""
    found: dict[str, str] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", text, re.MULTILINE):
        found[name] = f"{found.get(name, '')} {version}".strip()
    return found


def test_the_packages_have_one_version_and_one_licence() -> None:
    main, kada = project("pyproject.toml"), project("packages/gluepot-kada/pyproject.toml")
    from gluepot import __version__

    assert main["version"] == kada["version"] == SANDBOX["version"] == __version__
    assert kada["dependencies"] == [f"gluepot>={__version__}"]
    assert SANDBOX["dependencies"][0] == f"gluepot[load]>={__version__}"
    assert main["license"] == kada["license"] == SANDBOX["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_no_extra_of_gluepot_is_the_sandboxs() -> None:
    main = project("pyproject.toml")
    named = names_of(
        [*main["dependencies"], *(one for extra in main["optional-dependencies"].values() for one in extra)]
    )
    assert named & {"gluepot-sandbox", "moto", "aiohttp", "awswrangler", "cryptography"} == set()
