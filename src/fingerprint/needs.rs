//! Which fields of replies a client needs: each is left out once.

use std::collections::BTreeSet;

use super::course::ends;
use crate::protocol::{Op, Request, Transcript};
use crate::server::{Fault, Reaction, ReplyEncoding, SliceSelector, Trigger};

/// A field that is left out of the replies to an operation.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    pub(super) op: Op,
    field: Field,
}

/// A field of a reply.
#[derive(Clone, Copy, Debug)]
enum Field {
    Data,
    OfData(&'static str),
    BesideData(&'static str),
}

/// What each reply has. Who needs no `code` takes a reply that says nothing of success for one.
const ENVELOPE: [Field; 4] = [
    Field::BesideData("code"),
    Field::BesideData("message"),
    Field::BesideData("request_id"),
    Field::Data,
];
const SESSION: &[&str] = &["session", "slice_size"];
const SLICE: &[&str] = &["datalen", "datamd5", "offset", "session"];
const LIST: &[&str] = &["filesize", "listparts", "session", "slice_size"];
const OBJECT: &[&str] = &["access_url", "resource_path", "source_url", "url", "vid"];

/// All probes of an upload in slices, or of one in a single request.
pub(super) fn probes(in_slices: bool) -> Vec<Probe> {
    let of_slices: &[(Op, &[&str])] =
        &[(Op::Init, SESSION), (Op::Data, SLICE), (Op::List, LIST), (Op::Finish, OBJECT)];
    let of_file: &[(Op, &[&str])] = &[(Op::Upload, OBJECT)];
    let operations = if in_slices { of_slices } else { of_file };
    let of = |(op, fields): &(Op, &'static [&'static str])| {
        let fields = ENVELOPE.into_iter().chain(fields.iter().copied().map(Field::OfData));
        fields.map(|field| Probe { op: op.clone(), field }).collect::<Vec<_>>()
    };
    operations.iter().flat_map(of).collect()
}

impl Probe {
    /// What the field is called.
    pub(super) fn name(&self) -> String {
        match self.field {
            Field::Data => "data".to_owned(),
            Field::OfData(field) => format!("data.{field}"),
            Field::BesideData(field) => field.to_owned(),
        }
    }

    /// Whether the reply was not taken for what it is: the upload does not end well, or does so on another way.
    pub(super) fn is_needed(&self, transcript: &Transcript) -> bool {
        let mut sent = BTreeSet::new();
        let mut requests = transcript.exchanges.iter().map(|exchange| &exchange.request);
        let mut key = |op: &Op, offset| sent.insert((op.as_str().to_owned(), offset));
        let is_sent_again = requests.clone().any(|request| {
            request.op().is_some_and(|op| *op == self.op && !key(op, request.number("offset")))
        });
        // Who has got no session asks for the one that is there.
        let is_list = |request: &Request| request.op() == Some(&Op::List);
        let asks_instead = self.op == Op::Init && requests.any(is_list);
        ends(transcript) != "ok" || is_sent_again || asks_instead
    }

    pub(super) fn fault(&self) -> Fault {
        let encoding = match self.field {
            Field::Data => ReplyEncoding::WithoutData,
            Field::OfData(field) => ReplyEncoding::Without(field.to_owned()),
            Field::BesideData(field) => ReplyEncoding::WithoutBeside(field.to_owned()),
        };
        let trigger = match self.op {
            Op::Init => Trigger::Init,
            Op::Data => Trigger::Slice(SliceSelector::Any),
            Op::List => Trigger::List,
            // A fault of finish strikes an upload in one request, too.
            Op::Upload | Op::Finish | Op::Other(_) => Trigger::Finish,
        };
        Fault::always(trigger, Reaction::encoded(encoding))
    }
}
