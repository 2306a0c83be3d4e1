/// One code of the error table, as the service documents it (`[ERR]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode {
    /// The number in `code`.
    pub code: i64,
    /// The HTTP status it comes with.
    pub status: u16,
    /// What goes into `message`.
    pub name: &'static str,
    /// Whether trying the same request again can help.
    pub retryable: bool,
}

/// The codes that the reference server answers and the rules know.
pub struct Codes;

impl Codes {
    /// The entry for `code`, if it is known.
    pub fn get(code: i64) -> Option<&'static ErrorCode> {
        CODES.iter().find(|known| known.code == code)
    }
}

const fn code(code: i64, status: u16, name: &'static str) -> ErrorCode {
    ErrorCode { code, status, name, retryable: false }
}

const fn retryable(code: i64, status: u16, name: &'static str) -> ErrorCode {
    ErrorCode { code, status, name, retryable: true }
}

const CODES: &[ErrorCode] = &[
    retryable(-71, 503, "ERROR_PROXY_FREQ_CONTROL"),
    code(-97, 403, "ERROR_PROXY_AUTH_FAILED"),
    code(-133, 404, "ERROR_BUCKET_NOT_EXIST"),
    code(-175, 400, "ERROR_CMD_COS_FILE_SIZE_NOT_EQU"),
    code(-177, 409, "ERROR_CMD_COS_FILE_EXIST"),
    code(-180, 400, "ERROR_CMD_COS_INVALID_PATH"),
    retryable(-195, 500, "ERROR_CMD_COS_ERROR"),
    retryable(-196, 503, "ERROR_CMD_BACKEND_NETWORK"),
    code(-197, 404, "ERROR_CMD_FILE_NOTEXIST"),
    code(-284, 400, "ERROR_PROCESS_WRONG_SLICE_SIZE"),
    code(-4019, 409, "_ERROR_FILE_NOT_FINISH_UPLOAD"),
    code(-4020, 409, "_ERROR_FILE_NOT_FINISH_UPLOAD_SHA_DIFFERS"),
    code(-5964, 400, "ERROR_CGI_PARAM_UNKNOWN_OP"),
    code(-5971, 400, "ERROR_CGI_PARAM_MISSING_FILESIZE"),
    code(-5980, 400, "ERROR_CGI_PARAM_MISSING_OP"),
    code(-5990, 400, "ERROR_CGI_MISSING_FILECONTENT"),
    code(-5993, 400, "ERROR_CGI_FORM_ERR"),
    code(-5996, 400, "ERROR_CGI_METHOD"),
    retryable(-5997, 503, "ERROR_CGI_NETWORK"),
    code(-5999, 400, "ERROR_CGI_PARAM"),
    retryable(-20034, 409, "ERROR_CONCURRENT_OPERATION"),
    retryable(-21095, 503, "ERROR_STORAGE_BACKEND"),
    code(-29096, 400, "ERROR_SESSION_ID"),
    code(-29098, 400, "ERROR_OFFSET"),
    code(-29104, 400, "ERROR_MISSING_FILESIZE"),
    code(-29126, 400, "ERROR_MISSING_FILESIZE"),
    code(-29144, 400, "ERROR_SLICE_MISSING"),
    retryable(-29302, 503, "ERROR_STORAGE_BACKEND"),
];
