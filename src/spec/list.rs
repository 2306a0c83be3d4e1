//! `upload_slice_list`.

clauses! {
    LIST_MULTIPART = "list-multipart" Note
        "The list request is a form; one SDK sends it as JSON."
        <- "[DOC17 6070] [SDK FileOp.java:537]";
    LIST_OP_ALONE = "list-op-alone" Note
        "A list request has no field but op: the path says which upload is meant."
        <- "[DOC17 6070] [INFER §2.4]";
    LIST_WHEN = "list-when" Note
        "A client asks for the list when init answers -4019, or when it does not know the outcome of a request."
        <- "[SEED L5] [SDK §9.2: some list before every init]";
    LIST_HEEDED = "list-heeded" Note
        "A list that was answered is not requested again right away."
        <- "[SEED L5]";
    LIST_BEFORE_FINISH = "list-before-finish" Note
        "No list is requested once the object is complete."
        <- "[SEED L8] [DOC17 6070]";
    LIST_PATH = "list-path" Note
        "There is at most one unfinished upload for an object."
        <- "[INFER §2.4]"
        unchecked "it follows from requests that name no session, and binds nobody";
}
