//! TLS.

clauses! {
    CERTIFICATE_VERIFIED = "certificate-verified" Should
        "Over TLS, a client sends requests only to a service whose certificate is signed by a CA that it trusts, \
         for the host that was asked for, and has not expired."
        <- "RFC 9110 §4.3.4 RFC 5280 §6.1 [CONTRACT]";
}
