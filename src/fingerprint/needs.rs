//! Which fields of replies a client needs: each is left out once.

use std::collections::BTreeSet;

use super::course::ends;
use crate::protocol::{Op, Transcript};
use crate::server::{Fault, Reaction, ReplyEncoding, SliceSelector, Trigger};

/// A field that is left out of the replies to an operation.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    pub(super) op: Op,
    /// The field of `data`; all of `data`, if it is `None`.
    pub(super) field: Option<&'static str>,
}

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
        let fields = std::iter::once(None).chain(fields.iter().copied().map(Some));
        fields.map(|field| Probe { op: op.clone(), field }).collect::<Vec<_>>()
    };
    operations.iter().flat_map(of).collect()
}

impl Probe {
    /// What the field is called.
    pub(super) fn name(&self) -> String {
        self.field.map_or_else(|| "data".to_owned(), |field| format!("data.{field}"))
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
        let is_list = |request: &crate::protocol::Request| request.op() == Some(&Op::List);
        let asks_instead = self.op == Op::Init && requests.any(is_list);
        ends(transcript) != "ok" || is_sent_again || asks_instead
    }

    pub(super) fn fault(&self) -> Fault {
        let encoding = self
            .field
            .map_or(ReplyEncoding::WithoutData, |field| ReplyEncoding::Without(field.to_owned()));
        let trigger = match self.op {
            Op::Init => Trigger::Init,
            Op::Data => Trigger::Slice(SliceSelector::Any),
            Op::List => Trigger::List,
            Op::Upload | Op::Finish | Op::Other(_) => Trigger::Finish,
        };
        Fault::always(trigger, Reaction::encoded(encoding))
    }
}
