use super::{Entry, MIB, plain};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        unicode(),
        reserved(),
        plus_and_percent(),
        spaces(),
        trailing_space(),
        wide_spaces(),
        wide_letters(),
        at_the_root(),
        case(),
        query(),
        long(),
        long_name(),
        nested(),
        dots(),
        decomposed(),
        western(),
        double_slash(),
    ]
}

fn unicode() -> Entry {
    Entry {
        id: "key/unicode",
        summary: "a key with letters outside of ASCII and a space",
        size: MIB + 1,
        // The last letter has two units in UTF-16, and four bytes in UTF-8.
        key: "/slicecheck/目录/ünï cödé ☂ 𝄞.bin",
        ..plain()
    }
}

fn reserved() -> Entry {
    Entry {
        id: "key/reserved",
        summary: "a key with characters that are reserved in addresses, as far as the documents allow",
        size: MIB + 1,
        // Without ? * : | \ < > and the quote, which documents exclude [DOC17 6053].
        key: "/slicecheck/a&b=c;d@e,f$g!h'(i)#j~[k]^`{l}.bin",
        ..plain()
    }
}

fn plus_and_percent() -> Entry {
    Entry {
        id: "key/plus-and-percent",
        summary: "a key with a plus, and with a percent sign that looks like an escape",
        size: MIB + 1,
        // A plus in a path is no space [§1.3], and who unescapes twice makes a % of %25.
        key: "/slicecheck/1+1=2 100%25.bin",
        ..plain()
    }
}

fn spaces() -> Entry {
    Entry {
        id: "key/spaces",
        summary: "a key with single and double spaces, in a folder, too",
        size: MIB + 1,
        // All SDKs write a space as %20 [§1.3].
        key: "/slicecheck/my files/a  b c.bin",
        ..plain()
    }
}

/// A library of addresses may strip white space from their ends, as WHATWG's standard has it.
fn trailing_space() -> Entry {
    Entry {
        id: "key/trailing-space",
        summary: "a key that ends in a space, in a folder that does, too",
        size: MIB + 1,
        key: "/slicecheck/my folder /the end ",
        ..plain()
    }
}

/// What functions that strip white space take for it in Unicode; RFC 3986 knows of none of it.
fn wide_spaces() -> Entry {
    Entry {
        id: "key/unicode-spaces",
        summary: "a key with an ideographic space, a space in front of a name, and a no-break space at its end",
        size: MIB + 1,
        key: "/slicecheck/ my\u{3000}folder/ the end\u{a0}",
        ..plain()
    }
}

fn wide_letters() -> Entry {
    Entry {
        id: "key/compatible-letters",
        summary: "a key with letters that look like others: full-width ones, a ligature, a sign for Kelvin",
        size: MIB + 1,
        // Normalised to a compatible form it is another key, of other bytes [§1.3].
        key: "/slicecheck/ＡＢＣ－１２３/o\u{fb03}ce 300\u{212a}.bin",
        ..plain()
    }
}

fn at_the_root() -> Entry {
    Entry {
        id: "key/at-the-root",
        summary: "a key without a folder",
        size: MIB + 1,
        key: "/at-the-root.bin",
        ..plain()
    }
}

fn case() -> Entry {
    Entry {
        id: "key/letter-case",
        summary: "a key with capital letters, in its folder and in its name",
        size: MIB + 1,
        // Who changes the case of a key stores the object elsewhere.
        key: "/slicecheck/Holiday/ReadMe.TXT",
        ..plain()
    }
}

fn query() -> Entry {
    Entry {
        id: "key/query-characters",
        summary: "a key that reads like an address with a query and a fragment",
        size: MIB + 1,
        // The ? is one that documents exclude [DOC17 6053]: a client may refuse this key.
        key: "/slicecheck/what?op=delete&a+b=50%25#end.bin",
        ..plain()
    }
}

fn long() -> Entry {
    Entry {
        id: "key/long",
        summary: "a key of 700 bytes: less than the 850 that are allowed",
        size: MIB + 1,
        key: concat!(
            "/slicecheck/",
            "long-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "/",
            "long-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "/",
            "long-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            ".bin"
        ),
        ..plain()
    }
}

fn long_name() -> Entry {
    Entry {
        id: "key/long-name",
        summary: "a key whose last name has 254 bytes: less than file systems allow, and more than some libraries keep",
        size: MIB + 1,
        key: concat!(
            "/slicecheck/",
            "name-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef-end.bin",
        ),
        ..plain()
    }
}

fn nested() -> Entry {
    Entry {
        id: "key/nested",
        summary: "a key in the sixteenth folder",
        size: MIB + 1,
        key: "/slicecheck/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/nested.bin",
        ..plain()
    }
}

fn dots() -> Entry {
    Entry {
        id: "key/dots",
        summary: "a key with dots in front, in pairs, and at the end, none of which means a folder",
        size: MIB + 1,
        // Libraries take out the segments . and .. (RFC 3986 §5.2.4), which these are not.
        key: "/slicecheck/.hidden/v1..2/...three/end..",
        ..plain()
    }
}

fn decomposed() -> Entry {
    Entry {
        id: "key/decomposed",
        summary: "a key whose accents are characters of their own, beside one whose are not",
        size: MIB + 1,
        // A path is compared by its bytes [§1.3]: who normalises it to one form names another object.
        key: "/slicecheck/re\u{301}sume\u{301}-r\u{e9}sum\u{e9}.bin",
        ..plain()
    }
}

/// Some HTTP libraries write a path in Latin-1 where they can, and in UTF-8 only where they cannot.
fn western() -> Entry {
    Entry {
        id: "key/western",
        summary: "a key whose letters beyond ASCII are all in Latin-1, too",
        size: MIB + 1,
        key: "/slicecheck/Grüße à Åse.bin",
        ..plain()
    }
}

fn double_slash() -> Entry {
    Entry {
        id: "key/double-slash",
        summary: "a key with two slashes in a row, of which no document says what they come to",
        size: MIB + 1,
        // Some clients drop empty segments [§1.3].
        key: "/slicecheck//a/double//slash.bin",
        ..plain()
    }
}
