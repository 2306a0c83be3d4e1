use super::{Entry, plain, strict};
use crate::server::{EchoField, Fault, Reaction, Reply, Trigger};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        echo(
            "echo/datalen",
            "the reply to the second slice acknowledges one byte less than was sent, once",
            [once(EchoField::Datalen)],
        ),
        echo(
            "echo/datamd5",
            "the reply to the second slice carries the MD5 of other bytes, once",
            [once(EchoField::Datamd5)],
        ),
        echo(
            "echo/datamd5-always",
            "the reply to the second slice carries the MD5 of other bytes, each time",
            [Fault::always(Trigger::slice(1), Reaction::reply(Reply::Echo(EchoField::Datamd5)))],
        ),
        echo(
            "echo/offset",
            "the reply to the second slice names another offset, once",
            [once(EchoField::Offset)],
        ),
        echo(
            "echo/session",
            "the reply to the second slice names another session, once",
            [once(EchoField::Session)],
        ),
        echo(
            "echo/another-slice",
            "the reply to the second slice is the one to the first, once",
            [once(EchoField::Slice)],
        ),
    ]
}

fn echo(id: &'static str, summary: &'static str, faults: impl Into<Vec<Fault>>) -> Entry {
    Entry {
        id,
        summary,
        key: "/slicecheck/echo.bin",
        // What is stored is right in all of them, and only what is said of it is wrong.
        behaviour: strict(faults),
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn once(field: EchoField) -> Fault {
    Fault::once(Trigger::slice(1), Reaction::reply(Reply::Echo(field)))
}
