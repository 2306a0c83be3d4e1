//! `upload`.

clauses! {
    UPLOAD_CONTENT = "upload-content" Must
        "The simple upload carries the whole file in filecontent."
        <- "[DOC17 6066]";
    UPLOAD_SHA = "upload-sha" Must
        "sha of a simple upload is the SHA-1 of the file in 40 lower-case hex digits."
        <- "[DOC17 6066] [ERR -4016, -29138]";
    UPLOAD_SIZE = "upload-size" Must
        "A simple upload has at most 20 MiB; larger files are sent in slices."
        <- "[DOC17 6066] [SEED L2] [ERR -285]";
}
