//! Hostile clients, drivers and signals: a run ends, tells what was wrong, stays small, and leaves
//! nothing behind. The clients are in `tests/it/hostile`.

mod guarded;
mod processes;
mod reports;
mod side_by_side;
mod signals;
mod verdicts;
