//! `upload_slice_data`.

clauses! {
    DATA_SESSION = "data-session" Must
        "Each slice carries the session that the service issued for this upload, unchanged."
        <- "[SEED L6, L49, L111, E5, E8] [ERR -29096]";
    DATA_OFFSET_FORM = "data-offset-form" Must
        "offset is present, in decimal digits."
        <- "[SEED L6, L48, L108, E5, E15] [ERR -5999]";
    DATA_OFFSET_GRID = "data-offset-grid" Must
        "offset is a multiple of the slice_size in the service's reply."
        <- "[SEED L2] [ERR -29095, -29098] [DOC17 6067] [SDK qcloud_sdk.js:1024]";
    DATA_IN_UPLOADPARTS = "data-in-uploadparts" Must
        "If init had sha and uploadparts, offset is that of one of the uploadparts."
        <- "[ERR -29136] [DOC17 6068]";
    DATA_IN_FILE = "data-in-file" Must
        "A slice lies within the file."
        <- "[SEED L48, E40] [ERR -29098, -5999]";
    DATA_CONTENT = "data-content" Must
        "filecontent is present, with at least one byte."
        <- "[SEED L37, L50, L114, E23] [ERR -5990]";
    DATA_LENGTH = "data-length" Must
        "A slice has slice_size bytes; only the last one of the file may be shorter."
        <- "[DOC17 6067] [ERR -281, -29144]";
    DATA_BYTES = "data-bytes" Must
        "A slice is the file's bytes at its offset."
        <- "[SEED L48, L50] [ERR -29138]";
    DATA_SHA = "data-sha" Must
        "If init had sha, each slice carries the same value: the SHA-1 of the whole file."
        <- "[SEED L51, E14] [ERR -29138]";
    DATA_STRAY_SHA = "data-stray-sha" Note
        "If init had no sha, slices have none."
        <- "[SEED L51, E14]";
    DATA_MD5 = "data-md5" Should
        "datamd5, if sent, is the MD5 of the slice in lower-case hex digits."
        <- "[SDK SliceUploading.php:155] [ERR -29063]";
    DATA_BEFORE_FINISH = "data-before-finish" Should
        "No slice is sent once finish, or upload, has succeeded."
        <- "[SEED L8]";
    DATA_SERIAL = "data-serial" Should
        "If the service answers serial_upload 1, data requests do not overlap."
        <- "[DOC17 6067] [INFER §2.2]";
    DATA_SERIAL_ORDER = "data-serial-order" Note
        "Where data requests are sent one at a time, they are sent in the order of the file."
        <- "[V1 §5.3: -4024] [INFER §2.2]";
    DATA_NO_OVERLAP = "data-no-overlap" Should
        "Two slices of an upload are the same, or share no byte; a slice shares none with a part that a list \
         names, either, unless that part is in it from its first byte on."
        <- "[DOC17 6067] [ERR -29098, -29134]";
    DATA_ONCE = "data-once" Should
        "A slice that the service has acknowledged is not sent again."
        <- "[SEED L7]";
    DATA_ANY_ORDER = "data-any-order" Note
        "Slices may be sent in parallel and in any order, the shorter last one first."
        <- "[SEED L88] [SDK §3.2] [WIRE §9.6]"
        unchecked "it permits something, and requires nothing";
    SESSION_LIFETIME = "session-lifetime" Note
        "How long a session lives, and with which code it ends, is not documented."
        <- "[INFER §3.3]"
        unchecked "it is not known what is right";
}
