//! The course of an upload.

clauses! {
    STARTS_WITH_INIT = "starts-with-init" Must
        "No slice is sent and no upload finished before the service has granted a session."
        <- "[SEED L2, L4]";
    RESUMES = "resumes" Should
        "When init answers -4019 the client asks for the list of slices."
        <- "[SEED L5, E20] [ERR -4019]";
    RESUMES_MISSING_ONLY = "resumes-missing-only" Should
        "Slices that the list names are not sent again."
        <- "[SEED L5]";
    RETRIES = "retries" Should
        "A request that met a transient failure is tried again: HTTP 503, a cut or reset connection, or one of the codes -71, -195, -196, -5997, -20034, -21095, -29302."
        <- "[ERR: those codes] [SDK §9.2]";
    RETRIES_BOUNDED = "retries-bounded" Should
        "The same request is not tried more than 20 times."
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
