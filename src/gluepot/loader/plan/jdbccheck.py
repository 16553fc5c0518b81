"""What a plan file says of the JDBC route, checked before anything is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gluepot.config.reading import Reading
    from gluepot.loader.core.planfile import PlanFile

SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")


def problem(url: str) -> str:
    """Say what a URL must not be; never with a word of it. Empty for nothing."""
    if _SECRETS.search(url):
        return "holds a password or a token: Glue would show it to everybody who may see connections"
    if not url.startswith("jdbc:"):
        return "does not begin with jdbc:"
    if len(url) > LONGEST:
        return f"has {len(url):,} characters; Glue takes {LONGEST:,}"
    if "${user}" not in url or "${password}" not in url:
        return "lacks ${user} or ${password}, into which Glue puts the secret's values"
    return ""


_SECRETS: Final = re.compile(r"(?i)(password|token|secret|pwd)=(?!\$\{)|AstraCS:|//[^/?@]*:[^/?@]*@")


def check_jdbc(file: PlanFile, reading: Reading) -> None:
    """Note what a plan file lacks for this route, before anything is asked."""
    if file.jdbc is None:
        if file.route == "jdbc":
            reading.add("jdbc", "is missing", "section [jdbc] names the driver's jar and its sha256")
        return
    if file.jdbc.sha256 and not SHA256.fullmatch(file.jdbc.sha256):
        reading.add("jdbc.sha256", "must be 64 hex digits", f"sha256sum {file.jdbc.jar} prints them")
    if file.jdbc.url:
        wrong = problem(file.jdbc.url)
        if wrong:
            hint = "write user=${user}&password=${password}; the values stand in the secret"
            reading.add("jdbc.url", wrong, hint)


LONGEST: Final = 1024
"""Characters that Glue takes of it (https://docs.aws.amazon.com/glue/latest/webapi/API_Connection.html)."""
