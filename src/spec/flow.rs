//! The course of an upload.

clauses! {
    STARTS_WITH_INIT = "starts-with-init" Must
        "Slices and finish are sent only after the service has granted a session."
        <- "[SEED L2, L4]";
    RESUMES = "resumes" Should
        "When init answers -4019, the client requests the list of slices."
        <- "[SEED L5, E20] [ERR -4019]";
    RESUMES_MISSING_ONLY = "resumes-missing-only" Should
        "Slices that the list names are not sent again."
        <- "[SEED L5]";
    SLICE_SIZE_OF_INIT = "slice-size-of-init" Must
        "Slices are cut by the slice_size in the reply to init, not by the one that was asked for."
        <- "[SEED L2] [DOC17 6067] [ERR -29095] [SDK qcloud_sdk.js:1024]";
    SLICE_SIZE_OF_LIST = "slice-size-of-list" Must
        "An upload is resumed with the slice_size of its list."
        <- "[DOC17 6070] [SDK qcloud_sdk.js:1024]";
    RESUME_GOES_ON = "resume-goes-on" Should
        "The missing slices, and finish, follow the list."
        <- "[SEED L5]";
    CONFLICT = "conflict" Should
        "After -4020 the upload that is there is not resumed: it is of another file."
        <- "[ERR -4020]: where another file is stored by it, truth is a must";
    INSTANT_HIT = "instant-hit" Should
        "When init or list names a complete object, the upload is over."
        <- "[DOC17 6067] [SDK cos_op.py:359] [SEED L5, E20]";
    SESSION_KEPT = "session-kept" Should
        "A session that was granted is used; init is not sent again while nothing has failed."
        <- "[SEED L5, L6] [ERR -4019]";
    STOPS = "stops" Should
        "When a slice is refused for good the upload ends."
        <- "[ERR: all codes but those of retries]";
    RETRIES_IDENTICAL = "retries-identical" Should
        "A retry of a request that failed for a transient reason has the same fields."
        <- "[SDK §9.2] [INFER §3.3]";
    RETRIES_SPACED = "retries-spaced" Note
        "Retries of one request are made with pauses between them."
        <- "[ERR -71] [SDK §9.2: most do without]";
    RETRIES = "retries" Should
        "A request that fails for a transient reason is tried again: HTTP 503, a cut or reset connection, or one of the codes -71, -195, -196, -5963, -5997, -20034, -21095, -29302."
        <- "[ERR: those codes] [SDK §9.2]";
    RETRY_GOES_ON = "retry-goes-on" Should
        "Where another attempt at a slice is acknowledged, the upload goes on as if the first had been."
        <- "[SDK §9.2] [CONTRACT]";
    RETRIES_BOUNDED = "retries-bounded" Should
        "A request that fails is not tried more than 20 times."
        <- "[SDK §9.2: 1 to 4 attempts] [ERR -71]";
    PERMANENT_NOT_RETRIED = "permanent-not-retried" Should
        "A request that is refused for good is not tried again."
        <- "[ERR: all codes but those of retries]";
    FINISHES = "finishes" Should
        "When all slices are acknowledged the client sends finish."
        <- "[SEED L8]";
    PARENT_DIRECTORY = "parent-directory" Note
        "The directory of the object exists before the upload."
        <- "[SEED L2, E19]"
        unchecked "the service's answer to a missing directory is not documented";
    LOWER_BOUND = "lower-bound" Note
        "Slicing is meant for files above 20 MB."
        <- "[SEED L2, E18]"
        unchecked "the service enforces no lower bound: its own samples slice 26585 bytes";
}
