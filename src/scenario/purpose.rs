//! Why the kinds of situation matter, and what a client does about them.

use super::deviations::is_special;
use super::{Content, Setup};
use crate::protocol::{Codes, DEFAULT_SLICE_SIZE, Delivery, Machine, Received, Retry, Source};
use crate::server::{
    Behaviour, Preexisting, Reaction, Reply, ReplyEncoding, SessionForm, SliceSize, Storing,
};

/// What a kind of difference from the plain setup means to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purpose {
    /// What goes wrong in the field with a client that is not ready for it.
    pub why: &'static str,
    /// What a client does that is.
    pub mend: &'static str,
}

const fn purpose(why: &'static str, mend: &'static str) -> Purpose {
    Purpose { why, mend }
}

impl Setup {
    /// One for each kind of difference; one about files where there is no other difference.
    pub fn purposes(&self) -> Vec<Purpose> {
        let mut found = Vec::new();
        if is_special(&self.key) {
            found.push(KEY);
        }
        let faults = &self.behaviour.faults;
        if self.slice_size != DEFAULT_SLICE_SIZE && faults.is_empty() {
            found.push(ASKED_SLICE_SIZE);
        }
        found.extend(of_machine(&self.machine));
        found.extend(self.wishes.sha.then_some(SHA));
        found.extend(self.wishes.insert_only.map(|_| INSERT_ONLY));
        found.extend(of_grants(&self.behaviour));
        found.extend(of_preexisting(&self.behaviour.preexisting));
        for reaction in faults.iter().flat_map(|fault| &fault.reactions) {
            for purpose in of_reaction(reaction) {
                if !found.contains(&purpose) {
                    found.push(purpose);
                }
            }
        }
        if found.is_empty() {
            found.push(of_content(&self.file.content));
        }
        found
    }
}

const KEY: Purpose = purpose(
    "A key that is escaped in another way, or not at all, is the name of another object: the file is stored \
     where nobody looks for it, or the request is refused.",
    "Escape each byte of the key that is no letter, digit, hyphen, dot, underscore or tilde, once, in UTF-8, \
     and leave the slashes between its segments.",
);
const ASKED_SLICE_SIZE: Purpose = purpose(
    "Who configures a slice size does so for a reason, such as little memory or a slow line.",
    "Ask for the slice size that the user has chosen, and cut by the one that the reply to init grants.",
);
const SHA: Purpose = purpose(
    "The service looks for the same file by its sha, and checks what it got by the list of slices: a wrong \
     digest refuses the upload, or stores what was not meant.",
    "Compute sha over the file itself, and offset, length and digest of each slice as it is cut.",
);
const INSERT_ONLY: Purpose = purpose(
    "insertOnly decides whether an object that is there already is replaced: a client that does not pass on \
     the wish of its user destroys a file, or does not store one.",
    "Send the value that the user asks for, in the request that opens the upload.",
);

fn of_machine(machine: &Machine) -> Vec<Purpose> {
    const NAME: Purpose = purpose(
        "Names of local files are any bytes but slash and NUL: who copies them into a header of a form breaks \
         the form.",
        "Open the file by its name as it is, and send a filename that needs no escapes, or escape it.",
    );
    const SYMLINK: Purpose = purpose(
        "The length of a link is not the length of the file that it leads to.",
        "Open the file, and take its length from what was opened.",
    );
    const UNREADABLE: Purpose = purpose(
        "Who does not notice that the file cannot be read stores an empty object, or claims a success.",
        "Open the file before the first request, and report a failure if that fails.",
    );
    const CHANGED: Purpose = purpose(
        "Logs and documents are written to while they are uploaded: what is stored then is no version of the \
         file that there ever was.",
        "Send exactly what was announced, or stop with an error once less or more can be read.",
    );
    const CERTIFICATE: Purpose = purpose(
        "Who does not verify the certificate sends its signatures and files to anybody on the line.",
        "Leave the verification of certificates on, and take the failure for one.",
    );
    const ENVIRONMENT: Purpose = purpose(
        "A library takes language, time zone or formats from its environment: what is right on one machine is \
         wrong on the next.",
        "Write numbers, dates and headers without regard to locale and time zone.",
    );
    const KILLED: Purpose = purpose(
        "Processes end in the middle of uploads: what is not found again is sent again, and what is trusted \
         too early is lost.",
        "Start again with init, and go on with what the list says has arrived.",
    );
    let source = match machine.source {
        Source::Regular => None,
        Source::Symlink => Some(SYMLINK),
        Source::Absent | Source::Unreadable => Some(UNREADABLE),
        Source::Shrinks(_) | Source::Grows(_) => Some(CHANGED),
    };
    let certificate = machine.certificate.fault().map(|_| CERTIFICATE);
    let environment = (!machine.environment.is_empty()).then_some(ENVIRONMENT);
    let killed = machine.restarts.then_some(KILLED);
    let name = machine.file_name.is_some().then_some(NAME);
    name.into_iter().chain(source).chain(certificate).chain(environment).chain(killed).collect()
}

fn of_grants(behaviour: &Behaviour) -> impl Iterator<Item = Purpose> {
    const SLICE_SIZE: Purpose = purpose(
        "The service keeps slices by the size that it has granted: with another one they overlap, or leave gaps.",
        "Cut the file by the slice_size of the reply, not by the one that was asked for.",
    );
    const SESSION: Purpose = purpose(
        "A session is opaque: who escapes it, shortens it or reads it as a number names an upload that there is not.",
        "Keep the session as the string that it is, and send its bytes unchanged.",
    );
    const SERIAL: Purpose = purpose(
        "serial_upload says whether slices may be sent at the same time: a service that asks for one at a time \
         need not store others.",
        "Send the next slice after the reply to the one before, unless the service has said otherwise.",
    );
    let size = (behaviour.slice_size != SliceSize::Asked).then_some(SLICE_SIZE);
    let session = (behaviour.session != SessionForm::Hex).then_some(SESSION);
    size.into_iter().chain(session).chain(behaviour.serial_upload.map(|_| SERIAL))
}

fn of_preexisting(preexisting: &Preexisting) -> Option<Purpose> {
    const SAME: Purpose = purpose(
        "The same upload is often asked for twice: who sends all of it again wastes it, and who fails reports \
         what is not so.",
        "Take the reply that says that the same file is there for the end of the upload.",
    );
    const OTHER: Purpose = purpose(
        "Another file at the place is somebody's data: it is replaced only if that is wished.",
        "Compare what the service says is there with the file, and report a failure where it is another.",
    );
    const RECOGNISED: Purpose = purpose(
        "A reply to init with an address has no session: there is nothing left to send.",
        "Take an init that is answered with access_url for the end of the upload.",
    );
    const UNFINISHED: Purpose = purpose(
        "Uploads are interrupted, and come back: what the service holds decides what is left to send, not what \
         the client remembers.",
        "Ask for the list, compare it with the file, and send what it does not name.",
    );
    const UNFINISHED_OTHER: Purpose = purpose(
        "Slices of two files that are mixed make an object that is neither of them.",
        "Go on with an upload only if its length and its sha are those of the file.",
    );
    match preexisting {
        Preexisting::Nothing => None,
        Preexisting::SameFile => Some(SAME),
        Preexisting::OtherFile => Some(OTHER),
        Preexisting::Recognised => Some(RECOGNISED),
        Preexisting::Unfinished(_)
        | Preexisting::UnfinishedWithSha(_)
        | Preexisting::UnfinishedHalved(_)
        | Preexisting::UnfinishedBut(_) => Some(UNFINISHED),
        Preexisting::UnfinishedLonger(_)
        | Preexisting::UnfinishedShorter(_)
        | Preexisting::UnfinishedOther(_) => Some(UNFINISHED_OTHER),
    }
}

fn of_reaction(reaction: &Reaction) -> impl Iterator<Item = Purpose> {
    const LOST: Purpose = purpose(
        "A connection that breaks says nothing about what was done with the request: what was lost is missing, \
         and what was done is done.",
        "Send the same request again, a few times and after a pause, and report a failure if none is answered.",
    );
    const UNANSWERED: Purpose = purpose(
        "A client that waits for ever is killed by whoever waits for it.",
        "Set a time after which a request without a reply counts as failed, and send it again.",
    );
    let Reaction { stored, replied, delivered } = reaction;
    let lost = match delivered {
        Delivery::Unanswered => Some(UNANSWERED),
        _ if delivered.received() == Received::Nothing => Some(LOST),
        _ => None,
    };
    // Of a reply that never arrives, it does not matter what it says.
    let told = lost.is_none().then(|| [of_reply(replied), of_delivery(*delivered)]);
    let stored = lost.is_none().then(|| of_storing(*stored, replied)).flatten();
    stored.into_iter().chain(lost).chain(told.into_iter().flatten().flatten())
}

fn of_storing(stored: Storing, replied: &Reply) -> Option<Purpose> {
    const DAMAGED: Purpose = purpose(
        "Who does not compare what the service says it got with what was sent completes a file with a hole or \
         with wrong bytes in it.",
        "Compare datalen, datamd5 and offset of each reply with the slice, look at the reply to finish, and \
         send again what does not match.",
    );
    const FORGOTTEN: Purpose = purpose(
        "Sessions end while they are used: to repeat a request with an old one is refused each time.",
        "Begin again with init where the session is refused, and report a failure if that does not help.",
    );
    const COMPLETED: Purpose = purpose(
        "Two processes that upload the same file are common: one of them finds that it is done.",
        "Ask again with init what is there, and believe that reply.",
    );
    match stored {
        Storing::Nothing if *replied == Reply::Regular => Some(DAMAGED),
        Storing::AsSent | Storing::Nothing => None,
        Storing::Altered | Storing::Halved => Some(DAMAGED),
        Storing::Forgotten => Some(FORGOTTEN),
        Storing::Completed => Some(COMPLETED),
    }
}

fn of_reply(replied: &Reply) -> Option<Purpose> {
    const CODE: Purpose = purpose(
        "The code decides, and the HTTP status, the message and the data beside it do not: who looks at those \
         takes a failure for a success, or the reverse.",
        "Read the code of each reply, and take 0 for a success and nothing else.",
    );
    const MESSAGE: Purpose = purpose(
        "Messages are for people, and change: who compares them fails where all is well.",
        "Decide by the code alone.",
    );
    const ECHO: Purpose = purpose(
        "The reply to a slice repeats what has arrived: where that is something else, the slice is not stored \
         as it was sent.",
        "Compare each field of the reply with the request, and send the slice again where they differ.",
    );
    const FOREIGN: Purpose = purpose(
        "Proxies, load balancers and login pages answer in place of the service: such a page says nothing \
         about the upload.",
        "Take a reply that is no JSON of the service for a failure of the request, and repeat it.",
    );
    const REDIRECT: Purpose = purpose(
        "Many libraries follow a redirect by a GET without the body: the request that counts is never made.",
        "Do not follow redirects, or repeat method and body; take it for a failure otherwise.",
    );
    const LITERAL: Purpose = purpose(
        "Bytes that come from outside can be anything: a client that crashes on them takes its caller with it.",
        "Take what cannot be read for a failure of the request, and report it.",
    );
    match replied {
        Reply::Regular => None,
        Reply::Encoded(encoding) => Some(of_encoding(encoding)),
        Reply::Status(_) | Reply::CodeWithData(_) | Reply::CodeWithSuccess(_) => Some(CODE),
        Reply::Message(_) => Some(MESSAGE),
        Reply::Echo(_) => Some(ECHO),
        Reply::Refusal { code, .. } => Some(of_refusal(*code)),
        Reply::Foreign { .. } => Some(FOREIGN),
        Reply::Redirect => Some(REDIRECT),
        Reply::LiteralBody(_) | Reply::LiteralResponse(_) => Some(LITERAL),
    }
}

fn of_encoding(encoding: &ReplyEncoding) -> Purpose {
    const SPELLING: Purpose = purpose(
        "The same JSON can be written in many ways, and services change theirs: who searches it for words, or \
         binds it to one layout, fails where all is well.",
        "Read replies with a parser of JSON, ignore fields that are not needed, and report what cannot be read.",
    );
    const FIELDS: Purpose = purpose(
        "A reply without what it should say may mean anything: to go on with a guess stores something else.",
        "Check that each field that is needed is there and has its type; take the request for failed otherwise.",
    );
    const PARTS: Purpose = purpose(
        "What is left to send follows from the whole list: to trust its order, its length or its last entry \
         leaves out slices, or sends them twice.",
        "Collect the offsets that the list names, compare them with the file, and send the others.",
    );
    match encoding {
        ReplyEncoding::ByteOrderMark
        | ReplyEncoding::BigNumbers
        | ReplyEncoding::DigitStrings
        | ReplyEncoding::Escaped
        | ReplyEncoding::Late
        | ReplyEncoding::Long
        | ReplyEncoding::Nested
        | ReplyEncoding::Of2016
        | ReplyEncoding::Pretty
        | ReplyEncoding::Reordered
        | ReplyEncoding::Repeated
        | ReplyEncoding::ShaSuffixed
        | ReplyEncoding::SingleQuotes
        | ReplyEncoding::Trailing(_)
        | ReplyEncoding::UnknownFields => SPELLING,
        ReplyEncoding::PartsAhead | ReplyEncoding::PartsRepeated | ReplyEncoding::PartsReversed => {
            PARTS
        }
        ReplyEncoding::Code(_)
        | ReplyEncoding::NullData
        | ReplyEncoding::Quoted(_)
        | ReplyEncoding::Unquoted(_)
        | ReplyEncoding::With(..)
        | ReplyEncoding::Without(_)
        | ReplyEncoding::WithoutBeside(_)
        | ReplyEncoding::WithoutData => FIELDS,
    }
}

/// By what the pages say of its code.
fn of_refusal(code: i64) -> Purpose {
    const FINAL: Purpose = purpose(
        "A refusal that is final stays one: to repeat the request costs time and quota, and to overlook it \
         reports a file that is not there.",
        "Stop where the code says that the request is refused for good, and report the failure with the code.",
    );
    const TRANSIENT: Purpose = purpose(
        "Services are overloaded for seconds at a time: who gives up at once fails uploads that would work, and \
         who does not pause makes it worse.",
        "Send the same request again, a few times and after a pause, and report a failure if that does not help.",
    );
    const RESUME: Purpose = purpose(
        "The service says that it holds a part of the file: to repeat the request is refused again.",
        "Ask for the list, send what it does not name, and finish.",
    );
    const SIGN_AGAIN: Purpose = purpose(
        "Signatures expire while an upload runs: the same bytes are refused each time.",
        "Compute the signature for each request, repeated ones included.",
    );
    const RESEND: Purpose = purpose(
        "The service has noticed that slices are missing: to finish again without them is refused again.",
        "Ask which slices are there, send the others, then finish.",
    );
    const UNKNOWN: Purpose = purpose(
        "A code that no page lists is still a refusal.",
        "Take each code but 0 for a failure of the request, whether it is known or not.",
    );
    match Codes::get(code).map_or(Retry::Unknown, |known| known.retry) {
        Retry::No => FINAL,
        Retry::Later | Retry::Transient => TRANSIENT,
        Retry::Resume => RESUME,
        Retry::SignAgain => SIGN_AGAIN,
        Retry::ResendSlices => RESEND,
        Retry::Unknown => UNKNOWN,
    }
}

fn of_delivery(delivered: Delivery) -> Option<Purpose> {
    const CUT: Purpose = purpose(
        "Where a reply does not end as its head says it may be cut: who takes what came for all of it acts on \
         half a reply.",
        "Take a reply that is shorter or longer than it announces for a failure of the request, and repeat it.",
    );
    const LAWFUL: Purpose = purpose(
        "HTTP allows this, and servers and proxies do it: who reads replies by other means than a library of \
         HTTP misses their end or their fields.",
        "Read replies as RFC 9112 defines them, and do not count on one form, one length or one packet.",
    );
    const EARLY: Purpose = purpose(
        "A service may answer before it has read the body: who reads only after it has written all meets a \
         broken connection in place of the reply.",
        "Read the reply also where writing fails, and do not count on 100 Continue.",
    );
    const HELD: Purpose = purpose(
        "A reply that takes a moment shows what the client does meanwhile.",
        "Wait for the reply where the next request depends on it.",
    );
    match delivered {
        Delivery::Whole | Delivery::Literal => None,
        _ if delivered.is_timed() => Some(HELD),
        Delivery::Early
        | Delivery::EarlyClosed
        | Delivery::EarlyReset
        | Delivery::ContinueLate
        | Delivery::ContinueNever => Some(EARLY),
        _ if delivered.received() == Received::All => Some(LAWFUL),
        _ => Some(CUT),
    }
}

fn of_content(content: &Content) -> Purpose {
    const LENGTHS: Purpose = purpose(
        "Off-by-one mistakes show where a file has exactly a number of slices, or one byte more or less, and \
         limits show in large ones.",
        "Cut the file at multiples of the granted slice size; the last slice is what is left, and never empty.",
    );
    const BYTES: Purpose = purpose(
        "Files are any bytes: who treats them as text, or searches them for a boundary, stores something else.",
        "Read and send the file as bytes, with a boundary that does not occur in them, and count bytes.",
    );
    match content {
        Content::Random | Content::Sparse(_) => LENGTHS,
        Content::EveryPair | Content::Repeated(_) => BYTES,
    }
}
