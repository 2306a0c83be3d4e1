//! The clause ledger: every normative sentence that rules enforce, with level and source.
//!
//! Sources are tags; [`SOURCES`] says what they stand for.
#![expect(clippy::doc_markdown, reason = "sentences name fields as people write them")]

/// What the tags of sources stand for.
pub const SOURCES: &[(&str, &str)] = &[
    ("SEED L<line>", "COS JSON API, page of upload_slice_data (2017), line of its source text"),
    ("DOC16 <id>", "COS documentation of August 2016, cloud.tencent.com/document/product/436/<id>"),
    ("DOC17 <id>", "the same of August to October 2017"),
    ("ERR <code>", "COS error codes, page 8432 of the same documentation"),
    ("SDK <file>:<line>", "the vendor's v4 SDKs: Python, Java, PHP, C++, JS, .NET"),
    ("ISSUE <repository>#<n>", "a public issue of one of them"),
    ("WIRE", "seen on the wire when they were run"),
    ("CALC", "recomputed from published samples, to the byte"),
    ("INFER", "concluded from the others; never alone behind a must"),
    (
        "E<n>, §<n>",
        "number of the erratum, or section, in the notes that the rules were written from",
    ),
    ("CONTRACT", "what this suite asks of a client under test: see its README"),
];

/// One normative sentence about the protocol.
#[derive(Debug, PartialEq, Eq)]
pub struct Clause {
    /// Permanent.
    pub id: &'static str,
    /// What breaking it means.
    pub level: Level,
    /// The sentence, in our words.
    pub text: &'static str,
    /// Where it is written, or from what it follows.
    pub source: &'static str,
    /// Why no rule checks it, if none does.
    pub unchecked: Option<&'static str>,
}

/// What breaking a clause means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The service or the data breaks.
    Must,
    /// It departs from documented or robust practice.
    Should,
    /// Harmless, known, and worth knowing.
    Note,
}

impl Level {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Note => "note",
        }
    }
}

macro_rules! clauses {
    ($($name:ident = $id:literal $level:ident $text:literal <- $source:literal $(unchecked $reason:literal)?;)+) => {
        $(
            #[doc = $text]
            pub const $name: Clause = Clause {
                id: $id,
                level: Level::$level,
                text: $text,
                source: $source,
                unchecked: clauses!(@reason $($reason)?),
            };
        )+
        /// All clauses, in the order of the ledger.
        pub const CLAUSES: &[&Clause] = &[$(&$name),+];
    };
    (@reason) => { None };
    (@reason $reason:literal) => { Some($reason) };
}

clauses! {
    // The request line and the head.
    REQUEST_LINE = "request-line" Must
        "A request starts with method, target and HTTP version, separated by single spaces."
        <- "RFC 9112 §3 [SEED L13]";
    METHOD = "method" Must
        "Every operation of an upload is a POST."
        <- "[SEED L13] [DOC17 6067] [ERR -5996]";
    PATH_GRAMMAR = "path-grammar" Must
        "The path is /files/v2/, the appid in digits, the bucket and an object path that does not end in a slash."
        <- "[SEED L13] [DOC17 6053] [ERR -180] [SDK cos_params_check.py:60]";
    PATH_DECODES = "path-decodes" Must
        "The path is percent-encoded UTF-8: each % introduces two hexadecimal digits, and what they give is UTF-8."
        <- "[ERR -46157] [SDK cos_op.py:76]";
    PATH_OBJECT = "path-object" Must
        "The decoded path names the object that is to be uploaded; a plus in it is a plus."
        <- "[SEED L13] [SDK §1.3: cos_op.py:76, CommonPathUtils.java:16, Auth.php:101]";
    TARGET_ASCII = "target-ascii" Should
        "The target consists of characters that an address may have; all others are percent-encoded."
        <- "RFC 3986 §2 [SDK §1.3: every SDK escapes them]";
    PATH_SLASHES = "path-slashes" Note
        "The slashes of the object path are not escaped."
        <- "[SDK §1.3: every SDK keeps them]";
    QUERY = "query" Must
        "The query is empty, or it is the signature in `sign`."
        <- "[SEED L24] [SDK qcloud_sdk.js:137]";
    HOST = "host" Must
        "A request has exactly one Host."
        <- "[SEED L14] [ERR -29015] RFC 9112 §3.2";
    FIELD_LINES = "field-lines" Must
        "Each header is one line: a name, a colon right behind it, a value."
        <- "RFC 9112 §5.1, §5.2: a server rejects other lines with 400";
    HEAD_LINE_ENDS = "head-line-ends" Should
        "Each line of the head ends in CR LF."
        <- "RFC 9112 §2.2";
    CONTENT_LENGTH = "content-length" Must
        "Content-Length is the number of bytes of the body: no byte is missing, and none comes behind, not even a line end."
        <- "[SEED L21, E7] [CALC §7.4] RFC 9112 §2.2, §6.2";
    NOT_CHUNKED = "not-chunked" Should
        "The body has a Content-Length; whether the service takes chunked bodies is not known."
        <- "[SEED L17] [SDK §1.4: no SDK sends chunked bodies]";
    CHUNKS = "chunks" Must
        "A chunked body is framed as such and ends in the last chunk."
        <- "RFC 9112 §7.1";
    ONE_FRAMING = "one-framing" Must
        "A request has Content-Length or Transfer-Encoding, not both."
        <- "RFC 9112 §6.1, §6.2";
    BOUNDS = "bounds" Should
        "A head has at most 64 KiB and 256 lines, a body at most 64 MiB and 1000 parts: more than any operation needs."
        <- "[DOC17 6067: slices of 1 MiB] [ERR -46180, -281]";
    CONTENT_TYPE = "content-type" Must
        "Fields travel as multipart/form-data; only the list request may be JSON."
        <- "[SEED L16] [ERR -5993] [SDK FileOp.java:537]";

    // The form.
    BOUNDARY = "boundary" Must
        "Content-Type carries the boundary."
        <- "[SEED L104, E1] RFC 7578 §4.1";
    BOUNDARY_LENGTH = "boundary-length" Must
        "The boundary has 1 to 70 characters."
        <- "RFC 2046 §5.1.1";
    BOUNDARY_UNIQUE = "boundary-unique" Must
        "The boundary does not occur in what it separates."
        <- "RFC 2046 §5.1.1 RFC 7578 §4.1";
    BOUNDARY_CHARACTERS = "boundary-characters" Should
        "The boundary consists of letters, digits and '()+_,-./:=? and does not end in a space."
        <- "RFC 2046 §5.1.1";
    BOUNDARY_UNQUOTED = "boundary-unquoted" Note
        "The boundary parameter is not quoted; a community client says that the service refused quotes."
        <- "[INFER §11]";
    DELIMITERS = "delimiters" Must
        "All delimiters of a body are the boundary of the header behind two dashes, each on its own line."
        <- "[SEED L29, E2] RFC 2046 §5.1.1";
    CLOSING_DELIMITER = "closing-delimiter" Must
        "The body ends in the closing delimiter."
        <- "[SEED L29, E3] [CALC §7.4] RFC 2046 §5.1.1";
    FORM_LINE_ENDS = "form-line-ends" Must
        "Delimiters and headers of parts end in CR LF."
        <- "[CALC §7.4, E6] RFC 2046 §4.1.1";
    BLANK_LINE = "blank-line" Must
        "An empty line stands between the headers of a part and its content."
        <- "[CALC §7.4, E4] RFC 2046 §5.1";
    DISPOSITION = "disposition" Must
        "Each part has the header Content-Disposition: form-data."
        <- "[SEED L30] RFC 7578 §4.2";
    PART_NAME = "part-name" Must
        "Each part has a name."
        <- "[SEED L30] RFC 7578 §4.2";
    OP = "op" Must
        "`op` has one value, and it is one of the five operations of an upload."
        <- "[SEED L47] [ERR -5980, -5964]";
    ONE_VALUE = "one-value" Must
        "No field comes twice with different values."
        <- "[INFER §9.5 item 4] [SEED L47–L51: each field has one value]";
    NO_REPEATS = "no-repeats" Note
        "No field comes twice; a retry that appends to the same form does that."
        <- "[WIRE §9.5 item 4]";
    IDENTITY_PARTS = "identity-parts" Must
        "Content is sent as it is: a Content-Transfer-Encoding is 7bit, 8bit or binary."
        <- "[SEED L50] RFC 7578 §4.7";
    FIELD_CASE = "field-case" Note
        "Field names are written as in the documents, in lower case but for insertOnly."
        <- "[SEED L47–L51] [SDK RequestBodyKey.java:21]";
    TEXT_WITHOUT_FILENAME = "text-without-filename" Note
        "Only filecontent has a filename."
        <- "[SEED L30, E11] [WIRE §9.5 item 2]";
    PART_HEADERS = "part-headers" Note
        "Parts have no headers but Content-Disposition."
        <- "[SEED L113, E13] [WIRE §9.5 item 2]";
    PREAMBLE = "preamble" Note
        "The body begins with the first delimiter, without an empty line before it."
        <- "[SDK Request.cs:66] [WIRE §9.5 item 3]";
    NO_TEXT_AROUND = "no-text-around" Should
        "There is no text before the first delimiter nor behind the closing one."
        <- "RFC 7578 §4.1 RFC 2046 §5.1.1";
    QUOTED_PARAMETERS = "quoted-parameters" Note
        "The parameters of Content-Disposition are quoted."
        <- "RFC 7578 §4.2 [WIRE clients.md §3]";
    PLAIN_FILENAME = "plain-filename" Note
        "A filename is given as filename, not as filename*."
        <- "RFC 7578 §4.2 [WIRE clients.md §3]";
    KNOWN_FIELDS = "known-fields" Note
        "A request has only fields that are documented for its operation."
        <- "[SEED L47–L51] [WIRE §9.5 item 1]";
    SECOND_READER = "second-reader" Should
        "Two independent readers find the same fields in a body."
        <- "RFC 7578 §4 [INFER §9.5]";

    // The signature.
    SIGNED = "signed" Must
        "Each request carries a signature, in Authorization or in the query."
        <- "[SEED L15, L20] [ERR -81]";
    SIGNED_ONCE = "signed-once" Should
        "The signature is in one place, once."
        <- "[DOC17 6054] [SDK qcloud_sdk.js:137]";
    SIGN_ESCAPED = "sign-escaped" Must
        "In the query a plus of the signature is percent-encoded, or it arrives as a space."
        <- "[DOC17 6054] [SDK qcloud_sdk.js:71]";
    SIGNATURE_FORM = "signature-form" Must
        "A signature is one line of base64 in the standard alphabet, with its padding and no word before it."
        <- "[SEED L20] [DOC17 6054] RFC 4648 §4";
    SIGNATURE_LENGTH = "signature-length" Must
        "A signature has at most 2048 bytes."
        <- "[ERR -46180]";
    SIGNATURE_FIELDS = "signature-fields" Must
        "The clear text has the seven fields a, b, k, e, t, r, f, each once, in any order."
        <- "[DOC17 6054] [ERR -57]";
    SIGNATURE_MAC = "signature-mac" Must
        "The first 20 bytes are the HMAC-SHA1 of the clear text under the SecretKey."
        <- "[DOC17 6054] [ERR -48, -97] [CALC §4.4]";
    SIGNATURE_APPID = "signature-appid" Must
        "a is the appid of the path."
        <- "[ERR -70]";
    SIGNATURE_BUCKET = "signature-bucket" Must
        "b is the bucket of the path."
        <- "[ERR -61]";
    SIGNATURE_KEY = "signature-key" Must
        "k is the SecretId."
        <- "[ERR -47, -79]";
    SIGNATURE_TIMES = "signature-times" Must
        "t and e are seconds of unix time, and e is later than t."
        <- "[DOC17 6054] [ERR -74]";
    SIGNATURE_VALID = "signature-valid" Must
        "The signature is valid when it arrives: not expired, and t is not in the future by more than a clock may be off."
        <- "[ERR -59, -96]";
    SIGNATURE_LIFETIME = "signature-lifetime" Must
        "A signature is valid for at most 90 days."
        <- "[DOC17 6054] [ERR -53]";
    SIGNATURE_FILEID = "signature-fileid" Must
        "f is empty, or the object, or a directory that the object is in, after decoding."
        <- "[DOC17 6054] [ERR -63] [ISSUE cos-js-sdk-v4#16]";
    SIGNATURE_RANDOM_FORM = "signature-random-form" Should
        "r is a decimal number."
        <- "[DOC17 6054]";
    SIGNATURE_RANDOM = "signature-random" Note
        "r has at most 10 digits and no sign."
        <- "[DOC17 6054] against [SDK Auth.cpp:54]";

    // upload_slice_init.
    FILESIZE_FORM = "filesize-form" Must
        "init announces filesize, in decimal digits."
        <- "[DOC17 6067] [ERR -5971, -29126, -29141]";
    FILESIZE_VALUE = "filesize-value" Must
        "filesize is the length of the file."
        <- "[DOC17 6067] [ERR -175]";
    SLICE_SIZE_FORM = "slice-size-form" Must
        "init asks for a slice_size that some document allows, in decimal digits: 64 KiB to 1 MiB, or 2 or 3 MiB."
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
        <- "[ERR -29133] [DOC17 6067]";
    UPLOADPARTS_FORM = "uploadparts-form" Must
        "uploadparts is a JSON array whose offsets chain from 0 and whose lengths sum to the file's."
        <- "[ERR -5965, -29134]";
    UPLOADPARTS_SHAS = "uploadparts-shas" Should
        "datasha is the running SHA-1 state behind each slice, little-endian; the last is the file's SHA-1."
        <- "[SDK cos_common.py:120] [CALC §2.2]";
    INSERT_ONLY = "insert-only" Note
        "insertOnly is 0 or 1."
        <- "[DOC16 6067] [WIRE §9.5 item 5]";
    BIZ_ATTR = "biz-attr" Must
        "biz_attr has at most 4096 bytes."
        <- "[DOC17 6067] [ERR -5947]";

    // upload.
    UPLOAD_CONTENT = "upload-content" Must
        "The simple upload carries the whole file in filecontent."
        <- "[DOC17 6066]";
    UPLOAD_SHA = "upload-sha" Must
        "sha of a simple upload is the SHA-1 of the file in 40 lower-case hex digits."
        <- "[DOC17 6066] [ERR -4016, -29138]";

    // upload_slice_data.
    DATA_SESSION = "data-session" Must
        "Each slice carries the session that the service issued for this upload, unchanged."
        <- "[SEED L7, L49, E5, E8] [ERR -29096]";
    DATA_OFFSET_FORM = "data-offset-form" Must
        "offset is there, in decimal digits."
        <- "[SEED L48, E5, E15] [ERR -5999]";
    DATA_OFFSET_GRID = "data-offset-grid" Must
        "offset is a multiple of the slice_size that the service answered."
        <- "[ERR -29095, -29098] [DOC17 6067] [SDK qcloud_sdk.js:1024]";
    DATA_IN_UPLOADPARTS = "data-in-uploadparts" Must
        "If init had sha and uploadparts, offset is one of theirs."
        <- "[ERR -29136] [DOC17 6068]";
    DATA_IN_FILE = "data-in-file" Must
        "A slice lies within the announced size."
        <- "[SEED L48] [ERR -29098, -5999]";
    DATA_CONTENT = "data-content" Must
        "filecontent is there, with at least one byte."
        <- "[SEED L50] [ERR -5990]";
    DATA_LENGTH = "data-length" Must
        "A slice has slice_size bytes; only the last of the file is shorter."
        <- "[DOC17 6067] [ERR -281, -29144]";
    DATA_BYTES = "data-bytes" Must
        "A slice is the file's bytes at its offset."
        <- "[SEED L48, L50] [ERR -29138]";
    DATA_SHA = "data-sha" Must
        "If init had sha, each slice carries the same value: the SHA-1 of the whole file."
        <- "[SEED L51, E14] [ERR -29138]";
    DATA_STRAY_SHA = "data-stray-sha" Note
        "If init had no sha, slices have none."
        <- "[SEED L51]";
    DATA_MD5 = "data-md5" Should
        "datamd5, if sent, is the MD5 of the slice in lower-case hex digits."
        <- "[SDK SliceUploading.php:155] [ERR -29063]";
    DATA_BEFORE_FINISH = "data-before-finish" Should
        "No slice is sent once finish has succeeded."
        <- "[SEED L8]";
    DATA_SERIAL = "data-serial" Should
        "If the service answers serial_upload 1, data requests do not overlap."
        <- "[DOC17 6067] [INFER §2.2]";
    DATA_ONCE = "data-once" Should
        "A slice that the service has acknowledged is not sent again."
        <- "[SEED L7]";
    REPLY_CODE = "reply-code" Must
        "A reply with a code other than 0, an HTTP error, or no JSON at all is not an acknowledgement: the slice is sent again before finish."
        <- "[SEED L57, L77] [ERR]";
    REPLY_DATALEN = "reply-datalen" Should
        "datalen of the reply is compared with what was sent."
        <- "[SEED L86, E32]";
    REPLY_DATAMD5 = "reply-datamd5" Should
        "datamd5 of the reply is compared with what was sent."
        <- "[SEED L87, E33] [SDK SliceUploading.php:263]";
    REPLY_OFFSET = "reply-offset" Should
        "offset of the reply is compared with what was sent."
        <- "[SEED L88, E10, E30]";
    REPLY_SESSION = "reply-session" Should
        "session of the reply is compared with what was sent."
        <- "[SEED L89, E31]";
    REPLY_MESSAGE = "reply-message" Note
        "message is for people; decisions follow code."
        <- "[SEED L78]"
        unchecked "no reply of the scenarios yet has a message and a code that disagree";
    REPLY_REQUEST_ID = "reply-request-id" Note
        "request_id names the request when asking for help; a client keeps it for its log."
        <- "[SEED L79]"
        unchecked "what a client logs is not on the wire";
    PARENT_DIRECTORY = "parent-directory" Note
        "The directory of the object exists before the upload."
        <- "[SEED L2, E19]"
        unchecked "the service's answer to a missing directory is not documented";
    LOWER_BOUND = "lower-bound" Note
        "Slicing is meant for files above 20 MB."
        <- "[SEED L2, E18]"
        unchecked "the service enforces no lower bound: its own samples slice 26585 bytes";

    // upload_slice_finish.
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

    // The course of an upload.
    STARTS_WITH_INIT = "starts-with-init" Must
        "No slice is sent and no upload finished before the service has granted a session."
        <- "[SEED L2, L4]";
    RESUMES = "resumes" Should
        "When init answers -4019 the client asks for the list of slices."
        <- "[SEED L5] [ERR -4019]";
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

    // How it ends.
    TRUTH = "truth" Must
        "A client that claims success has stored the file, byte for byte."
        <- "[SEED L3–L8]";
    SUCCESS_ACKNOWLEDGED = "success-acknowledged" Must
        "A client claims success only if the service said that the object is complete: HTTP 200, JSON, code 0."
        <- "[SEED L57, L77]";
    COMPLETES = "completes" Must
        "A client that meets no difficulty at all completes its upload and says so."
        <- "[SEED L3–L8]";
    UNSUPPORTED_IN_TIME = "unsupported-in-time" Must
        "A client that does not support what it is asked to do says so before it has done it."
        <- "[CONTRACT]";
    FAILURE_ASKED_ABOUT = "failure-asked-about" Note
        "A client that did not hear the reply to finish asks again before it reports a failure."
        <- "[INFER §3.3] [CONTRACT]";
    NO_CRASH = "no-crash" Must
        "A client reports its failure; it does not die of a signal."
        <- "[CONTRACT]";
    NO_HANG = "no-hang" Must
        "A client comes to an end: it neither falls silent nor repeats itself until it is killed."
        <- "[CONTRACT]";
    TRAFFIC = "traffic" Should
        "An upload of a few MiB takes at most 4096 requests and 512 MiB."
        <- "[CONTRACT] [SDK §9.2: 1 to 4 attempts per slice]";
    ENDS_IN_TIME = "ends-in-time" Should
        "A client comes to an end within the deadline."
        <- "[CONTRACT] [SDK §9.2: 30 s to 300 s]";
}
