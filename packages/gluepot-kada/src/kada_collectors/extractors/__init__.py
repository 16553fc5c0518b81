"""The collectors by name: `glue`, and `utils` beside it. Any other name gets an answer that says so."""

from kada_collectors.absent import explain_absent_collectors

explain_absent_collectors()
