//! What a client makes of replies.

clauses! {
    REPLY_CODE = "reply-code" Must
        "A reply with a code other than 0 is not an acknowledgement, whatever its HTTP status: \
         the slice is sent again before finish."
        <- "[SEED L77, E34] [ERR]";
    REPLY_JSON = "reply-json" Must
        "A reply that is not JSON, or has no code, is not an acknowledgement: the slice is sent again before finish."
        <- "[SEED L57, E36] [ISSUE cos-python-sdk-v4#30]";
    REPLY_AWAITED = "reply-awaited" Must
        "A slice whose reply did not arrive completely is sent again, or found in the list, before finish."
        <- "[SEED L7] [ERR -29144]";
    REPLY_DATALEN = "reply-datalen" Should
        "datalen of the reply is compared with what was sent; where it differs, the slice is sent again before finish."
        <- "[SEED L86, E32]: where data is lost by it, truth is a must";
    REPLY_DATAMD5 = "reply-datamd5" Should
        "datamd5 of the reply is compared with what was sent; where it differs, the slice is sent again before finish."
        <- "[SEED L87, E33] [SDK SliceUploading.php:263]: where data is lost by it, truth is a must";
    REPLY_OFFSET = "reply-offset" Should
        "offset of the reply is compared with what was sent; where it differs, the slice is sent again before finish."
        <- "[SEED L88, E10, E30]";
    REPLY_SESSION = "reply-session" Should
        "session of the reply is compared with what was sent; where it differs, the slice is sent again before finish."
        <- "[SEED L89, E31]";
    REPLY_MESSAGE = "reply-message" Note
        "message is for people; decisions follow code."
        <- "[SEED L78]";
    REPLY_REQUEST_ID = "reply-request-id" Note
        "request_id names the request when asking for help; a client keeps it for its log."
        <- "[SEED L79, E29]"
        unchecked "what a client logs is not on the wire";
    REPLY_READ_WHOLE = "reply-read-whole" Should
        "A reader reports what follows the JSON of a reply."
        <- "[SEED L138–L140, E28]"
        unchecked "a client that goes on without what follows has lost nothing";
    REPLY_OF_2016 = "reply-of-2016" Should
        "A client copes with replies of 2016: no request_id, no datamd5, digits in quotes, a Date without a zone."
        <- "[DOC16 6068, §10]"
        unchecked "that a client reads them is in lawful-replies; a Date is not looked at";
}
