//! `upload_slice_finish`.

clauses! {
    FINISH_SESSION = "finish-session" Must
        "finish carries the session that the service issued for this upload, unchanged."
        <- "[DOC17 6074] [ERR -29096]";
    FINISH_FILESIZE = "finish-filesize" Must
        "finish carries filesize, in decimal digits, and it is what init announced."
        <- "[DOC17 6074] [ERR -29104, -175, -50152]";
    FINISH_SHA = "finish-sha" Must
        "If init had sha, finish carries the same value."
        <- "[DOC17 6074] [ERR -29094]";
    FINISH_AFTER_ALL = "finish-after-all" Must
        "finish is sent only after every slice of the file has been sent and answered."
        <- "[SEED L7–L8] [ERR -29144]";
    FINISH_ONCE = "finish-once" Should
        "finish is not sent again once it has succeeded."
        <- "[DOC17 6074]";
}
