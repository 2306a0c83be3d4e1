//! How an upload begins: with what is asked first, and with what the reply to it grants or lists.

use super::{
    Client, ClientPolicy, ComparesSha, Digests, FinishTiming, First, Forgotten, Phase, Quoted,
    SlicingPolicy, Task, Unreadable,
};
use crate::protocol::{
    Claim, FileView, LARGEST_FILE, ListData, ReplyData, ReplyDeviationKind, Response,
    ResponseEnvelope, SlicePlan, UploadJob,
};

impl Client {
    pub(super) fn open(&mut self) {
        let certificate = self.job.machine.certificate;
        if let Some(fault) = certificate.fault().filter(|_| !(self.policy.init.trusts)(certificate))
        {
            return self.done(Claim::Failed, &format!("the certificate {fault}"));
        }
        if !self.job.machine.source.is_readable() {
            if self.policy.init.unreadable == Unreadable::Fail {
                return self.done(Claim::Failed, "the file cannot be read");
            }
            self.job.file = FileView::default();
            return self.send(Task::Upload);
        }
        if (self.policy.init.refuses)(&self.job) {
            return self.done(Claim::Failed, "this file is refused");
        }
        match self.policy.init.first {
            First::Upload(most) if self.size() <= most => match self.job.file.whole() {
                Some(_) => self.send(Task::Upload),
                None => self.done(Claim::Failed, "the file is too large for one request"),
            },
            First::Init | First::Upload(_) => self.send(Task::Init),
            First::List => self.send(Task::List),
            First::Slice => self.begin(None),
            First::Nothing => self.done(Claim::Ok, "nothing was sent"),
        }
    }

    pub(super) fn handle_session(&mut self, data: ReplyData) {
        let SlicingPolicy { grid, session, .. } = self.policy.slicing;
        let resume = self.policy.resume;
        let asked = self.job.slice_size;
        match data {
            ReplyData::Stored(_) if self.policy.replies.sees_instant_hit => {
                self.done(Claim::Ok, "already stored");
            }
            ReplyData::Stored(_) => {
                "undefined".clone_into(&mut self.session);
                self.begin(None);
            }
            ReplyData::Granted(data) => {
                if !self.restarted || resume.forgotten != Forgotten::KeepSession {
                    self.session = session(&data.session);
                }
                self.slice_size = grid.choose(self.understood(data.slice_size), asked);
                self.serial = data.serial_upload == Some(1);
                if self.restarted && resume.forgotten == Forgotten::KeepProgress {
                    return self.phase = Phase::Slices;
                }
                self.begin(None);
            }
            ReplyData::Listed(data) => {
                if resume.compares_filesize && data.filesize != self.size() {
                    let detail =
                        format!("an unfinished upload of {} bytes is there", data.filesize);
                    return self.done(Claim::Failed, &detail);
                }
                if self.is_of_another(resume.compares_sha, &data) {
                    return self
                        .done(Claim::Failed, "an unfinished upload of another file is there");
                }
                if resume.takes_session {
                    self.session = session(&data.session);
                }
                self.slice_size = resume.grid.choose(self.understood(data.slice_size), asked);
                self.begin(Some(&data));
            }
        }
    }

    /// Whether the list has the sha of another file.
    fn is_of_another(&self, compares: ComparesSha, list: &ListData) -> bool {
        let whole = match compares {
            ComparesSha::Never => return false,
            ComparesSha::BeforeSuffix => false,
            ComparesSha::WholeWhereAnnounced => self.digests.is_some(),
        };
        let theirs = list.sha.as_deref();
        let theirs = theirs.and_then(|sha| if whole { Some(sha) } else { sha.split('_').next() });
        theirs.is_some_and(|theirs| self.job.file.sha1().is_some_and(|own| own != theirs))
    }

    /// The slice size that is read where this one was answered.
    fn understood(&self, answered: u64) -> u64 {
        match self.quoted {
            Some(Quoted::Unseen) => self.job.slice_size,
            Some(Quoted::Endless) => u64::MAX,
            Some(Quoted::Number | Quoted::Appended) | None => answered,
        }
    }

    /// Starts with the slices, all of them or those that are missing.
    pub(super) fn begin(&mut self, list: Option<&ListData>) {
        let plan = match SlicePlan::new(self.size().min(LARGEST_FILE), self.slice_size) {
            Ok(plan) => plan,
            Err(error) => return self.done(Claim::Failed, &error.to_string()),
        };
        let slices = match list {
            Some(list) => (self.policy.resume.missing)(list, plan),
            None => (self.policy.slicing.slices)(plan),
        };
        let slices: Vec<_> =
            slices.into_iter().filter(|slice| !self.remembered.contains(slice)).collect();
        self.phase = Phase::Slices;
        self.waiting = slices.into_iter().map(|slice| (Task::Data(slice), 0)).collect();
        if self.policy.completion.finish == FinishTiming::BeforeLast
            && let Some(last) = self.waiting.pop_back()
        {
            self.finish();
            self.waiting.push_back(last);
        }
        if self.waiting.is_empty() {
            self.finish();
        }
    }
}

/// Whether a reply has its slice size as a string of digits.
pub(super) fn has_quoted_slice_size(reply: &Response) -> bool {
    let replies = ResponseEnvelope::<ReplyData>::read_with_deviations(reply.body());
    replies.is_ok_and(|reading| {
        reading.deviations.iter().any(|deviation| {
            deviation.kind == ReplyDeviationKind::DigitString
                && deviation.place == "data.slice_size"
        })
    })
}

/// `sha` and `uploadparts`, unless the file is so large that digests take too long.
pub(super) fn announced(
    policy: &ClientPolicy,
    digests: Digests,
    job: &UploadJob,
) -> Option<(String, String)> {
    let file = job.file.whole()?;
    let slice_size = usize::try_from(job.slice_size).unwrap_or(usize::MAX);
    let parts = (digests.parts)(&file, slice_size).unwrap_or_default();
    Some(((digests.sha)(&file), policy.dialect.uploadparts(&parts)))
}
