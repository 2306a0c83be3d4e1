//! The request line, the head and the framing.

clauses! {
    REQUEST_LINE = "request-line" Must
        "A request starts with method, target and HTTP version, separated by single spaces."
        <- "RFC 9112 §3 [SEED L13, L96]";
    METHOD = "method" Must
        "Every operation of an upload is a POST."
        <- "[SEED L13, L96] [DOC17 6067] [ERR -5996]";
    PATH_GRAMMAR = "path-grammar" Must
        "The path is /files/v2/, the appid in digits, the bucket and an object path that does not end in a slash."
        <- "[SEED L13, L96, E21] [DOC17 6053] [ERR -180] [SDK cos_params_check.py:60]";
    PATH_DECODES = "path-decodes" Must
        "The path is percent-encoded UTF-8: each % introduces two hexadecimal digits, and what they give is UTF-8."
        <- "[ERR -46157] [SDK cos_op.py:76]";
    KEY_LENGTH = "key-length" Should
        "The key has at most 850 bytes, when decoded."
        <- "[ERR -199, -180] [INFER §6.2: the number stands beside the name of a bucket]: no must hangs on what is inferred";
    URL_LENGTH = "url-length" Should
        "The whole URL has at most 1024 bytes."
        <- "[DOC17 6053] [ERR -180, -5994]";
    HTTP_VERSION = "http-version" Note
        "Requests are HTTP/1.1."
        <- "[SEED L13, L96]";
    PATH_OBJECT = "path-object" Must
        "The decoded path names the object that is to be uploaded; a plus in it is a plus."
        <- "[SEED L13] [SDK §1.3: cos_op.py:76, CommonPathUtils.java:16, Auth.php:101]";
    TARGET_ASCII = "target-ascii" Should
        "The target consists of characters that a URL may contain; all others are percent-encoded."
        <- "RFC 3986 §2 [SDK §1.3: every SDK escapes them]";
    PATH_SLASHES = "path-slashes" Note
        "The slashes of the object path are not percent-encoded."
        <- "[SDK §1.3: every SDK keeps them]";
    QUERY = "query" Must
        "The query is empty, or it is the signature in `sign`."
        <- "[SEED L24, E16] [SDK qcloud_sdk.js:137]";
    HOST = "host" Must
        "A request has exactly one Host."
        <- "[SEED L14, L97] [ERR -29015] RFC 9112 §3.2";
    HOST_OF_SERVICE = "host-of-service" Must
        "Host is a host of this service."
        <- "[SEED L14, L97] [ERR -29015]";
    CONTENT_MD5 = "content-md5" Must
        "Content-MD5, if there is one, is the base64 of the MD5 of the body."
        <- "[ERR -5961] RFC 1864 §2";
    UNFOLDED = "unfolded" Must
        "No header is continued on a second line."
        <- "RFC 9112 §5.2: a server refuses that with 400, or replaces it";
    FIELD_LINES = "field-lines" Must
        "Each header is one line: a name, a colon directly after it, a value."
        <- "RFC 9112 §5.1: a server rejects other lines with 400";
    HEAD_LINE_ENDS = "head-line-ends" Should
        "Each line of the head ends in CR LF."
        <- "RFC 9112 §2.2 [SEED L105]";
    BARE_CR = "bare-cr" Should
        "In the head, each CR is followed by an LF."
        <- "RFC 9112 §2.2";
    FIELD_VALUES = "field-values" Should
        "Header values contain no control characters."
        <- "RFC 9110 §5.5";
    CONTENT_LENGTH = "content-length" Must
        "Content-Length is the number of bytes of the body: no byte is missing, and none comes after."
        <- "[SEED L17, L21, L103, E7] [CALC §7.4] RFC 9112 §6.2";
    EMPTY_LINES = "empty-lines" Should
        "No empty line comes after a body."
        <- "RFC 9112 §2.2: a client must not send one, and a server should ignore it";
    NOT_CHUNKED = "not-chunked" Should
        "The body has a Content-Length; whether the service takes chunked bodies is not known."
        <- "[SEED L17, L103] [SDK §1.4: no SDK sends chunked bodies]";
    CHUNKS = "chunks" Must
        "A chunked body consists of chunks and ends with a last chunk of size 0."
        <- "RFC 9112 §7.1";
    ONE_FRAMING = "one-framing" Must
        "A request has Content-Length or Transfer-Encoding, not both."
        <- "RFC 9112 §6.1, §6.2";
    TRANSFER_CODING = "transfer-coding" Must
        "A Transfer-Encoding is chunked, and only that."
        <- "RFC 9112 §6.1: a server answers others with 501";
    BOUNDS = "bounds" Should
        "A head has at most 64 KiB and 256 lines, a body at most 64 MiB and 1000 parts: more than any operation needs."
        <- "[DOC17 6067: slices of 1 MiB] [ERR -46180, -281]";
    CONTENT_TYPE = "content-type" Must
        "Fields travel as multipart/form-data; only the list request may be JSON."
        <- "[SEED L16, L104] [ERR -5993] [SDK FileOp.java:537]";
    ONE_CONTENT_TYPE = "one-content-type" Must
        "A request does not have two different Content-Types."
        <- "[SEED L16, L104] RFC 9110 §5.3";
    HEADERS_ONCE = "headers-once" Should
        "Content-Length and Content-Type are not repeated."
        <- "RFC 9110 §5.3 RFC 9112 §6.3";
    METHOD_HEADER = "method-header" Note
        "No header is named Method; one client sends it, and the service ignores it."
        <- "[WIRE §1.4]";
    EXPECT = "expect" Should
        "An Expect is 100-continue."
        <- "RFC 9110 §10.1.1 [WIRE §1.4]";
    CONTENT_ENCODING = "content-encoding" Should
        "The body has no Content-Encoding."
        <- "[SDK §1.4: no SDK compresses] RFC 9110 §8.4";
    HOST_REGION = "host-region" Note
        "The host is that of a region, such as gz.file.myqcloud.com, in lower case."
        <- "[SEED L14, L97, E22] [SDK cos_config.py:11]"
        unchecked "the client is given another address instead";
    CLIENT_HEADERS = "client-headers" Note
        "Accept, Accept-Encoding, Connection and User-Agent mean nothing to an upload."
        <- "[SEED L98–L101, E24] [WIRE §1.4]"
        unchecked "any value is right";
    RESERVED_CHARACTERS = "reserved-characters" Note
        "Names of folders and files do without ? * : | \\ < > and the double quote."
        <- "[DOC17 6053] [SDK cos_params_check.py:72]"
        unchecked "the service takes them percent-encoded, and the client is told the name";
    DOT_SEGMENTS = "dot-segments" Note
        "How the service handles . and .. between two slashes of a path, and of two slashes in a row, is not documented."
        <- "[INFER §6.2, §1.3]"
        unchecked "it is not known what is right";
    BUCKET_NAMES = "bucket-names" Note
        "A bucket's name has at most 40 lower-case letters, digits and dashes."
        <- "[ERR -199] [DOC17 6053]"
        unchecked "the client is told the name";
}
