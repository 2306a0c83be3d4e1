//! How it ends.

clauses! {
    TRUTH = "truth" Must
        "A client that claims success has stored the file, byte for byte."
        <- "[SEED L3–L8]";
    SUCCESS_ACKNOWLEDGED = "success-acknowledged" Must
        "A client claims success only if the service said that the object is complete, in JSON with the code 0."
        <- "[SEED L57, L77, E36]";
    FINISH_STATUS = "finish-status" Note
        "A finish whose reply has code 0 and the HTTP status of an error is a failure, until another reply shows otherwise."
        <- "[SEED L123] against [SDK §3.4: some look at code only]";
    FINISH_CODE = "finish-code" Must
        "A finish whose reply has a code other than 0 is a failure, whatever its HTTP status."
        <- "[SEED L77, E34] [ERR]";
    FINISH_JSON = "finish-json" Must
        "A finish whose reply is not JSON is a failure."
        <- "[SEED L57, E36] [ISSUE cos-python-sdk-v4#30]";
    FINISH_REPLY = "finish-reply" Must
        "A finish whose reply did not arrive completely is a failure, until another request shows otherwise."
        <- "[SEED L8, L77]";
    SUCCESS_REPORTED = "success-reported" Should
        "An upload that the service has confirmed is reported as a success."
        <- "[SEED L8, L77] [CONTRACT]";
    COMPLETES = "completes" Must
        "Where nothing is wrong with the service, a client completes its upload and says so, \
         whatever the file and its key, unless it says that it does not support them."
        <- "[SEED L3–L8] [CONTRACT]";
    SOURCE_KEPT = "source-kept" Must
        "A client leaves the local file as it found it, whatever comes of the upload."
        <- "[SEED L3–L8] [CONTRACT]";
    OTHER_OBJECT_KEPT = "other-object-kept" Must
        "Another object that is in the place of the file's is still there after an upload that was refused or failed."
        <- "[ERR -177] [DOC17 6066] [CONTRACT]";
    UNSUPPORTED_IN_TIME = "unsupported-in-time" Must
        "A client that does not support what it is asked to do says so before it has done it."
        <- "[CONTRACT]";
    FAILURE_ASKED_ABOUT = "failure-asked-about" Note
        "A client that did not hear the reply to finish asks again before it reports a failure."
        <- "[INFER §3.3] [CONTRACT]";
    NO_CRASH = "no-crash" Must
        "A client reports its failure; it does not die of a signal."
        <- "[CONTRACT: an exit status is a claim, also that of an exception which nobody catches; a signal is none]";
    NO_HANG = "no-hang" Must
        "A client comes to an end: it neither hangs nor repeats a request until it is killed, whatever the service answers."
        <- "[CONTRACT]";
    TRAFFIC = "traffic" Must
        "An upload takes at most 4096 requests, and at most 48 MiB more than four times the bytes of its file."
        <- "[CONTRACT] [SDK §9.2: 1 to 4 attempts per slice]";
    ENDS_IN_TIME = "ends-in-time" Should
        "A client that computes, sends, or got an unusual reply comes to an end within the deadline."
        <- "[CONTRACT] [SDK §9.2: 30 s to 300 s]";
    REPLY_TIMEOUT = "reply-timeout" Should
        "A client that gets no reply stops waiting at some time: it sends the request again, or reports a failure."
        <- "[CONTRACT] [SDK §9.2: 30 s to 300 s]";
    TIMEOUT_TRUE = "timeout-true" Note
        "A client that reports a timeout has waited for a reply that did not come."
        <- "[CONTRACT]";
    HTTP_REPLIES = "http-replies" Must
        "A client reads what HTTP obliges it to read: replies in any number of segments, bodies \
         in chunks with extensions and trailers, names of fields and codings in any case, values \
         with white space around them, a status line without a reason phrase, and that a connection \
         ends."
        <- "RFC 9110 §5.1, §5.5 RFC 9112 §4, §5.1, §6.3, §7, §7.1, §9.6";
    LAWFUL_REPLIES = "lawful-replies" Should
        "A client reads a reply that is lawful and does the work: after any number of 1xx, \
         compressed as it allowed, ending with its connection, of HTTP/1.0, with another \
         Content-Type or none, with many fields, or in any form that JSON has."
        <- "[SEED L57, L88] [DOC16 6068] RFC 9110 §2.5, §5.4, §8.3, §8.6, §12.5.3, §15.2 RFC 9112 §6.3, §9.3 RFC 8259 §2, §9";
}
