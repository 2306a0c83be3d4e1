use super::{MIB, PLAIN, Scenario};

pub(super) const SCENARIOS: &[Scenario] =
    &[UNICODE, RESERVED, PLUS_AND_PERCENT, SPACES, CASE, QUERY, LONG, NESTED, DOTS, DECOMPOSED];

const UNICODE: Scenario = Scenario {
    id: "key/unicode",
    summary: "a key with letters outside of ASCII and a space",
    size: MIB + 1,
    key: "/slicecheck/目录/ünï cödé ☂ 𝄞.bin",
    ..PLAIN
};

const RESERVED: Scenario = Scenario {
    id: "key/reserved",
    summary: "a key with characters that are reserved in addresses, as far as the documents allow",
    size: MIB + 1,
    key: "/slicecheck/a&b=c;d@e,f$g!h'(i)#j~[k]^`{l}.bin",
    ..PLAIN
};

const PLUS_AND_PERCENT: Scenario = Scenario {
    id: "key/plus-and-percent",
    summary: "a key with a plus, and with a percent sign that looks like an escape",
    size: MIB + 1,
    key: "/slicecheck/1+1=2 100%25.bin",
    ..PLAIN
};

const SPACES: Scenario = Scenario {
    id: "key/spaces",
    summary: "a key with single and double spaces, in a folder, too",
    size: MIB + 1,
    key: "/slicecheck/my files/a  b c.bin",
    ..PLAIN
};

const CASE: Scenario = Scenario {
    id: "key/letter-case",
    summary: "a key with capital letters, in its folder and in its name",
    size: MIB + 1,
    key: "/slicecheck/Holiday/ReadMe.TXT",
    ..PLAIN
};

const QUERY: Scenario = Scenario {
    id: "key/query-characters",
    summary: "a key that reads like an address with a query and a fragment",
    size: MIB + 1,
    key: "/slicecheck/what?op=delete&a+b=50%25#end.bin",
    ..PLAIN
};

const LONG: Scenario = Scenario {
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
    ..PLAIN
};

const NESTED: Scenario = Scenario {
    id: "key/nested",
    summary: "a key in the sixteenth folder",
    size: MIB + 1,
    key: "/slicecheck/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/nested.bin",
    ..PLAIN
};

const DOTS: Scenario = Scenario {
    id: "key/dots",
    summary: "a key with dots in front, in pairs, and at the end, none of which means a folder",
    size: MIB + 1,
    key: "/slicecheck/.hidden/v1..2/...three/end..",
    ..PLAIN
};

const DECOMPOSED: Scenario = Scenario {
    id: "key/decomposed",
    summary: "a key whose accents are characters of their own, beside one whose are not",
    size: MIB + 1,
    key: "/slicecheck/re\u{301}sume\u{301}-r\u{e9}sum\u{e9}.bin",
    ..PLAIN
};
