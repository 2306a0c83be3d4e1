use std::collections::BTreeMap;

use super::{Entry, MIB, lax, plain};
use crate::protocol::{Machine, Source};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        symlink(),
        name_quoted(),
        name_unicode(),
        name_line_end(),
        time_zone(),
        locale("machine/locale-arabic", "ar_EG.UTF-8", "/slicecheck/locale-arabic.bin"),
        locale("machine/locale-persian", "fa_IR.UTF-8", "/slicecheck/locale-persian.bin"),
        absent(),
        unreadable(),
        shrinking(),
        growing(),
    ]
}

const CONTROL: Option<&str> = Some("happy/last-slice-short");

fn with_source(source: Source) -> Machine {
    Machine { source, ..Machine::default() }
}

fn named(name: &str) -> Machine {
    Machine { file_name: Some(name.to_owned()), ..Machine::default() }
}

fn with_environment(variables: &[(&str, &str)]) -> Machine {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let environment: BTreeMap<_, _> = variables.iter().map(owned).collect();
    Machine { environment, ..Machine::default() }
}

fn symlink() -> Entry {
    Entry {
        id: "machine/symlink",
        summary: "the local file is a symbolic link to the content",
        key: "/slicecheck/symlink.bin",
        machine: with_source(Source::Symlink),
        control: CONTROL,
        ..plain()
    }
}

fn name_quoted() -> Entry {
    Entry {
        id: "machine/name-quoted",
        summary: "the name of the local file has quotes, a backslash, a semicolon and spaces",
        key: "/slicecheck/name-quoted.bin",
        // Some SDKs send the local name as filename [§9.1].
        machine: named("a \"quoted\" \\ name; x=y 100%.bin"),
        control: CONTROL,
        ..plain()
    }
}

fn name_unicode() -> Entry {
    Entry {
        id: "machine/name-unicode",
        summary: "the name of the local file has letters beyond ASCII",
        key: "/slicecheck/name-unicode.bin",
        machine: named("文件 – größe é.bin"),
        control: CONTROL,
        ..plain()
    }
}

fn name_line_end() -> Entry {
    Entry {
        id: "machine/name-line-end",
        summary: "the name of the local file has a line end, and what looks like a header after it",
        key: "/slicecheck/name-line-end.bin",
        // Written as it is, such a name ends its header, and begins another.
        machine: named("line\r\nContent-Type: text\r\n\r\nend.bin"),
        control: CONTROL,
        ..plain()
    }
}

fn time_zone() -> Entry {
    Entry {
        id: "machine/time-zone",
        summary: "the client runs in Nepal, 5 hours and 45 minutes ahead of UTC",
        key: "/slicecheck/time-zone.bin",
        // t and e count from 1970 in UTC [§4.1]: who signs with local time is hours off.
        machine: with_environment(&[("TZ", "Asia/Kathmandu")]),
        control: CONTROL,
        ..plain()
    }
}

fn locale(id: &'static str, name: &str, key: &'static str) -> Entry {
    Entry {
        id,
        summary: "the client runs in a locale that has other digits than 0 to 9",
        key,
        // Java's String.format writes numbers with the digits of the locale, if it is not given one.
        machine: with_environment(&[("LANG", name), ("LC_ALL", name)]),
        control: CONTROL,
        ..plain()
    }
}

fn absent() -> Entry {
    Entry {
        id: "machine/file-absent",
        summary: "the local file is not there",
        key: "/slicecheck/file-absent.bin",
        machine: with_source(Source::Absent),
        control: CONTROL,
        ..plain()
    }
}

fn unreadable() -> Entry {
    Entry {
        id: "machine/file-unreadable",
        summary: "nobody has the right to read the local file",
        key: "/slicecheck/file-unreadable.bin",
        machine: with_source(Source::Unreadable),
        control: CONTROL,
        ..plain()
    }
}

/// Finish does not notice: only the client can.
fn shrinking() -> Entry {
    Entry {
        id: "machine/file-shrinks",
        summary: "the local file is cut to its first slice when that has come",
        size: 4 * MIB + 5,
        key: "/slicecheck/file-shrinks.bin",
        machine: with_source(Source::Shrinks(1 << 20)),
        behaviour: lax([]),
        control: CONTROL,
        ..plain()
    }
}

fn growing() -> Entry {
    Entry {
        id: "machine/file-grows",
        summary: "the local file becomes longer by a slice and a half when the first slice has come",
        key: "/slicecheck/file-grows.bin",
        machine: with_source(Source::Grows(3 << 19)),
        behaviour: lax([]),
        control: CONTROL,
        ..plain()
    }
}
