"""Words that are said of a secret instead of telling it: `Session token: opaque`, `"password": "required"`."""

SAYING = frozenset(
    (
        *("a", "about", "above", "access", "account", "active", "after", "all", "alphanumeric", "also", "an"),
        *("and", "any", "api", "app", "are", "as", "assigned", "associated", "at", "auth", "authentication"),
        *("basic", "bcrypt", "be", "bearer", "been", "before", "being", "below", "between", "binary", "blank"),
        *("both", "browser", "business", "by", "can", "cannot", "changed", "char", "cleartext", "client", "code"),
        *("column", "composite", "contains", "current", "customer", "data", "database", "deprecated", "derived"),
        *("digest", "do", "does", "drop", "each", "either", "empty", "encoded", "encrypted", "expired", "expires"),
        *("fail", "failed", "field", "first", "fk", "flag", "for", "foreign", "from", "generated", "given", "has"),
        *("hash", "hashed", "have", "hex", "hidden", "hide", "holds", "how", "id", "identifier", "identifies"),
        *("identity", "if", "in", "incorrect", "input", "instead", "internal", "invalid", "is", "isn't", "it"),
        *("its", "join", "keep", "key", "keys", "last", "legacy", "length", "like", "logical", "long", "lookup"),
        *("mask", "masked", "max", "may", "md5", "md5sum", "method", "min", "missing", "must", "name", "names"),
        *("natural", "needed", "never", "new", "no", "nonce", "none", "not", "null", "nullable", "number"),
        *("obfuscated", "obsolete", "of", "ok", "old", "omitted", "on", "once", "one", "only", "opaque"),
        *("optional", "or", "other", "our", "own", "owner", "part", "partition", "per", "phrase", "pii", "pk"),
        *("plaintext", "please", "primary", "private", "protected", "provided", "provider", "random", "read"),
        *("redact", "redacted", "ref", "reference", "refers", "refresh", "refused", "rejected", "removed"),
        *("required", "reset", "returned", "role", "rotated", "salted", "scrypt", "see", "sensitive", "sent"),
        *("session", "set", "sha", "sha1", "sha256", "sha512", "should", "show", "shown", "siehe", "single", "sk"),
        *("some", "source", "stored", "string", "surrogate", "system", "table", "temporary", "text", "that"),
        *("the", "their", "there", "this", "to", "tokenised", "tokenized", "type", "unhashed", "unique"),
        *("unknown", "unused", "updated", "use", "used", "user", "username", "users", "uuid", "valid", "value"),
        *("varies", "was", "we", "what", "when", "where", "whether", "which", "who", "will", "with", "without"),
        *("wrong", "yes", "you", "your"),
    )
)
