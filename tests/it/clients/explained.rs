//! Why clients break the rules that they break: the line of the client, or of its HTTP stack, that is to
//! blame. The versions are those of `requirements.txt`, `install.sh` and `package.json`.

/// Client, rule, and what in the client breaks it.
const EXPLAINED: &[(&str, &str, &str)] = &[
    (
        "cos-js-sdk-v4",
        "finish/after-all-slices",
        "line 5 of dist: the number of slices is the size of the file by slice_size, NaN without it; an offset \
         that is listed is a slice that is stored, however few bytes it has",
    ),
    (
        "cos-js-sdk-v4",
        "flow/starts-with-init",
        "the same: of a reply with code 0 it takes data.session, and goes on with what is undefined",
    ),
    (
        "cos-js-sdk-v4",
        "outcome/truthful",
        "the same: of the reply to a slice it looks at the code alone, and it goes on from a list that is of another file",
    ),
    (
        "cos-js-sdk-v4",
        "outcome/no-hang",
        "the same: where finish after a new init fails without a reply, it reads the message of undefined, and never \
         calls back",
    ),
    (
        "qcloud-cos-v4",
        "request/path-object",
        "cos_request.py:20 and 44 take white space off both ends of a key: the object has another name",
    ),
    (
        "qcloud-cos-v4",
        "outcome/truthful",
        "cos_op.py:381 looks at the code alone: a reply that acknowledges fewer bytes, or others, is a success",
    ),
    (
        "qcloud-cos-v4-sha",
        "outcome/completes",
        "cos_request.py:268 refuses each slice size but 1 MiB where the SHA-1 is asked for, and sends nothing",
    ),
    (
        "qcloud-cos-v4-threads",
        "outcome/truthful",
        "threadpool.py counts exceptions as failures, and cos_op.py:116 turns each into a returned value",
    ),
    (
        "qcloud-cos-v4-threads",
        "flow/code-heeded",
        "cos_op.py:400 puts slices into a pool; what they return, cos_op.py:406 does not look at",
    ),
    (
        "qcloud-cos-v4-threads",
        "flow/json-heeded",
        "the same: the error that stands for an unreadable reply is a value that nobody looks at",
    ),
    (
        "qcloud-cos-v4-threads",
        "flow/reply-awaited",
        "the same: the error that stands for a lost connection is a value that nobody looks at",
    ),
    (
        "qcloud-cos-v4-threads",
        "outcome/no-hang",
        "cos_op.py:397 adds the slice size to the offset until it reaches the size of the file: never, with 0",
    ),
    (
        "qcloud-cos-v4-threads",
        "outcome/within-bounds",
        "the same loop: an empty slice is sent for ever, and its refusal is not looked at",
    ),
    (
        "cos-lib3",
        "request/path-object",
        "cos.py:182 puts the name into the address without escaping it",
    ),
    (
        "cos-lib3",
        "request/query",
        "the same: what follows a question mark in a key becomes the query",
    ),
    (
        "cos-lib3",
        "data/offset-aligned",
        "cos.py:187 reads slices of the size asked for, not of the one granted",
    ),
    (
        "cos-lib3",
        "data/length",
        "cos.py:187 reads slices of the size asked for, not of the one granted",
    ),
    (
        "cos-lib3",
        "flow/slice-size-of-init",
        "cos.py:147 takes the session from the reply, and nothing else",
    ),
    ("cos-lib3", "finish/after-all-slices", "cos.py:188 does not look at what became of a slice"),
    (
        "cos-lib3",
        "flow/starts-with-init",
        "cos.py:147 makes the text \"None\" of a session that is not there",
    ),
    (
        "cos-lib3",
        "flow/code-heeded",
        "cos.py:154 returns the data of the reply; its code is never read",
    ),
    ("cos-lib3", "flow/json-heeded", "the same: a reply without a code is as good as any"),
    ("cos-lib3", "outcome/truthful", "cos.py:161 returns the data of finish, whatever its code"),
    (
        "cos-lib3",
        "outcome/code-heeded",
        "the same: a refused finish returns a value and raises nothing",
    ),
    ("cos-lib3", "outcome/json-heeded", "the same: a finish without a code returns a value, too"),
    (
        "qcloud-cos-py3",
        "request/path-object",
        "cos.py:302 puts the name into the address without escaping it",
    ),
    (
        "qcloud-cos-py3",
        "request/query",
        "the same: what follows a question mark in a key becomes the query",
    ),
    ("qcloud-cos-py3", "data/offset-aligned", "cos.py:312 reads slices of the size asked for"),
    ("qcloud-cos-py3", "data/length", "cos.py:312 reads slices of the size asked for"),
    (
        "qcloud-cos-py3",
        "flow/slice-size-of-init",
        "cos.py:250 takes the session from the reply, and nothing else",
    ),
    (
        "qcloud-cos-py3",
        "flow/starts-with-init",
        "cos.py:66 retries on two codes and takes all others for success",
    ),
    (
        "qcloud-cos-py3",
        "flow/code-heeded",
        "cos.py:263 returns the data of a slice's reply, whatever its code",
    ),
    (
        "qcloud-cos-py3",
        "flow/json-heeded",
        "the same: a code that is no number is returned with the reply",
    ),
    (
        "qcloud-cos-py3",
        "outcome/truthful",
        "cos.py:275 returns the data of finish, whatever its code",
    ),
    (
        "qcloud-cos-py3",
        "outcome/code-heeded",
        "cos.py:275 returns the data of finish, whatever its code",
    ),
    (
        "qcloud-cos-py3",
        "outcome/json-heeded",
        "the same: a code that is no number is returned with the reply",
    ),
    (
        "qos-node-client",
        "request/path-object",
        "upload_slice_init.js:52 puts the key into the address unescaped",
    ),
    (
        "qos-node-client",
        "request/query",
        "the same: what follows a question mark in a key becomes the query",
    ),
    (
        "qos-node-client",
        "auth/fields",
        "sign.js:30 escapes f with encodeURI, which leaves & and = as they are",
    ),
    ("qos-node-client", "auth/fileid", "the same: f ends at an & of the key"),
    (
        "qos-node-client",
        "outcome/completes",
        "upload_slice_init.js:52: Node refuses letters outside of Latin-1, which are not escaped",
    ),
    (
        "qos-node-client",
        "data/offset-aligned",
        "upload_large_file.js:63 reads slices of the size asked for",
    ),
    (
        "qos-node-client",
        "data/length",
        "upload_large_file.js:63 reads slices of the size asked for",
    ),
    (
        "qos-node-client",
        "flow/slice-size-of-init",
        "upload_large_file.js:59 takes the session, and nothing else",
    ),
    (
        "qos-node-client",
        "flow/starts-with-init",
        "upload_slice_init.js:77 looks at the HTTP status, not at the code",
    ),
    (
        "qos-node-client",
        "flow/code-heeded",
        "default_response_handler.js:21 looks at the HTTP status, not at the code",
    ),
    (
        "qos-node-client",
        "flow/json-heeded",
        "default_response_handler.js:21 looks at the HTTP status, not at the code",
    ),
    (
        "qos-node-client",
        "outcome/truthful",
        "upload_large_file.js:74 resolves with any finish of HTTP status 200",
    ),
    (
        "qos-node-client",
        "outcome/code-heeded",
        "the same: the code in the reply to finish is not looked at",
    ),
    ("qos-node-client", "outcome/json-heeded", "the same: a finish without a code resolves, too"),
    (
        "qos-node-client-driver",
        "outcome/no-crash",
        "default_response_handler.js:19 throws where no promise catches it, at a reply that is no JSON; \
         upload_large_file.js:64: nobody awaits a slice that fails before the file is read to its end",
    ),
    (
        "curl",
        "flow/json-heeded",
        "curl.sh: sed finds the code in what is left of a reply that was cut, which is no JSON any more",
    ),
    ("curl", "outcome/json-heeded", "the same, in the reply to finish"),
    (
        "curl",
        "outcome/truthful",
        "curl.sh does not compare what a reply acknowledges with what was sent",
    ),
    (
        "requests",
        "request/content-type",
        "requests sends `data` without `files` as a form of another type",
    ),
    (
        "requests",
        "outcome/truthful",
        "requests_client.py does not compare what a reply acknowledges",
    ),
    (
        "careful-requests",
        "outcome/lawful-replies-read",
        "http.client, below requests, passes over 100 and takes 102 and 103 for the reply",
    ),
    (
        "careful-mono",
        "outcome/lawful-replies-read",
        "HttpConnection.cs, below HttpClient, takes a 1xx that it did not ask for as the reply, and reads its body \
         until the connection ends",
    ),
    (
        "careful-perl",
        "outcome/lawful-replies-read",
        "LWP/Protocol/http.pm:437 reads on past a 100, and takes a 102 or 103 for the reply",
    ),
    (
        "careful-fetch",
        "outcome/lawful-replies-read",
        "undici, which is Node's fetch, ends the connection at a 1xx that it did not ask for",
    ),
    (
        "careful-form-data",
        "request/not-chunked",
        "a piped form has no length: it is sent in chunks",
    ),
];

/// What is added to the name of a client that is played a second time, in another way.
const WAYS: [&str; 3] = ["-driver", "-sha", "-threads"];

/// Why a client breaks a rule; `None` if nobody has found out. In another way it is the same client.
pub(super) fn explanation(client: &str, rule: &str) -> Option<&'static str> {
    let found = EXPLAINED.iter().find(|entry| (entry.0, entry.1) == (client, rule));
    match found {
        Some(entry) => Some(entry.2),
        None => explanation(WAYS.iter().find_map(|way| client.strip_suffix(way))?, rule),
    }
}
