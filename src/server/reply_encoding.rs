use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reply::write;
use crate::protocol::{Response, ResponseEnvelope};

/// Another way to write the reply that the service would give.
///
/// All but the last ones say the same as before: what differs is how they say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum ReplyEncoding {
    /// A byte order mark in front (RFC 8259 §8.1 forbids it to writers).
    ByteOrderMark,
    /// A field whose numbers no common type holds.
    BigNumbers,
    /// Each number as a string of digits [SEED L88, DOC16].
    DigitStrings,
    /// Each character of a string as `\uXXXX`, in keys, too.
    Escaped,
    /// A field of 64 KiB.
    Long,
    /// A field of 40 levels.
    Nested,
    /// The fields of 2016: no `request_id`, no `datamd5`, no `vid` [DOC16 6068].
    Of2016,
    /// With tabs, CRLF, and white space around it; the pages are printed like that [SEED E37].
    Pretty,
    /// With 4 KiB of white space before it, as from a service that keeps the connection busy meanwhile.
    Late,
    /// The fields of each object in the opposite order.
    Reordered,
    /// Each field twice, with the same value.
    Repeated,
    /// This, after the JSON [SEED E28].
    Trailing(String),
    /// Fields that no document has, of each type.
    UnknownFields,
    /// `listparts` from the last to the first.
    PartsReversed,
    /// Each of `listparts` twice.
    PartsRepeated,
    /// With a suffix after `sha`, if `data` has one [SDK `qcloud_sdk.js:495`].
    ShaSuffixed,
    /// With the slice after the last of `listparts`, as if it had come.
    PartsAhead,
    /// With its strings in single quotes: no JSON, but what programs take that run a reply as code.
    SingleQuotes,
    /// With this JSON for its code.
    Code(String),
    /// Without `data`.
    WithoutData,
    /// With `data` that is null.
    NullData,
    /// With this number of `data` as a string of digits.
    Quoted(String),
    /// With this string of digits of `data` as a number.
    Unquoted(String),
    /// Without this field of `data`.
    Without(String),
    /// Without this field beside `data`.
    WithoutBeside(String),
    /// With this field of `data`, and this JSON for its value.
    With(String, String),
}

/// JSON as it is going to be written: numbers, `true`, `false` and `null` are literals.
#[derive(Clone)]
enum Node {
    Literal(String),
    Text(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

/// Where white space goes, whether strings are escaped, and what is around them.
#[derive(Clone, Copy)]
struct Style {
    pretty: bool,
    escaped: bool,
    quote: char,
}

impl ReplyEncoding {
    /// Writes the same reply in this way; what is no envelope stays as it is.
    pub(super) fn rewrite(&self, reply: &Response, request_id: &str) -> Response {
        let Ok(envelope) = ResponseEnvelope::<Value>::read(reply.body()) else {
            return reply.clone();
        };
        let mut fields = vec![
            ("code".to_owned(), Node::Literal(envelope.code.to_string())),
            ("message".to_owned(), Node::Text(envelope.message)),
        ];
        fields.extend(envelope.request_id.map(|id| ("request_id".to_owned(), Node::Text(id))));
        fields.extend(envelope.data.map(|data| ("data".to_owned(), Node::of(data))));
        let mut root = Node::Object(fields);
        self.change(&mut root);
        let style = Style {
            pretty: *self == Self::Pretty,
            escaped: *self == Self::Escaped,
            quote: if *self == Self::SingleQuotes { '\'' } else { '"' },
        };
        let mut body = String::new();
        root.write(style, 0, &mut body);
        body = match self {
            Self::ByteOrderMark => format!("\u{feff}{body}"),
            Self::Pretty => format!("\r\n\t {body}\r\n\r\n"),
            Self::Late => format!("{}{body}", " \r\n\n".repeat(1 << 10)),
            Self::Trailing(more) => body + more,
            _ => body,
        };
        write(reply.status(), request_id, &body)
    }

    fn change(&self, root: &mut Node) {
        let literal = |text: &str| Node::Literal(text.to_owned());
        match self {
            Self::ByteOrderMark
            | Self::Escaped
            | Self::Late
            | Self::Pretty
            | Self::SingleQuotes
            | Self::Trailing(_) => {}
            Self::Code(code) => {
                if let Some(node) = root.get_mut("code") {
                    *node = literal(code);
                }
            }
            Self::WithoutData => root.remove("data"),
            Self::NullData => {
                root.remove("data");
                root.push("data", literal("null"));
            }
            Self::PartsAhead => root.in_data(Node::add_a_part),
            Self::Unquoted(name) => root.in_data(|data| {
                if let Some(text) = data.get_mut(name) {
                    text.unquote();
                }
            }),
            Self::BigNumbers => {
                let numbers = ["18446744073709551616", "-9223372036854775809", "1e300", "-0.0"];
                root.push("quota", Node::Array(numbers.map(literal).into()));
            }
            Self::DigitStrings => root.each(&mut Node::quote),
            Self::Quoted(name) => root.in_data(|data| {
                if let Some(number) = data.get_mut(name) {
                    number.quote();
                }
            }),
            Self::Long => root.push("notice", Node::Text("slow down. ".repeat(6000))),
            Self::Nested => {
                let deep = (0..40).fold(literal("0"), |inner, _| Node::Array(vec![inner]));
                root.push("trace", deep);
            }
            Self::Of2016 => root.each(&mut |node| {
                for name in ["request_id", "datamd5", "vid"] {
                    node.remove(name);
                }
            }),
            Self::Reordered => root.each(&mut |node| {
                if let Node::Object(fields) = node {
                    fields.reverse();
                }
            }),
            Self::Repeated => root.each(&mut |node| {
                if let Node::Object(fields) = node {
                    *fields =
                        fields.iter().flat_map(|field| [field.clone(), field.clone()]).collect();
                }
            }),
            Self::UnknownFields => root.each(&mut |node| {
                if let Node::Object(fields) = node {
                    let values =
                        [literal("true"), literal("false"), literal("null"), literal("-1")];
                    let values = values.into_iter().chain([Node::Text("x".to_owned())]);
                    let values = values.chain([Node::Array(Vec::new()), Node::Object(Vec::new())]);
                    let new = values.enumerate().map(|(n, value)| (format!("extra_{n}"), value));
                    fields.splice(0..0, new.collect::<Vec<_>>());
                }
            }),
            Self::PartsReversed => root.each_of("listparts", |parts| parts.reverse()),
            Self::PartsRepeated => root.each_of("listparts", |parts| {
                *parts = parts.iter().flat_map(|part| [part.clone(), part.clone()]).collect();
            }),
            Self::ShaSuffixed => root.in_data(|data| {
                if let Some(Node::Text(sha)) = data.get_mut("sha") {
                    sha.push_str("_1505201819");
                }
            }),
            Self::Without(name) => root.in_data(|data| data.remove(name)),
            Self::WithoutBeside(name) => root.remove(name),
            Self::With(name, value) => root.in_data(|data| {
                data.remove(name);
                data.push(name, literal(value));
            }),
        }
    }
}

impl Node {
    fn of(value: Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::Array(items.into_iter().map(Self::of).collect()),
            Value::Object(fields) => Self::Object(
                fields.into_iter().map(|(name, value)| (name, Self::of(value))).collect(),
            ),
            other => Self::Literal(other.to_string()),
        }
    }

    /// Does something to each node, from the leaves on.
    fn each(&mut self, change: &mut impl FnMut(&mut Self)) {
        match self {
            Self::Array(items) => items.iter_mut().for_each(|item| item.each(change)),
            Self::Object(fields) => fields.iter_mut().for_each(|(_, value)| value.each(change)),
            Self::Literal(_) | Self::Text(_) => {}
        }
        change(self);
    }

    /// Makes a string of digits of a number.
    fn quote(&mut self) {
        if let Self::Literal(number) = self
            && number.parse::<i64>().is_ok()
        {
            *self = Self::Text(std::mem::take(number));
        }
    }

    /// Makes a number of a string of digits.
    fn unquote(&mut self) {
        if let Self::Text(digits) = self
            && digits.parse::<u64>().is_ok()
        {
            *self = Self::Literal(std::mem::take(digits));
        }
    }

    /// Adds to the data of a list the slice that comes after all that it names.
    fn add_a_part(&mut self) {
        let filesize = self.number("filesize");
        let slice_size = self.number("slice_size");
        let Some(Self::Array(parts)) = self.get_mut("listparts") else { return };
        let end = |part: &Self| part.number("offset").saturating_add(part.number("datalen"));
        let offset = parts.iter().map(end).max().unwrap_or(0);
        let datalen = slice_size.min(filesize.saturating_sub(offset));
        let field = |name: &str, value: u64| (name.to_owned(), Self::Literal(value.to_string()));
        parts.push(Self::Object(vec![field("datalen", datalen), field("offset", offset)]));
    }

    /// The number that is the value of a field; 0 if there is none.
    fn number(&self, name: &str) -> u64 {
        let Self::Object(fields) = self else { return 0 };
        let value = fields.iter().find(|(field, _)| field == name).map(|(_, value)| value);
        match value {
            Some(Self::Literal(number)) => number.parse().unwrap_or(0),
            _ => 0,
        }
    }

    fn each_of(&mut self, name: &str, change: impl Fn(&mut Vec<Self>)) {
        self.in_data(|data| {
            if let Some(Self::Array(items)) = data.get_mut(name) {
                change(items);
            }
        });
    }

    fn in_data(&mut self, change: impl FnOnce(&mut Self)) {
        if let Some(data) = self.get_mut("data") {
            change(data);
        }
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut Self> {
        let Self::Object(fields) = self else { return None };
        fields.iter_mut().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    fn push(&mut self, name: &str, value: Self) {
        if let Self::Object(fields) = self {
            fields.push((name.to_owned(), value));
        }
    }

    fn remove(&mut self, name: &str) {
        if let Self::Object(fields) = self {
            fields.retain(|(field, _)| field != name);
        }
    }

    fn write(&self, style: Style, depth: usize, out: &mut String) {
        match self {
            Self::Literal(text) => out.push_str(text),
            Self::Text(text) => string(text, style, out),
            Self::Array(items) => {
                list(('[', ']'), items, style, depth, out, |item, out| {
                    item.write(style, depth.saturating_add(1), out);
                });
            }
            Self::Object(fields) => {
                list(('{', '}'), fields, style, depth, out, |(name, value), out| {
                    string(name, style, out);
                    out.push_str(if style.pretty { " : " } else { ":" });
                    value.write(style, depth.saturating_add(1), out);
                });
            }
        }
    }
}

fn list<T>(
    (open, close): (char, char),
    items: &[T],
    style: Style,
    depth: usize,
    out: &mut String,
    write: impl Fn(&T, &mut String),
) {
    let line = |depth: usize, out: &mut String| {
        if style.pretty {
            out.push_str("\r\n");
            out.push_str(&"\t".repeat(depth));
        }
    };
    out.push(open);
    for (number, item) in items.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        line(depth.saturating_add(1), out);
        write(item, out);
    }
    line(depth, out);
    out.push(close);
}

fn string(text: &str, style: Style, out: &mut String) {
    if style.quote != '"' {
        // None of the service's strings has such a quote in it.
        out.extend([style.quote].into_iter().chain(text.chars()).chain([style.quote]));
        return;
    }
    if !style.escaped {
        out.push_str(&Value::from(text).to_string());
        return;
    }
    out.push('"');
    for unit in text.encode_utf16() {
        // Writing to a string cannot fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::{ReplyEncoding, write};

    const REPLY: &str = r#"{"code":0,"message":"OK","request_id":"r","data":{"listparts":[{"datalen":1,"offset":2},{"datalen":3,"offset":4}],"sha":"a/b"}}"#;

    fn rewritten(variant: &ReplyEncoding) -> String {
        let reply = variant.rewrite(&write(200, "r", REPLY), "r");
        String::from_utf8(reply.body().to_vec()).unwrap_or_default()
    }

    fn with(replaced: &str, by: &str) -> String {
        assert!(REPLY.contains(replaced));
        REPLY.replace(replaced, by)
    }

    #[test]
    fn what_is_written_otherwise_says_the_same() {
        assert_eq!(rewritten(&ReplyEncoding::ByteOrderMark), format!("\u{feff}{REPLY}"));
        assert_eq!(rewritten(&ReplyEncoding::Trailing("}".to_owned())), format!("{REPLY}}}"));
        let escaped = rewritten(&ReplyEncoding::Escaped);
        assert!(escaped.starts_with(r#"{"\u0063\u006f\u0064\u0065":0,"#), "{escaped}");
        let late = rewritten(&ReplyEncoding::Late);
        assert_eq!((late.len(), late.trim_start()), (REPLY.len() + 4096, REPLY));
        let pretty = rewritten(&ReplyEncoding::Pretty);
        assert!(pretty.starts_with("\r\n\t {\r\n\t\"code\" : 0,\r\n\t\"message\""), "{pretty}");
        for text in [escaped, pretty] {
            let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
            assert_eq!(read(&text), read(REPLY));
        }
        let reordered = r#"{"data":{"sha":"a/b","listparts":[{"offset":2,"datalen":1},{"offset":4,"datalen":3}]},"request_id":"r","message":"OK","code":0}"#;
        assert_eq!(rewritten(&ReplyEncoding::Reordered), reordered);
    }

    #[test]
    fn what_lacks_something_or_claims_too_much_is_the_same_in_all_else() {
        let data = &REPLY[REPLY.find(r#","data""#).unwrap()..REPLY.len() - 1];
        assert_eq!(rewritten(&ReplyEncoding::WithoutData), with(data, ""));
        assert_eq!(rewritten(&ReplyEncoding::NullData), with(data, r#","data":null"#));
        assert_eq!(
            rewritten(&ReplyEncoding::Code("true".to_owned())),
            with(r#""code":0"#, r#""code":true"#)
        );
        assert_eq!(rewritten(&ReplyEncoding::SingleQuotes), REPLY.replace('"', "'"));
        let digits = r#"{"code":0,"message":"","data":{"session":"712","sha":"7a"}}"#;
        let unquoted = |name: &str| {
            let variant = ReplyEncoding::Unquoted(name.to_owned());
            let reply = variant.rewrite(&write(200, "r", digits), "r");
            String::from_utf8(reply.body().to_vec()).unwrap_or_default()
        };
        assert_eq!(unquoted("session"), digits.replace(r#""712""#, "712"));
        assert_eq!(unquoted("sha"), digits);
        let list = |parts: &str| {
            format!(
                r#"{{"code":0,"message":"","data":{{"filesize":25,"listparts":[{parts}],"slice_size":10}}}}"#
            )
        };
        for (held, more) in [
            ("", r#"{"datalen":10,"offset":0}"#),
            (r#"{"datalen":10,"offset":0},"#, r#"{"datalen":10,"offset":10}"#),
            (r#"{"datalen":10,"offset":10},"#, r#"{"datalen":5,"offset":20}"#),
        ] {
            let before = write(200, "r", &list(held.trim_end_matches(',')));
            let after = ReplyEncoding::PartsAhead.rewrite(&before, "r");
            assert_eq!(after.body(), list(&format!("{held}{more}")).as_bytes());
        }
    }

    #[test]
    fn what_is_changed_is_changed_where_it_stands_and_nowhere_else() {
        let digits = rewritten(&ReplyEncoding::DigitStrings);
        assert!(digits.starts_with(r#"{"code":"0","#), "{digits}");
        assert!(digits.contains(r#"[{"datalen":"1","offset":"2"},"#), "{digits}");
        let scalar = |variant: &ReplyEncoding| {
            let reply = r#"{"code":0,"message":"","data":{"offset":2,"sha":"7"}}"#;
            let reply = variant.rewrite(&write(200, "r", reply), "r");
            String::from_utf8(reply.body().to_vec()).unwrap_or_default()
        };
        assert!(
            scalar(&ReplyEncoding::Quoted("offset".to_owned()))
                .contains(r#"{"offset":"2","sha":"7"}"#)
        );
        assert!(
            scalar(&ReplyEncoding::Quoted("sha".to_owned())).contains(r#"{"offset":2,"sha":"7"}"#)
        );
        assert_eq!(rewritten(&ReplyEncoding::Of2016), with(r#""request_id":"r","#, ""));
        assert_eq!(
            rewritten(&ReplyEncoding::WithoutBeside("message".to_owned())),
            with(r#""message":"OK","#, "")
        );
        assert_eq!(
            rewritten(&ReplyEncoding::Without("sha".to_owned())),
            with(r#","sha":"a/b""#, "")
        );
        assert_eq!(
            rewritten(&ReplyEncoding::With("sha".to_owned(), "0".to_owned())),
            with(r#""a/b""#, "0")
        );
        assert_eq!(rewritten(&ReplyEncoding::ShaSuffixed), with("a/b", "a/b_1505201819"));
        let (one, two) = (r#"{"datalen":1,"offset":2}"#, r#"{"datalen":3,"offset":4}"#);
        let parts = |parts: &[&str]| with(&[one, two].join(","), &parts.join(","));
        assert_eq!(rewritten(&ReplyEncoding::PartsReversed), parts(&[two, one]));
        assert_eq!(rewritten(&ReplyEncoding::PartsRepeated), parts(&[one, one, two, two]));
        let repeated = rewritten(&ReplyEncoding::Repeated);
        assert_eq!(repeated.matches("\"sha\"").count(), 4, "{repeated}");
        let nested = rewritten(&ReplyEncoding::Nested);
        assert_eq!(nested.matches('[').count(), 41, "{nested}");
        let unknown = rewritten(&ReplyEncoding::UnknownFields);
        assert_eq!(unknown.matches("\"extra_2\":null").count(), 4, "{unknown}");
        let numbers = rewritten(&ReplyEncoding::BigNumbers);
        assert!(
            numbers
                .ends_with(r#","quota":[18446744073709551616,-9223372036854775809,1e300,-0.0]}"#)
        );
        assert!(rewritten(&ReplyEncoding::Long).len() > 1 << 16);
    }
}
