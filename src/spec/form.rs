//! The multipart form.

clauses! {
    BOUNDARY = "boundary" Must
        "Content-Type has a boundary parameter."
        <- "[SEED L16, L104, E1] RFC 7578 §4.1";
    BOUNDARY_LENGTH = "boundary-length" Must
        "The boundary has 1 to 70 characters."
        <- "RFC 2046 §5.1.1";
    BOUNDARY_UNIQUE = "boundary-unique" Must
        "No line of the file reads like a delimiter of the form."
        <- "RFC 2046 §5.1.1 RFC 7578 §4.1";
    BOUNDARY_CHARACTERS = "boundary-characters" Should
        "The boundary consists of letters, digits, spaces and '()+_,-./:=? and does not end in a space."
        <- "RFC 2046 §5.1.1";
    BOUNDARY_UNQUOTED = "boundary-unquoted" Note
        "The boundary parameter is not quoted; a community client says that the service refused quotes."
        <- "[INFER §11]";
    ONE_BOUNDARY = "one-boundary" Should
        "Content-Type has one boundary parameter."
        <- "RFC 2045 §5.1 RFC 7578 §4.1";
    DELIMITERS = "delimiters" Must
        "All delimiters of a body are the boundary of the header after two dashes, each on its own line."
        <- "[SEED L29, L32, L35, L38, L106, L109, L112, L115, E2] RFC 2046 §5.1.1";
    CLOSING_DELIMITER = "closing-delimiter" Must
        "The body ends with the closing delimiter."
        <- "[SEED L29–L40, L106–L117, E3] [CALC §7.4] RFC 2046 §5.1.1, against two community clients that omit it: every SDK sends it, and readers may refuse a form that does not end";
    FORM_LINE_ENDS = "form-line-ends" Must
        "Delimiters and headers of parts end in CR LF."
        <- "[SEED L29–L40, E6] [CALC §7.4] RFC 2046 §4.1.1";
    BLANK_LINE = "blank-line" Must
        "An empty line stands between the headers of a part and its content."
        <- "[SEED L31, L34, E4] [CALC §7.4] RFC 2046 §5.1";
    DISPOSITION = "disposition" Must
        "Each part has the header Content-Disposition: form-data."
        <- "[SEED L30, L33, L36, L39, L107, L110, L113, L116] RFC 7578 §4.2";
    PART_NAME = "part-name" Must
        "Each part has a name."
        <- "[SEED L30, L33, L36, L39] RFC 7578 §4.2";
    OP = "op" Must
        "`op` is one of the five operations of an upload."
        <- "[SEED L40, L47, L117] [ERR -5980, -5964]";
    ONE_VALUE = "one-value" Must
        "No field comes twice with different values."
        <- "[INFER §9.5 item 4] [SEED L47–L51: each field has one value]: the service uses one of them, and nobody knows which";
    NO_REPEATS = "no-repeats" Note
        "No field comes twice; a retry that appends to the same form does that."
        <- "[WIRE §9.5 item 4]";
    PART_HEADERS_ONCE = "part-headers-once" Should
        "No header of a part comes twice."
        <- "RFC 7578 §4.2, §4.8";
    PART_LENGTH = "part-length" Should
        "A part that has a Content-Length has the length of its content there."
        <- "[WIRE §9.5 item 2]";
    TEXT_IS_UTF8 = "text-is-utf8" Should
        "Text fields are UTF-8, and name no charset but UTF-8, US-ASCII or ISO-8859-1."
        <- "RFC 7578 §5.1.2 [SDK §9.1: every SDK]";
    PLAIN_NUMBERS = "plain-numbers" Should
        "Numbers have no leading zeros."
        <- "[INFER §2] [SDK §9.1: no SDK pads them]";
    NO_EMPTY_FIELDS = "no-empty-fields" Note
        "sha, uploadparts and datamd5 are left out if they have no value."
        <- "[INFER §6.4]";
    IDENTITY_PARTS = "identity-parts" Must
        "Content is not encoded: a Content-Transfer-Encoding is 7bit, 8bit or binary."
        <- "[SEED L37, L50, L114] RFC 7578 §4.7";
    FIELD_CASE = "field-case" Note
        "Field names are written as documented: in lower case, except insertOnly."
        <- "[SEED L47–L51] [SDK RequestBodyKey.java:21]";
    TEXT_WITHOUT_FILENAME = "text-without-filename" Note
        "Only filecontent has a filename."
        <- "[SEED L30, E11] [WIRE §9.5 item 2]";
    PART_HEADERS = "part-headers" Note
        "Parts have no header other than Content-Disposition."
        <- "[SEED L113, E13] [WIRE §9.5 item 2]";
    PREAMBLE = "preamble" Note
        "The body begins with the first delimiter, without an empty line before it."
        <- "[SDK Request.cs:66] [WIRE §9.5 item 3]";
    NO_TEXT_AROUND = "no-text-around" Should
        "There is no text before the first delimiter nor after the closing one."
        <- "RFC 7578 §4.1 RFC 2046 §5.1.1";
    PARAMETERS_ONCE = "parameters-once" Must
        "No parameter of a part's Content-Disposition comes twice."
        <- "RFC 2183 §2, RFC 7578 §4.2: a part has one name";
    PARAMETER_LINE_ENDS = "parameter-line-ends" Must
        "No CR and no LF stands in a parameter of a part's Content-Disposition."
        <- "RFC 2045 §5.1, RFC 5322 §3.2.4; RFC 7578 §4.2 has filenames percent-encoded";
    PARAMETER_QUOTES = "parameter-quotes" Should
        "A quote within a parameter of a part's Content-Disposition is escaped."
        <- "RFC 2045 §5.1, RFC 5322 §3.2.4: quoted-string";
    PART_HEADERS_UNFOLDED = "part-headers-unfolded" Should
        "No header of a part goes on in a second line."
        <- "RFC 2046 §5.1 allows what RFC 9112 §5.2 forbids in HTTP; readers of forms differ";
    BOUNDARY_TOKEN = "boundary-token" Should
        "A boundary with characters that no token has is quoted in Content-Type."
        <- "RFC 2045 §5.1, RFC 2046 §5.1.1";
    QUOTED_PARAMETERS = "quoted-parameters" Note
        "The parameters of Content-Disposition are quoted."
        <- "RFC 7578 §4.2 [WIRE clients.md §3]";
    PLAIN_FILENAME = "plain-filename" Note
        "A filename is given as filename, not as filename*."
        <- "RFC 7578 §4.2 [WIRE clients.md §3]";
    KNOWN_FIELDS = "known-fields" Note
        "A request has only fields that are documented for its operation."
        <- "[SEED L2, L47–L51, E17] [WIRE §9.5 item 1]";
    SECOND_READER = "second-reader" Should
        "Two independent readers find the same fields in a body."
        <- "RFC 7578 §4 [INFER §9.5]";
    FIELD_ORDER = "field-order" Note
        "Fields may come in any order; a reader that streams has to keep filecontent until it knows op."
        <- "[SEED L29–L40, E12] [WIRE §9.5 item 1]"
        unchecked "it permits something, and requires nothing";
}
