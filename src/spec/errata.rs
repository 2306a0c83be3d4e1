//! Where the seed page is wrong, damaged or silent, and what follows.

use super::{
    BLANK_LINE, BOUNDARY, CLIENT_HEADERS, CLOSING_DELIMITER, CONTENT_LENGTH, Clause, DATA_CONTENT,
    DATA_IN_FILE, DATA_OFFSET_FORM, DATA_SESSION, DATA_SHA, DATA_STRAY_SHA, DELIMITERS,
    FIELD_ORDER, FINISH_CODE, FINISH_JSON, FORM_LINE_ENDS, HOST_REGION, INSTANT_HIT, KNOWN_FIELDS,
    LOWER_BOUND, PARENT_DIRECTORY, PART_HEADERS, PATH_GRAMMAR, QUERY, REPLY_CODE, REPLY_DATALEN,
    REPLY_DATAMD5, REPLY_JSON, REPLY_OFFSET, REPLY_READ_WHOLE, REPLY_REQUEST_ID, REPLY_SESSION,
    RESUMES, SERVICE_CODE, SERVICE_COMPACT, SERVICE_DATA, SERVICE_DATALEN, SERVICE_DATAMD5,
    SERVICE_DIALECTS, SERVICE_HEADERS, SERVICE_INSTANT_HIT, SERVICE_JSON, SERVICE_LENGTH,
    SERVICE_NO_MINIMUM, SERVICE_OFFSET, SERVICE_REQUEST_ID, SERVICE_SESSION, SERVICE_STATUS,
    SIGNATURE_FIELDS, SIGNATURE_MAC, SIGNED, SUCCESS_ACKNOWLEDGED, TEXT_WITHOUT_FILENAME,
};

/// One place where the page is not to be taken at its word.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Erratum {
    /// `E<n>`: permanent.
    pub id: &'static str,
    /// The lines of the page; none where it is silent.
    pub lines: &'static str,
    /// What the page shows.
    pub shows: &'static str,
    /// What is taken to be true, and why.
    pub resolution: &'static str,
    /// What follows.
    pub clauses: &'static [&'static Clause],
}

const fn erratum(
    id: &'static str,
    lines: &'static str,
    shows: &'static str,
    resolution: &'static str,
    clauses: &'static [&'static Clause],
) -> Erratum {
    Erratum { id, lines, shows, resolution, clauses }
}

impl Erratum {
    /// The errata from which a clause follows.
    pub fn about(clause: &Clause) -> impl Iterator<Item = &'static Self> {
        ERRATA.iter().filter(move |erratum| erratum.clauses.iter().any(|other| **other == *clause))
    }
}

/// All errata, in the order of the notes that the rules were written from.
#[rustfmt::skip]
pub const ERRATA: &[Erratum] = &[
    erratum("E1", "L16", "a Content-Type without a boundary",
        "the boundary is there, as in the example and in what every SDK sends", &[&BOUNDARY]),
    erratum("E2", "L29, L32, L35, L38", "two delimiters in one body",
        "both are ends of the boundary of L104, cut by whoever redacted the page: one body has one delimiter", &[&DELIMITERS]),
    erratum("E3", "L29–L40, L106–L117", "no closing delimiter",
        "it is there: the published Content-Length counts it", &[&CLOSING_DELIMITER]),
    erratum("E4", "L36–L37, L39–L40, L107–L108, L110–L111, L113–L114, L116–L117", "a value directly after the header of its part",
        "an empty line stands between them: the published Content-Length counts it", &[&BLANK_LINE]),
    erratum("E5", "L30–L31, L33–L34", "offset and session without a value",
        "left out for brevity: both are mandatory and not empty", &[&DATA_OFFSET_FORM, &DATA_SESSION]),
    erratum("E6", "L29–L40, L106–L117", "lines that end in LF",
        "they end in CR LF: only then does the published Content-Length fit", &[&FORM_LINE_ENDS]),
    erratum("E7", "L103", "a Content-Length of 1049252 beside a body of 1049112 bytes",
        "with empty lines, CR LF, closing delimiter and a session of 192 characters it is exact: Content-Length is the length of the body", &[&CONTENT_LENGTH]),
    erratum("E8", "L68, L111, L138", "three sessions, of 87, 109 and 187 digits",
        "each is one string of 192 with runs cut out; a session is opaque, returned as it came, and never judged by its look", &[&DATA_SESSION]),
    erratum("E9", "L102", "a signature of 96 characters whose string to sign is damaged",
        "it is no vector: it decodes to a string to sign that lacks fields, and is refused like any such", &[&SIGNATURE_FIELDS]),
    erratum("E10", "L108, L137", "a request for offset 0 and a reply for offset 101711872",
        "the two are of different slices; a reply repeats the offset of its request, and a client compares it", &[&SERVICE_OFFSET, &REPLY_OFFSET]),
    erratum("E11", "L30, L33, L36, L39, L107, L110, L113, L116", "a filename on every part",
        "one HTTP library does that; it does not make a field a file, and the service accepts it", &[&TEXT_WITHOUT_FILENAME, &SERVICE_DIALECTS]),
    erratum("E12", "L29–L40", "the order offset, session, filecontent, op",
        "the order of one language's dictionary; any order is accepted", &[&FIELD_ORDER, &SERVICE_DIALECTS]),
    erratum("E13", "L113", "filecontent without a Content-Type",
        "true of one SDK; others add headers to their parts, which are ignored", &[&PART_HEADERS, &SERVICE_DIALECTS]),
    erratum("E14", "L51", "a field sha in the table, and none in the samples",
        "it is sent if and only if init had it; the published Content-Length leaves no room for it", &[&DATA_SHA, &DATA_STRAY_SHA]),
    erratum("E15", "L48", "offset as a Number",
        "a form has no numbers: it is decimal digits", &[&DATA_OFFSET_FORM]),
    erratum("E16", "L24", "that the parameters of the request are empty",
        "the query is meant; one SDK puts the signature there, and nothing else", &[&QUERY]),
    erratum("E17", "L2", "session and slice_size as what a slice needs",
        "slice_size is what slices are cut by, not a field; one SDK sends it as sliceSize, and it is ignored", &[&KNOWN_FIELDS]),
    erratum("E18", "L2", "that slices are for files above 20 MB",
        "other pages slice files of 36864 and 26585 bytes: there is no lower bound", &[&LOWER_BOUND, &SERVICE_NO_MINIMUM]),
    erratum("E19", "L2", "that the directory has to exist",
        "all pages say so and none says what happens otherwise: not checked", &[&PARENT_DIRECTORY]),
    erratum("E20", "L5", "two answers to init: -4019 and a session",
        "there are more: the object is complete already, or another file's upload is under way, which is -4020", &[&SERVICE_INSTANT_HIT, &INSTANT_HIT, &RESUMES]),
    erratum("E21", "L13, L96", "12xxxxx as appid",
        "redacted: an appid is digits, and the sample's own path would be refused", &[&PATH_GRAMMAR]),
    erratum("E22", "L14, L97", "<Region> with a capital, and gz",
        "regions are in lower case", &[&HOST_REGION]),
    erratum("E23", "L37, L114", "a placeholder for the content",
        "1048576 zero bytes, by the MD5 in the reply: content is sent as it is", &[&DATA_CONTENT, &SERVICE_DATAMD5]),
    erratum("E24", "L98–L101", "Connection, Accept-Encoding, Accept and User-Agent",
        "the defaults of one HTTP library: they mean nothing", &[&CLIENT_HEADERS]),
    erratum("E25", "L20", "a link where the signature should be described",
        "the linked page and the published samples give form, fields and MAC", &[&SIGNED, &SIGNATURE_MAC]),
    erratum("E26", "L128", "tencent-cos^M as Server",
        "a terminal's picture of a CR; the value is tencent-cos, and means nothing", &[&SERVICE_HEADERS]),
    erratum("E27", "L125, L131–L140", "a Content-Length of 382 beside 385 characters",
        "compact JSON with the whole request_id and session has 382 bytes", &[&SERVICE_LENGTH, &SERVICE_COMPACT]),
    erratum("E28", "L138–L140", "one closing brace too many",
        "a slip of the page; a reader that is strict reports what follows the JSON", &[&SERVICE_JSON, &REPLY_READ_WHOLE]),
    erratum("E29", "L62, L129, L133", "a request_id of 38 characters in the body and of 40 in the head",
        "two were cut: both are the same", &[&SERVICE_REQUEST_ID, &REPLY_REQUEST_ID]),
    erratum("E30", "L88", "offset of a reply as a String",
        "a number, as in the example; a reader takes digits in quotes, too", &[&SERVICE_OFFSET, &REPLY_OFFSET]),
    erratum("E31", "L89", "session of a reply as a Number",
        "a string, as in the example: 192 hex digits are no number", &[&SERVICE_SESSION, &REPLY_SESSION]),
    erratum("E32", "L86", "datalen as a Number, without a word on its use",
        "the bytes that came; a client compares it with what it sent", &[&SERVICE_DATALEN, &REPLY_DATALEN]),
    erratum("E33", "L87", "datamd5 as a String, without a word on its form",
        "lower-case hex digits; a client compares it with the MD5 of what it sent", &[&SERVICE_DATAMD5, &REPLY_DATAMD5]),
    erratum("E34", "L77", "a code that is 0, or not",
        "a number, negative for errors: anything but 0 is a failure, whatever the HTTP status", &[&SERVICE_CODE, &REPLY_CODE, &FINISH_CODE]),
    erratum("E35", "L80", "data in every reply",
        "refusals have none", &[&SERVICE_DATA]),
    erratum("E36", "L57", "a body that is application/json",
        "errors from in front of the service may be XML or HTML: a body that is no JSON is a failure", &[&SERVICE_JSON, &REPLY_JSON, &FINISH_JSON, &SUCCESS_ACKNOWLEDGED]),
    erratum("E37", "L59–L70", "JSON with tabs and line ends",
        "compact on the wire; a reader ignores white space", &[&SERVICE_COMPACT]),
    erratum("E38", "L127", "Tue, 12 Sep 2017 07:36:59 GMT",
        "consistent: it is the time in request_id, and was a Tuesday", &[&SERVICE_HEADERS, &SERVICE_REQUEST_ID]),
    erratum("E39", "", "no HTTP status for any error",
        "the error table has them; a refusal has its status and its JSON", &[&SERVICE_STATUS]),
    erratum("E40", "L65, L67, L108", "a slice of 1048576 bytes at offset 101711872",
        "consistent: the slice before the last two of 100 MiB", &[&SERVICE_DATALEN, &DATA_IN_FILE]),
];
