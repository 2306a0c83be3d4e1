//! What a client does when something has failed.

use super::{
    Client, Deletes, First, Forgotten, InProgress, OnExhausted, ROUNDS, RequestError, RetryPolicy,
    Task, Unreadable,
};
use crate::protocol::{Claim, Slice};

impl Client {
    /// Whether the file has become so short that a slice is not in it.
    pub(super) fn is_cut(&self, slice: Slice) -> bool {
        let end = slice.end().unwrap_or(u64::MAX);
        // A slice that was beyond the end from the beginning is a mutant's own,
        // and no effect of the change.
        self.changed.as_ref().is_some_and(|file| end > file.len()) && end <= self.size()
    }

    /// What follows where the file ends too early.
    pub(super) fn miss(&mut self) {
        self.waiting.clear();
        match self.policy.init.unreadable {
            Unreadable::Fail => self.done(Claim::Failed, "the file has become shorter"),
            Unreadable::Empty if self.in_flight.is_empty() => self.finish(),
            // The last reply leads to finish.
            Unreadable::Empty => {}
        }
    }

    /// What follows when what was there is deleted.
    pub(super) fn after_delete(&mut self) {
        match self.policy.retry.deletes {
            Deletes::Conflicts => self.send(Task::Init),
            Deletes::Failures | Deletes::Never => {
                self.done(Claim::Failed, "what was sent is deleted");
            }
        }
    }

    pub(super) fn handle_error(&mut self, task: Task, attempt: u32, error: &RequestError) {
        // What has a meaning of its own comes first; whether another attempt
        // may help is asked of the rest.
        let in_progress = matches!(error, RequestError::Refused { code: -4019, .. });
        if task == Task::Init && in_progress {
            // The session of an upload that is still there was refused: it would be again.
            if self.restarted {
                return self.done(Claim::Failed, &error.detail());
            }
            match self.policy.resume.in_progress {
                InProgress::List => return self.send(Task::List),
                InProgress::Fail => return self.done(Claim::Failed, &error.detail()),
                InProgress::Succeed => return self.done(Claim::Ok, "already there"),
                InProgress::Slices => return self.begin(None),
                InProgress::Again if attempt < self.policy.retry.attempts => {
                    return self.waiting.push_front((task, attempt));
                }
                InProgress::Again => {}
            }
        }
        let conflict = matches!(error, RequestError::Refused { code: -177, .. });
        if conflict && self.policy.retry.deletes == Deletes::Conflicts && !self.deleted {
            self.deleted = true;
            return self.send(Task::Delete);
        }
        // That nothing was uploaded yet is what it wanted to know.
        let nothing_there = matches!(error, RequestError::Refused { code: -197, .. });
        let asks_first = self.policy.init.first == First::List;
        if task == Task::List && nothing_there && asks_first && self.rounds < ROUNDS {
            // Counted, as init may say each time that an upload is under way.
            self.rounds = self.rounds.saturating_add(1);
            return self.send(Task::Init);
        }
        let forgotten = matches!(error, RequestError::Refused { code: -29096, .. });
        let restarts = match self.policy.resume.forgotten {
            Forgotten::Fail => false,
            Forgotten::RestartEndlessly => true,
            Forgotten::Restart | Forgotten::KeepSession | Forgotten::KeepProgress => {
                !self.restarted
            }
        };
        if forgotten && restarts {
            // Noted, so that a service that forgets each upload is not begun with for ever.
            self.restarted = true;
            if self.policy.resume.forgotten == Forgotten::KeepProgress {
                self.waiting.push_front((task, 0));
                // In front of the slice, which then has the new session.
                return self.waiting.push_front((Task::Init, 0));
            }
            self.waiting.clear();
            return self.send(Task::Init);
        }
        let RetryPolicy { attempts, repetitions, is_retryable, then, .. } = self.policy.retry;
        if is_retryable(&task, error) {
            if attempt < attempts && self.repeated < repetitions {
                self.repeated = self.repeated.saturating_add(1);
                // In front: where slices are to come in the order of the file, none
                // overtakes the one that failed.
                return self.waiting.push_front((task, attempt));
            }
            let detail = format!("gave up after {attempt} attempts: {}", error.detail());
            return self.give_up(task, then, &detail);
        }
        self.give_up(task, then, &error.detail());
    }

    fn give_up(&mut self, task: Task, then: OnExhausted, detail: &str) {
        if matches!(task, Task::Data(_)) && self.policy.retry.deletes == Deletes::Failures {
            self.waiting.clear();
            return self.send(Task::Delete);
        }
        match then {
            OnExhausted::GoOn => self.go_on(task),
            OnExhausted::Finish if matches!(task, Task::Data(_)) => {
                self.waiting.clear();
                self.finish();
            }
            OnExhausted::FromTheStart if matches!(task, Task::Data(_)) && self.rounds < ROUNDS => {
                self.rounds = self.rounds.saturating_add(1);
                self.begin(None);
            }
            OnExhausted::Fail | OnExhausted::Finish | OnExhausted::FromTheStart => {
                self.done(Claim::Failed, detail);
            }
            OnExhausted::Crash => self.done(Claim::Crashed, "signal 11"),
            OnExhausted::Hang => self.hangs = true,
        }
    }
}
