"""Kinds of secrets that have a mark of their own: the prefix that a service gives its tokens, with a random rest.

The prefixes and the alphabets behind them are those of gitleaks (config/gitleaks.toml at commit b58d3f1, MIT licence),
but for `dapi`, `ya29.`, `GOCSPX-` and AWS's, which are from the services' own pages. Rests are accepted from shorter
lengths on than theirs, as what people write into catalogs may be cut off.
"""

from __future__ import annotations

from typing import NamedTuple


class Mark(NamedTuple):
    """A prefix and what follows it.

    Args:
        prefixes: Literal beginnings, of which one must be there.
        rest: The pattern of what follows.
        runs: How many letters and digits in a row each secret holds at the least; 0 where it may hold `-` and `_`
            anywhere, so that nothing but the prefix gives it away.
    """

    prefixes: tuple[str, ...]
    rest: str
    runs: int = 16


_URL_SAFE = r"[\w-]"
MARKS = (
    Mark(("AKIA", "ASIA", "ABIA", "ACCA"), r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    Mark(("LTAI",), r"[A-Za-z0-9]{16,}"),
    Mark(("ABSK",), r"[A-Za-z0-9+/]{40,}={0,2}", 0),
    Mark(("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"[A-Za-z0-9]{20,}"),
    Mark(("github_pat_",), r"[A-Za-z0-9]{16,}\w*"),
    Mark(("glpat-", "gldt-", "glrt-", "glft-", "glagent-", "gloas-", "glptt-", "glsoat-"), rf"{_URL_SAFE}{{16,}}", 0),
    Mark(("xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxo-", "xoxc-", "xoxd-"), rf"{_URL_SAFE}{{10,}}", 0),
    Mark(("xapp-",), rf"{_URL_SAFE}{{10,}}", 0),
    Mark(("sk_live_", "sk_test_", "rk_live_", "rk_test_", "pk_live_", "pk_test_"), r"[A-Za-z0-9]{16,}"),
    Mark(("whsec_",), r"[A-Za-z0-9+/]{16,}={0,2}", 0),
    Mark(("AIza",), rf"{_URL_SAFE}{{30,}}", 0),
    Mark(("ya29.", "GOCSPX-", "hvs.", "hvb."), rf"{_URL_SAFE}{{16,}}", 0),
    Mark(("pypi-",), rf"{_URL_SAFE}{{40,}}", 0),
    Mark(("SG.",), rf"{_URL_SAFE}{{16,}}\.{_URL_SAFE}{{16,}}", 0),
    Mark(("sk-", "sk-ant-", "sk-proj-"), rf"{_URL_SAFE}{{20,}}", 0),
    Mark(("npm_", "pnu_", "lin_api_"), r"[A-Za-z0-9]{30,}"),
    Mark(("hf_", "api_org_"), r"[A-Za-z0-9]{30,}"),
    Mark(("dapi", "shpat_", "shpca_", "shppa_", "shpss_"), r"[0-9a-fA-F]{32}"),
    Mark(("dop_v1_", "doo_v1_", "dor_v1_", "sntryu_", "xkeysib-", "pul-", "rubygems_"), r"[0-9a-f]{40,}[\w-]*"),
    Mark(("glsa_", "pplx-", "gsk_", "r8_", "tfp_", "nfp_"), r"[A-Za-z0-9]{32,}\w*"),
    Mark(("dckr_pat_",), rf"{_URL_SAFE}{{20,}}", 0),
    Mark(("PMAK-",), r"[0-9a-f]{24}-[0-9a-f]{34}"),
    Mark(("AGE-SECRET-KEY-",), r"1[A-Z0-9]{58}", 0),
    Mark(("EZAK", "EZTK"), r"[A-Za-z0-9]{54}"),
    Mark(("dt0c01.",), r"[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}", 0),
    Mark(("ntn_",), r"[A-Za-z0-9]{40,}"),
    Mark(("sq0atp-", "sq0csp-"), rf"{_URL_SAFE}{{22,}}", 0),
)
