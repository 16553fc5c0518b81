#!/usr/bin/env bash
# obstore 0.12.1: what `put` gives cannot be handed to the next `put` as the version that it is to replace, at a store without
# versions.
#
# `put` returns the object's ETag and version as a mapping, and takes a mapping of the same two names as `mode`, to write only over
# that version: compare and swap.
#
# Expected: the next put, with the last one's result, writes.
# Seen: TypeError, as the result's `version` is None, which the mode takes for no string; the ETag alone is taken.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check obstore==0.12.1
"$folder/env/bin/python" - <<'PY'
import obstore
from obstore.store import MemoryStore

store = MemoryStore()
first = obstore.put(store, "mark", b"1")
print("put gives:", sorted(first), "version:", first["version"])
assert first["version"] is None, "the behaviour has changed"
try:
    obstore.put(store, "mark", b"2", mode=first)
except TypeError as error:
    print("its result as mode:", type(error).__name__, error)
else:
    raise SystemExit("the behaviour has changed")
obstore.put(store, "mark", b"2", mode={"e_tag": first["e_tag"]})
print("its ETag as mode:", bytes(obstore.get(store, "mark").bytes()))
PY
echo "as described"
