//! What is on record of reports, pages and scripts, in `snapshots/reports`, besides the formats of `--report`.

/// The names of the snapshots.
pub(crate) const RECORDS: [&str; 24] = [
    "badge-good",
    "differences",
    "github-given-up",
    "html-errors",
    "html-sent-twice",
    "junit-given-up",
    "markdown-given-up",
    "markdown-good",
    "matrix-html",
    "matrix-markdown",
    "matrix-text",
    "merged",
    "pages",
    "sarif-given-up",
    "terminal",
    "text",
    "text-failed",
    "text-given-up",
    "text-good",
    "text-narrow",
    "text-too-little",
    "text-verbose",
    "witness",
    "witness-replies",
];
