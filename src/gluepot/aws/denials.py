"""What AWS says of a missing permission, in whichever service and whichever words."""

from __future__ import annotations

import re
from typing import Final

_DENIED: Final = re.compile(
    r"not authorized to perform:? (?P<action>[\w-]+:\w+)(?: on (?:the )?resource:? (?P<resource>\S+))?", re.IGNORECASE
)
"""How AWS words a denial (IAM user guide, "Troubleshoot access denied error messages"); STS does without the colon."""


def named_action(message: str, action: str, resource: str) -> tuple[str, str]:
    """Give the action and resource that AWS names in a denial, which need not be those of the call; else the call's.

    A catalog that is encrypted asks KMS, Lake Formation asks for a right of its own; there the call's resource says
    nothing of what the permission is for.
    """
    match = _DENIED.search(message)
    if match is None:
        return action, resource
    same = match["action"].lower() == action.lower()
    return match["action"], (match["resource"] or (resource if same else "*")).rstrip(".,")
