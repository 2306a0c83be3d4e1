//! What goes into the requests of the client.

use super::{Client, Quoted, Signing, Task};
use crate::protocol::{Fields, Request, RequestBuilder, Signature, Slice};

impl Client {
    pub(super) fn fields(&self, task: Task, attempt: u32) -> Fields {
        let extra = self.policy.init.extra;
        let file = &self.job.file;
        let with_extra = |fields: Fields| {
            let fields =
                extra.iter().fold(fields, |fields, (name, value)| fields.with(name, *value));
            match self.job.wishes.insert_only {
                Some(keeps) => fields.with("insertOnly", u8::from(keeps).to_string()),
                None => fields,
            }
        };
        let fields = match task {
            Task::Init => with_extra(Fields::init(self.size(), self.job.slice_size)),
            // Neither has fields besides op: a sha is for init, slices, finish and simple uploads.
            Task::List => return Fields::list(),
            Task::Delete => return Fields::delete(),
            // Whole: `open` chooses this request only for a file that can be read at a time.
            Task::Upload => with_extra(Fields::upload(file.whole().unwrap_or_default())),
            Task::Data(slice) => {
                let content = (self.policy.slicing.content)(file, slice, attempt);
                let offset = self.offset(slice);
                // Written over, as what a mutant sends there need not be a number.
                Fields::data(self.session.clone(), slice.offset, content).with("offset", offset)
            }
            Task::Finish => Fields::finish(self.session.clone(), self.size()),
        };
        match (&self.digests, task) {
            (Some((sha, parts)), Task::Init) => {
                fields.with("sha", sha.as_str()).with("uploadparts", parts.as_str())
            }
            (Some((sha, _)), _) => fields.with("sha", sha.as_str()),
            (None, _) => fields,
        }
    }

    fn offset(&self, slice: Slice) -> String {
        if self.quoted == Some(Quoted::Appended) {
            // A grid of 0 has no slices, so that the default is never sent.
            let before = slice.offset.checked_div(self.slice_size).unwrap_or_default();
            let before = usize::try_from(before).unwrap_or_default();
            return format!("0{}", self.slice_size.to_string().repeat(before));
        }
        (self.policy.slicing.offset)(slice, self.slice_size)
    }

    pub(super) fn request(&mut self, fields: &Fields, clock: u64) -> Request {
        let Signing { lifetime, per_request, sign } = self.policy.signing;
        // One signature for all requests has the time of the first one,
        // as the PHP SDK has it [§9.3].
        let begins = if per_request { clock } else { *self.signed.get_or_insert(clock) };
        let builder = RequestBuilder {
            dialect: &self.policy.dialect,
            path: &self.job.path,
            credentials: &self.job.credentials,
            host: "gz.file.myqcloud.com",
            local_file: "/var/data/big.bin",
            begins,
            ends: begins.saturating_add(lifetime),
            random: u32::try_from(self.seed & 0x7fff_ffff).unwrap_or_default(),
            seed: self.seed,
        };
        let mut request = Request::new(builder.write(fields).to_bytes());
        resign(&mut request, |string_to_sign| sign(&self.job, string_to_sign));
        request
    }
}

/// Replaces the signature in the head of a request, if another one is wanted.
fn resign(request: &mut Request, sign: impl Fn(&str) -> String) {
    let Some((old, _)) = request.signature_text() else { return };
    let Ok(signature) = Signature::read(&old) else { return };
    let new = sign(signature.sent_string_to_sign());
    // Editing parses the whole request again, and most policies sign as the builder does.
    if new != old {
        request.edit_head(|head| head.replacen(&old, &new, 1));
    }
}
