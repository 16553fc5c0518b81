"""Kinds of secrets that have a mark of their own: the prefix that a service gives its tokens, with a random rest.

The prefixes, the alphabets behind them and the documented lengths are those of gitleaks (config/gitleaks.toml at commit
b58d3f1, MIT licence), but for `gsk_` and `r8_`, which are those of trufflehog (pkg/detectors at commit 2208f85), and
`ya29.`, `GOCSPX-`, `nfp_` and AWS's, which are from the services' own pages. Rests are accepted from shorter lengths on
than theirs, as what people write into catalogs may be cut off.
"""

from __future__ import annotations

from typing import NamedTuple

CERTAIN = ".*"
"""Of a prefix that nothing else is called by."""


class Mark(NamedTuple):
    """A prefix and what follows it.

    Args:
        prefixes: Literal beginnings, of which one must be there.
        rest: The pattern of what follows.
        documented: The pattern of what the service says that follows: that is a secret whatever letters it is made of.
            Another rest is none where it reads like a name: `pk_test_results`, `sk-orders-daily`.
        runs: How many letters and digits in a row each secret holds at the least, right behind its prefix; 0 where it
            may hold `-` and `_` anywhere, so that nothing but the prefix gives it away.
    """

    prefixes: tuple[str, ...]
    rest: str
    documented: str = CERTAIN
    runs: int = 16


_URL_SAFE = r"[\w-]"
_B62 = "[A-Za-z0-9]"
MARKS = (
    Mark(("AKIA", "ASIA", "ABIA", "ACCA"), r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    Mark(("A3T",), r"[A-Z0-9]{17}(?![A-Za-z0-9])"),
    Mark(("LTAI",), rf"{_B62}{{16,}}"),
    Mark(("ABSK",), r"[A-Za-z0-9+/]{40,}={0,2}", runs=0),
    Mark(("bedrock-api-key-",), r"[A-Za-z0-9+/]{16,}={0,2}", runs=0),
    Mark(("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), rf"{_B62}{{20,}}"),
    Mark(("github_pat_",), rf"{_B62}{{16,}}\w*"),
    Mark(
        ("glpat-", "gldt-", "glrt-", "glft-", "glagent-", "gloas-", "glptt-", "glsoat-"), rf"{_URL_SAFE}{{16,}}", runs=0
    ),
    Mark(("glcbt-", "glffct-", "glimt-"), rf"{_URL_SAFE}{{16,}}", runs=0),
    Mark(("GR1348941",), rf"{_URL_SAFE}{{20,}}", runs=0),
    Mark(
        ("xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxo-", "xoxc-", "xoxd-"),
        rf"{_URL_SAFE}{{10,}}",
        runs=0,
    ),
    Mark(("xapp-", "xoxe."), rf"{_URL_SAFE}{{10,}}", runs=0),
    Mark(
        ("sk_live_", "sk_test_", "rk_live_", "rk_test_", "pk_live_", "pk_test_", "sk_prod_", "rk_prod_"),
        rf"{_B62}{{16,}}",
    ),
    Mark(("whsec_",), r"[A-Za-z0-9+/]{16,}={0,2}", runs=0),
    Mark(("AIza",), rf"{_URL_SAFE}{{30,}}", runs=0),
    Mark(("ya29.", "GOCSPX-"), rf"{_URL_SAFE}{{16,}}", runs=0),
    Mark(("hvs.", "hvb."), rf"{_URL_SAFE}{{16,}}", rf"{_URL_SAFE}{{90,300}}", 0),
    Mark(("pypi-",), rf"{_URL_SAFE}{{40,}}", r"AgEIcHlwaS5vcmc.*", 0),
    Mark(("SG.",), rf"{_URL_SAFE}{{16,}}\.{_URL_SAFE}{{16,}}", rf"{_URL_SAFE}{{22}}\.{_URL_SAFE}{{43}}", 0),
    Mark(("sk-",), rf"{_URL_SAFE}{{20,}}", rf"{_B62}{{48}}", 0),
    Mark(("sk-ant-",), rf"{_URL_SAFE}{{20,}}", runs=0),
    Mark(("sk-proj-", "sk-svcacct-", "sk-admin-"), rf"{_URL_SAFE}{{20,}}", ".*T3BlbkFJ.*", 0),
    Mark(("npm_", "pnu_"), rf"{_B62}{{30,}}", rf"{_B62}{{36}}"),
    Mark(("lin_api_",), rf"{_B62}{{30,}}"),
    Mark(("hf_", "api_org_"), rf"{_B62}{{30,}}", r"[A-Za-z]{34}"),
    Mark(("dapi", "shpat_", "shpca_", "shppa_", "shpss_"), r"[0-9a-fA-F]{32}"),
    Mark(("dop_v1_", "doo_v1_", "dor_v1_", "sntryu_", "xkeysib-", "pul-", "rubygems_"), r"[0-9a-f]{40,}[\w-]*"),
    Mark(("glsa_",), rf"{_B62}{{32,}}\w*", rf"{_B62}{{32}}_[A-Fa-f0-9]{{8}}"),
    Mark(("glc_",), r"[A-Za-z0-9+/]{32,}={0,2}", runs=0),
    Mark(("pplx-",), rf"{_B62}{{32,}}\w*", rf"{_B62}{{48}}"),
    Mark(("gsk_", "r8_", "nfp_"), rf"{_B62}{{32,}}\w*", rf"{_B62}{{36,60}}"),
    Mark(("tfp_",), r"[\w.=-]{32,}", r"[\w.=-]{59}", 0),
    Mark(("dckr_pat_",), rf"{_URL_SAFE}{{20,}}", runs=0),
    Mark(("PMAK-",), r"[0-9a-f]{24}-[0-9a-f]{34}"),
    Mark(("AGE-SECRET-KEY-",), r"1[A-Z0-9]{58}", runs=0),
    Mark(("EZAK", "EZTK"), rf"{_B62}{{54}}"),
    Mark(("dt0c01.",), rf"{_B62}{{24}}\.{_B62}{{64}}"),
    Mark(("ntn_",), rf"{_B62}{{40,}}", rf"\d{{11}}{_B62}{{35}}"),
    Mark(("sq0atp-", "sq0csp-"), rf"{_URL_SAFE}{{22,}}", runs=0),
    # 1Password, Adobe, Airtable, Octopus, Cloudflare, ClickHouse, Clojars
    Mark(("A3-",), r"[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}", runs=0),
    Mark(("ops_eyJ",), r"[A-Za-z0-9+/]{40,}={0,3}", runs=0),
    Mark(("p8e-",), rf"{_B62}{{32}}"),
    Mark(("pat",), rf"{_B62}{{14}}(?![A-Za-z0-9])\.[a-f0-9]{{64}}"),
    Mark(("AKCp",), rf"{_B62}{{60,}}"),
    Mark(("cmVmd",), rf"{_B62}{{59}}"),
    Mark(("API-",), r"[A-Z0-9]{26}(?![A-Za-z0-9])"),
    Mark(("v1.0-",), r"[a-f0-9]{24}-[a-f0-9]{100,}"),
    Mark(("4b1d",), rf"{_B62}{{38}}(?![A-Za-z0-9])"),
    Mark(("CLOJARS_",), rf"{_B62}{{60}}"),
    # Doppler, Duffel, Flutterwave, Fly.io, Frame.io, Heroku, Infracost, 42
    Mark(("dp.pt.",), rf"{_B62}{{40,}}"),
    Mark(("duffel_test_", "duffel_live_"), r"[\w=-]{40,}", runs=0),
    Mark(("FLWSECK_TEST-", "FLWSECK-"), r"[A-Za-z0-9]{12,}(?:-X)?", runs=0),
    Mark(("fo1_", "fm2_"), r"[\w+/-]{40,}={0,3}", runs=0),
    Mark(("fio-u-",), r"[\w=-]{60,}", runs=0),
    Mark(("HRKU-AA",), rf"{_URL_SAFE}{{40,}}", runs=0),
    Mark(("ico-",), rf"{_B62}{{32}}"),
    Mark(("s-s4t2ud-", "s-s4t2af-"), r"[a-f0-9]{64}"),
    # PlanetScale, ReadMe, Scalingo, Sentry, SettleMint, Shippo, Sourcegraph, OpenShift, Twilio, Facebook
    Mark(("pscale_tkn_", "pscale_oauth_", "pscale_pw_"), r"[\w=.-]{32,}", runs=0),
    Mark(("rdme_",), r"[a-z0-9]{70}"),
    Mark(("tk-us-",), rf"{_URL_SAFE}{{48}}", runs=0),
    Mark(("sntrys_eyJ",), r"[A-Za-z0-9+/]{13,}={0,2}(?:_[A-Za-z0-9+/]*)?", runs=0),
    Mark(("sm_aat_", "sm_pat_", "sm_sat_"), rf"{_B62}{{16}}(?![A-Za-z0-9])"),
    Mark(("shippo_live_", "shippo_test_"), r"[a-fA-F0-9]{40}"),
    Mark(("sgp_",), r"[a-fA-F0-9]{40}"),
    Mark(("sha256~",), rf"{_URL_SAFE}{{43}}", runs=0),
    Mark(("SK",), r"[0-9a-f]{32}(?![A-Za-z0-9])"),
    Mark(("EAAM", "EAAC"), rf"{_B62}{{100,}}"),
    # Defined Networking, Dropbox, New Relic, Plaid, SonarQube, Yandex
    Mark(("dnkey-",), r"[\w=-]{26}-[\w=-]{52}", runs=0),
    Mark(("sl.",), r"[\w=-]{120,}", runs=0),
    Mark(("NRII-",), r"[A-Za-z0-9-]{32}", runs=0),
    Mark(
        ("access-sandbox-", "access-development-", "access-production-"),
        r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        runs=0,
    ),
    Mark(("squ_", "sqp_", "sqa_"), rf"{_B62}{{40}}"),
    Mark(("AQVN",), rf"{_URL_SAFE}{{35,}}", runs=0),
)
