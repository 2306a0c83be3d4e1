//! `upload_slice_finish`.

clauses! {
    FINISH_SESSION = "finish-session" Must
        "finish carries the session that the service issued for this upload, unchanged."
        <- "[DOC17 6074] [ERR -29096]";
    FINISH_FILESIZE = "finish-filesize" Must
        "filesize at finish is the length of the file."
        <- "[DOC17 6074] [ERR -175]";
    FINISH_FILESIZE_FORM = "finish-filesize-form" Must
        "finish carries filesize, in decimal digits."
        <- "[DOC17 6074] [ERR -29104]";
    FINISH_AS_ANNOUNCED = "finish-as-announced" Must
        "filesize at finish is what init announced, or what the list of a resumed upload has."
        <- "[ERR -175, -50152]";
    FINISH_AFTER_REPLIES = "finish-after-replies" Must
        "finish is sent only after every slice has been answered."
        <- "[SEED L7–L8] [ERR -29144]";
    FINISH_SHA = "finish-sha" Must
        "If init had sha, finish carries the same value."
        <- "[DOC17 6074] [ERR -29094]";
    FINISH_AFTER_ALL = "finish-after-all" Must
        "finish is sent only after every slice of the file has been sent."
        <- "[SEED L7–L8] [ERR -29144]";
    FINISH_ONCE = "finish-once" Should
        "finish is not sent once it, or upload, has succeeded."
        <- "[DOC17 6074]";
}
