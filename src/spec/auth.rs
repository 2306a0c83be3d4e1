//! The signature.

clauses! {
    SIGNED = "signed" Must
        "Each request carries a signature, in Authorization or in the query."
        <- "[SEED L15, L20, L102, E25] [ERR -81]";
    SECRET_KEPT = "secret-key-kept" Must
        "The SecretKey is in no request: what is sent is what it has signed."
        <- "[DOC17 6054] [CALC §4.4]";
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
        "The string to sign has the seven fields a, b, k, e, t, r, f, each once, in any order."
        <- "[DOC17 6054] [ERR -57] [SEED L102, E9]";
    SIGNATURE_MAC = "signature-mac" Must
        "The first 20 bytes are the HMAC-SHA1 of the string to sign under the SecretKey."
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
    SIGNATURE_ORDER = "signature-order" Note
        "The fields are in one of the two published orders: a b k e t r f, or a k e t r f b."
        <- "[DOC17 6054] [SDK §4.2]";
    SIGNATURE_EXPIRES = "signature-expires" Must
        "A signature for uploads has an e that is not 0."
        <- "[DOC17 6054] [ERR -74]";
    SIGNATURE_FILEID_ESCAPED = "signature-fileid-escaped" Note
        "f is percent-encoded, except for its slashes."
        <- "[DOC17 6054] [SDK §9.3]";
    ONCE_EXPIRY = "once-expiry" Must
        "A signature for delete, update or move has e=0: it is for one use."
        <- "[DOC17 6054] [ERR -73]";
    ONCE_FILEID = "once-fileid" Must
        "A signature for one use names its object in f."
        <- "[DOC17 6054] [ERR -76, -63]";
    ONCE_USED_ONCE = "once-used-once" Must
        "A signature for one use is used once."
        <- "[DOC17 6054] [ERR -77]";
    SIGNATURE_TIMES = "signature-times" Must
        "t and e are seconds of unix time, and e is later than t."
        <- "[DOC17 6054] [ERR -74]";
    SIGNATURE_VALID = "signature-valid" Must
        "The signature is valid when it arrives: it has not expired, and t is not further in the future than clocks may differ."
        <- "[ERR -59, -96]";
    SIGNATURE_LIFETIME = "signature-lifetime" Must
        "A signature is valid for at most 90 days."
        <- "[DOC17 6054: three months] [ERR -53: one month]: they differ, and only what both forbid is a must";
    SIGNATURE_MONTH = "signature-month" Should
        "A signature is valid for at most a month."
        <- "[ERR -53: one month] against [DOC17 6054: three months]";
    SIGNATURE_FILEID = "signature-fileid" Must
        "f is empty, or the object, or a directory that the object is in, after decoding."
        <- "[DOC17 6054] [ERR -63] [ISSUE cos-js-sdk-v4#16]";
    SIGNATURE_RANDOM_FORM = "signature-random-form" Should
        "r is a decimal number."
        <- "[DOC17 6054]";
    SIGNATURE_RANDOM = "signature-random" Note
        "r has at most 10 digits and no sign."
        <- "[DOC17 6054] against [SDK Auth.cpp:54]";
}
