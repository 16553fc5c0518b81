"""The log of the tasks: what a catalog, a keyspace or a service says goes into it without credentials."""

from __future__ import annotations

import logging

from gluepot.mask.credentials import RedactingFilter, Redactor

log = logging.getLogger("gluepot.airflow")
log.addFilter(RedactingFilter(Redactor()))
