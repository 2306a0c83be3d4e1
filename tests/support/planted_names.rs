//! The defects that `tests/it/clients/planted_parsers.py` can have.

/// Defects of a parser: a crash, a hang or a success that is none, at a few bytes of a reply.
pub(crate) const PARSERS: &[&str] = &[
    "byte-order-mark",
    "code-as-text",
    "cut",
    "deep",
    "duplicate-first",
    "duplicate-last",
    "empty-name",
    "exponent",
    "fraction",
    "head-line",
    "key-order",
    "lone-surrogate",
    "long-text",
    "missing-code",
    "not-a-number",
    "not-utf8",
    "nul-in-text",
    "trailing",
    "wraps",
    "wraps-64",
];

/// Defects that two things together bring about.
pub(crate) const PAIRS: &[&str] = &[
    "finish-lost+long-session",
    "finish-lost+one-slice",
    "finish-lost+resumed",
    "finish-lost+slice-lost",
    "finish-refused+one-slice",
    "init-lost+resumed",
    "init-lost+slice-lost",
    "list-lost+init-lost",
    "long-session+resumed",
    "serial+long-session",
    "slice-lost+last-byte",
    "slice-lost+serial",
];
