#!/usr/bin/env bash
# cassandra-driver 3.30.1: a user-defined type within a vector cannot be read where its name's hexadecimal has no letter.
#
# The protocol has no code for vectors: a column of type vector<frozen<pair>, 2> is described by the name of Cassandra's
# Java class, in which the type's name stands in hexadecimal (pair is 70616972), and the driver reads that text.
#
# Expected: the type, whatever it is called.
# Seen: AttributeError, as 70616972 is taken for a number, as the size of a vector is one; zone (7a6f6e65) is read. In a
# session the error comes from the decoder of frames, which closes the connection: every request on it fails, and names
# whatever it asked for, in place of the column that is to blame.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check cassandra-driver==3.30.1
"$folder/env/bin/python" - <<'PY'
from cassandra.cqltypes import lookup_casstype

MARSHAL = "org.apache.cassandra.db.marshal"


def read(name):
    udt = f"{MARSHAL}.UserType(ks,{name.encode().hex()},{b'x'.hex()}:{MARSHAL}.Int32Type)"
    try:
        return lookup_casstype(f"{MARSHAL}.VectorType({udt} , 2)").subtype.typename
    except AttributeError as error:
        return f"{type(error).__name__}: {error}"


print("zone:", read("zone"))
print("pair:", read("pair"))
assert read("zone") == "zone", "the behaviour has changed"
assert read("pair") == "AttributeError: 'int' object has no attribute 'cassname'", "the behaviour has changed"
PY
echo "as described"
