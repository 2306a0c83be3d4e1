use super::{MIB, PLAIN, Scenario};

pub(super) const SCENARIOS: &[Scenario] = &[UNICODE, RESERVED, PLUS_AND_PERCENT];

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
