//! Our own server, held to a clause of the ledger.

/// Asserts what a clause that binds the service demands. `tests/library/ledger.rs` holds each clause to the
/// tests that it names, by this.
macro_rules! holds {
    ($clause:ident, $is_so:expr) => {{
        let clause = &slicecheck::spec::$clause;
        assert!($is_so, "{}: {}", clause.id, clause.text);
    }};
}

pub(crate) use holds;
