//! What binds the service: no finding is ever about it, but our own server is held to it.

clauses! {
    // Every reply.
    SERVICE_JSON = "service-json" Must
        "The body of a reply is one JSON object with code, message, request_id and, where there is something to say, data."
        <- "[SEED L57, L59–L70, L124, L131–L140, E28, E36]"
        unchecked "binds the service: every_reply_is_one_compact_json_object";
    SERVICE_COMPACT = "service-compact" Note
        "Replies are written without white space, with their keys in one order."
        <- "[CALC §8.1, E37] [SEED L59–L70]"
        unchecked "binds the service: every_reply_is_one_compact_json_object";
    SERVICE_LENGTH = "service-length" Must
        "Content-Length of a reply is the length of its body."
        <- "[SEED L125, E27] [CALC §8.3]"
        unchecked "binds the service: every_reply_has_its_length_and_its_id";
    SERVICE_REQUEST_ID = "service-request-id" Must
        "request_id is a string, unique, and the same as the header x-cos-request-id."
        <- "[SEED L62, L79, L129, L133, E29] [CALC §1.5]"
        unchecked "binds the service: every_reply_has_its_length_and_its_id";
    SERVICE_CODE = "service-code" Must
        "code is a number, 0 where nothing went wrong, and otherwise one of the error table."
        <- "[SEED L60, L77, L131, E34] [ERR]"
        unchecked "binds the service: refusals_have_a_code_of_the_table_its_status_and_no_data";
    SERVICE_MESSAGE = "service-message" Must
        "message is a string: SUCCESS, or the name of the error."
        <- "[SEED L61, L78, L132]"
        unchecked "binds the service: refusals_have_a_code_of_the_table_its_status_and_no_data";
    SERVICE_DATA = "service-data" Must
        "data is an object, and absent from refusals."
        <- "[SEED L63, L80, L134, E35]"
        unchecked "binds the service: refusals_have_a_code_of_the_table_its_status_and_no_data";
    SERVICE_STATUS = "service-status" Must
        "Success has HTTP status 200; a refusal has the status that the error table gives it, and its JSON all the same."
        <- "[SEED L123, E39] [ERR §5.1]"
        unchecked "binds the service: refusals_have_a_code_of_the_table_its_status_and_no_data";
    SERVICE_HEADERS = "service-headers" Note
        "Connection, Date and Server of a reply mean nothing to an upload."
        <- "[SEED L126–L128, E26, E38]"
        unchecked "what a client makes of a header that means nothing is not on the wire";

    // What is accepted.
    SERVICE_DIALECTS = "service-dialects" Must
        "Fields are taken in any order and case, with the filenames and part headers that shipped clients send."
        <- "[WIRE §9.5 items 1, 2, 3] [SEED E11, E12, E13]"
        unchecked "binds the service: requests_of_every_dialect_are_taken_with_and_without_sha, fields_are_taken_in_any_order_and_case";
    SERVICE_ABSOLUTE_FORM = "service-absolute-form" Must
        "A target is taken in origin form and in absolute form."
        <- "RFC 9112 §3.2.2 [DOC16 6066]"
        unchecked "binds the service: a_target_in_absolute_form_names_the_same_object";
    SERVICE_SIGN_QUERY = "service-sign-query" Must
        "The signature is taken from Authorization and from the query."
        <- "[SDK qcloud_sdk.js:137] [ISSUE cos-js-sdk-v4#16]"
        unchecked "binds the service: a_signature_in_the_query_is_taken_as_one_in_the_head_is";
    SERVICE_CONTINUE = "service-continue" Must
        "A client that waits for 100 Continue gets it."
        <- "[WIRE §9.5 item 8] RFC 9110 §10.1.1"
        unchecked "binds the service: a_client_that_waits_for_100_continue_gets_it";
    SERVICE_PREFLIGHT = "service-preflight" Must
        "A browser's OPTIONS before a request to another origin is answered, and is no part of the upload."
        <- "[WIRE §1.4] [ERR -121]"
        unchecked "binds the service: a_preflight_is_answered_and_not_recorded";
    SERVICE_NO_MINIMUM = "service-no-minimum" Must
        "A file of any length from one byte on may be uploaded in slices."
        <- "[SEED L2, E18] [DOC16 6068: slices of 36864 and 26585 bytes]"
        unchecked "binds the service: a_file_of_one_byte_is_uploaded_in_slices";

    // upload_slice_init.
    SERVICE_GRANTS = "service-grants" Must
        "An init for a file that was never uploaded is answered with session and slice_size."
        <- "[SEED L2, L5] [DOC17 6067]"
        unchecked "binds the service: init_grants_a_session_and_a_slice_size";
    SERVICE_IN_PROGRESS = "service-in-progress" Must
        "An init for an object whose upload is not finished is refused: -4019 for the same sha, or none, -4020 for another."
        <- "[SEED L5] [ERR -4019, -4020]"
        unchecked "binds the service: init_of_an_unfinished_upload_is_refused_by_whether_the_sha_is_the_same";
    SERVICE_INSTANT_HIT = "service-instant-hit" Must
        "An init with the sha of what is stored already is answered with the addresses of the object, and no session."
        <- "[DOC17 6067] [SDK cos_op.py:359] [SEED L5, E20]"
        unchecked "binds the service: init_of_what_is_there_is_an_instant_hit_or_a_conflict";
    SERVICE_EXISTS = "service-exists" Must
        "Where another object is stored, init is refused with -177, unless insertOnly is 0."
        <- "[ERR -177] [DOC17 6066]"
        unchecked "binds the service: init_of_what_is_there_is_an_instant_hit_or_a_conflict";

    // upload_slice_data.
    SERVICE_DATALEN = "service-datalen" Must
        "datalen of a reply is a number: how many bytes of the slice arrived."
        <- "[SEED L65, L86, L135, E32, E40]"
        unchecked "binds the service: the_reply_to_a_slice_echoes_it";
    SERVICE_DATAMD5 = "service-datamd5" Must
        "datamd5 of a reply is the MD5 of the slice, in lower-case hex digits."
        <- "[SEED L66, L87, L136, E23, E33]"
        unchecked "binds the service: the_reply_to_a_slice_echoes_it";
    SERVICE_OFFSET = "service-offset" Must
        "offset of a reply is a number: that of the request."
        <- "[SEED L67, L88, L137, E10, E30]"
        unchecked "binds the service: the_reply_to_a_slice_echoes_it";
    SERVICE_SESSION = "service-session" Must
        "session of a reply is a string: that of the request."
        <- "[SEED L68, L89, L138, E31]"
        unchecked "binds the service: the_reply_to_a_slice_echoes_it";
    SERVICE_DATA_HAS_NO_ADDRESS = "service-data-has-no-address" Must
        "No reply to a slice names an address, not even to the last: an upload ends with finish."
        <- "[DOC17 6068] [INFER §2.3]"
        unchecked "binds the service: the_reply_to_a_slice_echoes_it";
    SERVICE_WRONG_SESSION = "service-wrong-session" Must
        "A slice or finish with another session is refused with -29096."
        <- "[ERR -29096]"
        unchecked "binds the service: what_cannot_be_understood_is_refused_with_its_code";
    SERVICE_EMPTY_SLICE = "service-empty-slice" Must
        "A slice without bytes is refused with -5990."
        <- "[SEED L37, L50] [ERR -5990]"
        unchecked "binds the service: a_slice_without_bytes_is_refused_whatever_slice_size_was_answered";
    SERVICE_ANY_ORDER = "service-any-order" Must
        "Slices are taken in any order, and the same slice more than once."
        <- "[SEED L88] [SDK §3.2] [INFER §3.3]"
        unchecked "binds the service: slices_come_in_any_order_and_repeats_change_nothing";

    // upload_slice_list.
    SERVICE_LISTS = "service-lists" Must
        "A list of an unfinished upload has filesize, session, slice_size and, in ascending order, the slices that arrived."
        <- "[DOC17 6070] [SEED L5]"
        unchecked "binds the service: a_list_is_of_slices_in_order_or_the_address_or_404";
    SERVICE_LIST_FINISHED = "service-list-finished" Must
        "A list of a finished object has its addresses and no session."
        <- "[DOC17 6070]"
        unchecked "binds the service: a_list_is_of_slices_in_order_or_the_address_or_404";
    SERVICE_LIST_NOTHING = "service-list-nothing" Must
        "A list of what was never uploaded is refused with HTTP 404 and -197."
        <- "[ERR -197] [ISSUE cos-js-sdk-v4#14]"
        unchecked "binds the service: a_list_is_of_slices_in_order_or_the_address_or_404";

    // upload_slice_finish.
    SERVICE_STORED = "service-stored" Must
        "The reply to a finish has access_url, resource_path, source_url, url and vid."
        <- "[DOC17 6074] [SEED L8]"
        unchecked "binds the service: finish_names_the_object_and_may_be_repeated";
    SERVICE_GAP = "service-gap" Must
        "A finish with a slice missing is refused with -29144, and the upload stays open."
        <- "[ERR -29144]"
        unchecked "binds the service: what_cannot_be_understood_is_refused_with_its_code";
    SERVICE_REPEATED_FINISH = "service-repeated-finish" Should
        "A finish that is repeated unchanged gets the same answer."
        <- "[INFER §3.3]"
        unchecked "binds the service: finish_names_the_object_and_may_be_repeated";
    SERVICE_DELETE = "service-delete" Must
        "An unfinished upload can be deleted; init then opens a new one."
        <- "[DOC17 6068] [SDK §3.1: the way some clients recover]"
        unchecked "binds the service: an_unfinished_upload_can_be_deleted_and_begun_again";
}
