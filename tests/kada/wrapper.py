"""The wrapper script of KADA's page "Glue (via Collector method) - v3.0.0", as a user has it on disk.

The page's text lost the ends of three lines; they are completed as public scripts written after it have them.
"""

import argparse
import os

from kada_collectors.extractors.glue import Extractor
from kada_collectors.extractors.utils import get_generic_logger, get_hwm, load_config, publish_hwm

get_generic_logger(
    "root"
)  # Set to use the root logger, you can change the context accordingly or define your own logger

_type = "glue"
dirname = os.path.dirname(__file__)  # noqa: PTH120 - as the page has it
filename = os.path.join(dirname, "kada_{}_extractor_config.json".format(_type))  # noqa: PTH118, UP032 - as the page has it

parser = argparse.ArgumentParser(description="KADA Glue Extractor.")
parser.add_argument(
    "--config",
    "-c",
    dest="config",
    default=filename,
    help="Location of the configuration json, default is the config json in the same directory as the script.",
)
parser.add_argument("--name", "-n", dest="name", default=_type, help="Name of the collector instance.")
args = parser.parse_args()

start_hwm, end_hwm = get_hwm(args.name)

ext = Extractor(**load_config(args.config))
ext.test_connection()
ext.run(**{"start_hwm": start_hwm, "end_hwm": end_hwm})  # noqa: PIE804 - as the page has it

publish_hwm(_type, end_hwm)
