"""`gluepot init`, `gluepot config schema` and `gluepot access policy|role`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from gluepot.cli import say
from gluepot.cli.options import ConfigFile, Debug, Format, Output
from gluepot.cli.reporting import read_config
from gluepot.cli.start import newfile

Style = Literal["toml", "yaml", "json"]
"""The language of a configuration file."""

Target = Annotated[
    Path | None,
    typer.Option("-o", "--file", metavar="FILE", help="Where to write it; '-' prints it.", show_default="gluepot.toml"),
]
Language = Annotated[
    Style | None,
    typer.Option(
        "--style", metavar="toml|yaml|json", help="The language; told from FILE's suffix.", show_default="toml"
    ),
]
S3Prefix = Annotated[
    str | None,
    typer.Option("--s3", metavar="PREFIX", help="Let it list and read s3://BUCKET/PREFIX too.", show_default=False),
]
Server = Annotated[
    str | None,
    typer.Option("--server", metavar="SERVER", help="The one account to write it for.", show_default=False),
]
Principal = Annotated[
    str,
    typer.Option(
        "--principal", metavar="ARN", help="Who may assume the role: an account id or an ARN.", show_default=False
    ),
]
ExternalId = Annotated[
    str | None,
    typer.Option(
        "--external-id", metavar="ID", help="The external id that the trust policy asks for.", show_default=False
    ),
]


def init(*, file: Target = None, style: Language = None, output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Write a commented configuration to start from; an existing file is never overwritten."""
    from gluepot.config import example  # noqa: PLC0415 - lazy: start-up

    chosen = style or _style_of(file)
    path = file or Path(f"gluepot.{chosen}")
    return newfile.start(path, chosen, example, "gluepot check", as_json=output == Output.JSON)


def _style_of(file: Path | None) -> Style:
    match file.suffix.lower() if file else "":
        case ".yml" | ".yaml":
            return "yaml"
        case ".json":
            return "json"
        case _:
            return "toml"


def schema(*, output: Format = Output.TEXT, _debug: Debug = False) -> int:  # noqa: ARG001 - a schema is JSON either way
    """Print the JSON Schema of the configuration, for editors that complete and check."""
    from gluepot.config import schema as job  # noqa: PLC0415 - lazy: start-up

    say.data_json(job())
    return 0


def policy(
    *,
    config: ConfigFile,
    s3: S3Prefix = None,
    server: Server = None,
    output: Format = Output.TEXT,  # noqa: ARG001 - a policy is JSON either way
    _debug: Debug = False,
) -> int:
    """Print the IAM policy that the configuration needs, and nothing beyond it, as JSON."""
    settings = read_config(config)
    from gluepot.collector.access.policy import policy as job  # noqa: PLC0415 - lazy: start-up

    say.data_json(job(settings, s3_prefix=s3, server=server))
    return 0


def role(
    *,
    config: ConfigFile,
    principal: Principal,
    external_id: ExternalId = None,
    s3: S3Prefix = None,
    server: Server = None,
    output: Format = Output.TEXT,
    _debug: Debug = False,
) -> int:
    """Print the CloudFormation template, as YAML, of the role that the configuration needs."""
    settings = read_config(config)
    from gluepot.collector.access.template import role_template  # noqa: PLC0415 - lazy: start-up

    text = role_template(settings, principal=principal, external_id=external_id, s3_prefix=s3, server=server)
    if output == Output.JSON:
        say.data_json({"template": text})
    else:
        say.data(text.rstrip("\n"))
    return 0
