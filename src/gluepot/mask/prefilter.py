"""Whether bytes might hold a credential at all: the cheap question in front of the redactor."""

from __future__ import annotations

import re

_SUSPECT = re.compile(
    rb"passw|passphrase|passcode|pwd|pass|secret|token|credential|authorization|bearer|basic|identified|"
    rb"conn(?:ection)?[_\-. ]?str|key[_\-. ]?id|"
    rb"(?:access|account|api|auth|client|encryption|master|private|"
    rb"security|shared|signing|ssh|storage|subscription)[_\-. ]?key|"
    rb"sig(?:nature)?|sas|signature|fs\.azure|akia|asia|abia|acca|astracs|eyj|gh[oprsu]_|github_pat|glpat|xox[a-z]-|xapp-|"
    rb"hooks\.slack|[prs]k_|whsec|aiza|ya29|gocspx|npm_|pypi-|hf_|dapi|dop_v1|hvs\.|shpat_|sg\.|sk-|private key|"
    rb"\\u00[2-7]|%[0-9a-f]{2}|[:/][^\"@\s]*@|[a-z0-9]{16}"
)


def might_hold_credentials(raw: bytes) -> bool:
    """Say whether the redactor could change any string in these bytes of JSON; False is always right."""
    return _SUSPECT.search(raw.lower()) is not None
