//! Tests of the library: no socket, no process, so that mutants of it are judged fast.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod bodies;
mod campaign;
mod cases;
mod catalogue;
mod causes;
mod comparison;
mod conforming;
mod corpus;
mod deviations;
mod digests;
mod edges;
mod exchanges;
mod excuses;
mod facts;
mod fair;
mod fingerprint;
mod formats;
mod hints;
mod html;
mod kept;
mod known;
mod large;
mod ledger;
mod literal;
mod matrix;
mod mutant_sets;
mod mutants;
#[path = "../support/odd_cases.rs"]
mod odd_cases;
mod page_in_json;
#[path = "../support/planted_names.rs"]
mod planted_names;
mod properties;
mod protocol;
mod reading;
mod replies;
mod reports;
mod request_reader;
mod resemblance;
mod results;
mod rulings;
mod saved;
mod shipped;
mod signatures;
#[path = "../support/snapshot.rs"]
mod snapshot;
mod taken_over;
mod terminal;
mod vectors;
mod wycheproof;
