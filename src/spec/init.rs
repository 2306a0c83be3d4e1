//! `upload_slice_init`.

clauses! {
    FILESIZE_FORM = "filesize-form" Must
        "init announces filesize, in decimal digits."
        <- "[DOC17 6067] [ERR -5971, -29126, -29141]";
    FILESIZE_VALUE = "filesize-value" Must
        "filesize is the length of the file."
        <- "[DOC17 6067] [ERR -175]";
    FILESIZE_LIMIT = "filesize-limit" Must
        "filesize is at most 64 GiB."
        <- "[ERR -29105]";
    SLICE_SIZE_FORM = "slice-size-form" Must
        "init asks for a slice_size that some version of the documentation allows, in decimal \
         digits: 64 KiB to 1 MiB, or 2 or 3 MiB."
        <- "[DOC17 6067] [DOC16 6067] [ERR -284, -281, -283, -46622] and [SDK §6.1: the C# manual]";
    SLICE_SIZE_VALUE = "slice-size-value" Should
        "slice_size is 1048576; the error table refuses any other, older pages allow 524288, 2097152 and 3145728."
        <- "[ERR -284] against [DOC16 6067]";
    INIT_SHA = "init-sha" Must
        "sha at init is the SHA-1 of the file in 40 lower-case hex digits."
        <- "[DOC17 6067] [ERR -29138, -4016]";
    UPLOADPARTS_WITH_SHA = "uploadparts-with-sha" Must
        "An init with sha has uploadparts."
        <- "[ERR -29133]";
    SHA_WITH_UPLOADPARTS = "sha-with-uploadparts" Should
        "An init with uploadparts has sha."
        <- "[DOC17 6067 request table]: no code refuses parts without sha, as -29133 does sha without parts";
    UPLOADPARTS_FORM = "uploadparts-form" Must
        "uploadparts is a JSON array of contiguous parts, from offset 0 to the end of the file."
        <- "[ERR -5965, -29134]";
    UPLOADPARTS_GRID = "uploadparts-grid" Should
        "The parts of uploadparts have slice_size bytes, or 1 MiB where that is larger, and only the last may be shorter."
        <- "[DOC17 6067] [ERR -29136] [SDK §2.2: some hash in steps of 1 MiB]";
    UPLOADPARTS_SHAS = "uploadparts-shas" Should
        "datasha is the running SHA-1 state after each part but the last, little-endian; the last is the file's SHA-1."
        <- "[SDK cos_common.py:120] [CALC §2.2]";
    INSERT_ONLY = "insert-only" Note
        "insertOnly, if sent with init or upload, is 0 or 1."
        <- "[DOC16 6067] [WIRE §9.5 item 5]";
    BIZ_ATTR = "biz-attr" Must
        "biz_attr, if sent, has at most 4096 bytes."
        <- "[DOC17 6067] [ERR -5947]";
}
