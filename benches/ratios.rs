//! How fast the hot paths are, as ratios to yardsticks that everybody knows.
//!
//! Both sides of a row are measured in turns within one run, and the fastest round of each counts:
//! what else the machine does slows both. A ratio of 1 is as fast as the yardstick, 0.5 takes twice
//! as long. Nothing fails here; the aims are for people.
#![expect(clippy::print_stdout, reason = "a table is what this program is for")]

use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use bytes::Bytes;
use memchr::memmem;
use slicecheck::protocol::{
    Dialect, Fields, ListData, ListPart, Machine, MultipartBody, Op, Part, Request, RequestBuilder,
    ResponseEnvelope, Slice, SliceData, SlicePlan, Transcript, Wishes, cumulative_sha1, md5_hex,
    sha1_hex,
};
use slicecheck::rules::{Ruling, judge};
use slicecheck::scenario::{Content, FileSetup, Scenario, Setup, scenarios};
use slicecheck::server::{Behaviour, SliceSize};

const MIB: usize = 1 << 20;
/// How often each side of a row is measured.
const ROUNDS: usize = 15;
/// How long one measurement of one side takes at least.
const SAMPLE: Duration = Duration::from_millis(5);
const BOUNDARY: &str = "ebe8419a0781437ca5288514f3d41792";

fn main() {
    println!("{:<46} {:>10}  {:<46} {:>10}  ratio  aim", "what", "takes", "yardstick", "takes");
    encoding();
    reading_forms();
    judging();
    reading_replies();
    judging_long_conversations();
}

/// Head, content and tail into a buffer that is used again, as into a socket's.
fn encoding() {
    let content = scenario("happy/one-slice").job(1).file.whole().expect("a file in memory");
    let form = data_form(content.clone());
    let (mut wire, mut copy) = (Vec::new(), Vec::new());
    let ours = || {
        wire.clear();
        wire.write_vectored(&form.framed().io_slices())
    };
    let yardstick = || {
        copy.clear();
        copy.extend_from_slice(&content);
        copy.len()
    };
    row("write a slice of 1 MiB", ours, "copy its bytes", yardstick, "≥ 0.5");
    building(&content);
}

/// With a signature and a boundary that is not in the content, which has to be searched for that.
fn building(content: &Bytes) {
    let job = scenario("happy/one-slice").job(1);
    let builder = RequestBuilder {
        dialect: &Dialect::REFERENCE,
        path: &job.path,
        credentials: &job.credentials,
        host: "gz.file.myqcloud.com",
        local_file: "",
        begins: 1_505_201_819,
        ends: 1_505_205_419,
        random: 1,
        seed: 0,
    };
    let session = "8ad1d23f1b1f3452a1bda9bfbfcb81c4";
    let ours = || builder.write(&Fields::data(session, 0, content.clone()));
    let yardstick = || memmem::find(content, BOUNDARY.as_bytes());
    row("build and sign its request", ours, "search its bytes for a boundary", yardstick, "≥ 0.5");
}

fn reading_forms() {
    let noise = scenario("happy/one-slice").job(1).file.whole().expect("a file in memory");
    // Its last character is not the boundary's: each line has to be compared to its end.
    let line = format!("\r\n--{}3", BOUNDARY.trim_end_matches('2'));
    let lines: Bytes = line.bytes().cycle().take(MIB).collect();
    let contents = [("zeros", vec![0; MIB].into()), ("noise", noise), ("near misses", lines)];
    for (name, content) in contents {
        let body = data_form(content).encode();
        let delimiter = format!("--{BOUNDARY}");
        row(
            &format!("read a form with 1 MiB of {name}"),
            || MultipartBody::read(BOUNDARY, &body),
            "search its bytes for --boundary",
            || memmem::find_iter(&body, &delimiter).count(),
            "≥ 0.5",
        );
    }
}

/// From the bytes of five requests to all rulings, against the digests of the three slices alone.
///
/// The replies carry the MD5 of each slice, so that judging has to take it, but no SHA-1. The second
/// conversation also has `sha` and `uploadparts` at init, and `datamd5` with each slice: it takes both.
fn judging() {
    let plain = scenario("happy/exact-multiple").simulate(1);
    let file = plain.job.file.as_ref().expect("it is known").whole().expect("a file in memory");
    let digests = || {
        let of_slice = |slice: &[u8]| (sha1_hex(slice), md5_hex(slice));
        file.chunks(MIB).map(of_slice).collect::<Vec<_>>()
    };
    let yardstick = "SHA-1 and MD5 of the 3 slices";
    let described = with_digests(plain.clone());
    let what = "read and judge an upload, which takes MD5";
    row(what, || read_and_judge(&plain), yardstick, digests, "≥ 0.8");
    let what = "read and judge one that takes both";
    row(what, || read_and_judge(&described), yardstick, digests, "≥ 0.8");
}

fn read_and_judge(transcript: &Transcript) -> Vec<Ruling> {
    let mut transcript = transcript.clone();
    for exchange in &mut transcript.exchanges {
        exchange.request = Request::new(exchange.request.raw().clone());
    }
    judge(&transcript)
}

fn reading_replies() {
    let slice = SliceData {
        datalen: 1_048_576,
        datamd5: md5_hex(b""),
        offset: 1_048_576,
        session: "8ad1d23f1b1f3452a1bda9bfbfcb81c4".repeat(6),
    };
    let part = |index: u64| ListPart { datalen: 1_048_576, offset: index << 20 };
    let list = ListData {
        filesize: 1_048_576_000,
        listparts: (0..1000).map(part).collect(),
        session: slice.session.clone(),
        sha: None,
        slice_size: 1_048_576,
    };
    let (slice, list) = (reply(slice), reply(list));
    row(
        "read the reply to a slice",
        || ResponseEnvelope::<SliceData>::read(slice.as_bytes()),
        "serde_json::Value of it",
        || serde_json::from_str::<serde_json::Value>(&slice),
        "≥ 0.6",
    );
    row(
        "read a list of 1000 slices",
        || ResponseEnvelope::<ListData>::read(list.as_bytes()),
        "serde_json::Value of it",
        || serde_json::from_str::<serde_json::Value>(&list),
        "≥ 0.6",
    );
}

/// Slices of 1 KiB: what counts is what each request costs by itself.
fn judging_long_conversations() {
    let short = small_slices(48).simulate(1);
    let long = small_slices(498).simulate(1);
    let (few, many) = (short.exchanges.len(), long.exchanges.len());
    let (mut short, mut long) = (|| read_and_judge(&short), || read_and_judge(&long));
    let (short, long) = measure(&mut short, &mut long);
    let each = |time: Duration, count: usize| time / u32::try_from(count).unwrap_or(u32::MAX);
    let (short, long) = (each(short, few), each(long, many));
    print_row(
        &format!("read and judge one request of {many}"),
        long,
        &format!("read and judge one request of {few}"),
        short,
        "≥ 0.5",
    );
}

fn scenario(id: &str) -> &'static Scenario {
    scenarios().find(|scenario| scenario.id == id).expect("the scenario exists")
}

/// Uploads of this many slices of 1 KiB.
fn small_slices(count: usize) -> Scenario {
    Scenario {
        id: "bench/small-slices".to_owned(),
        summary: "an upload of many small slices".to_owned(),
        control: None,
        setup: Setup {
            key: "/slicecheck/small-slices.bin".to_owned(),
            slice_size: 1 << 20,
            wishes: Wishes::default(),
            machine: Machine::default(),
            file: FileSetup { size: count << 10, content: Content::Random },
            behaviour: Behaviour { slice_size: SliceSize::Fixed(1024), ..Behaviour::default() },
        },
    }
}

fn data_form(content: Bytes) -> MultipartBody {
    MultipartBody::new(BOUNDARY)
        .with("op", "upload_slice_data")
        .with("session", "8ad1d23f1b1f3452a1bda9bfbfcb81c4")
        .with("offset", "1048576")
        .with("filecontent", content)
}

/// The same conversation of a client that sends every digest there is.
fn with_digests(mut transcript: Transcript) -> Transcript {
    let file =
        transcript.job.file.as_ref().expect("it is known").whole().expect("a file in memory");
    let sha = sha1_hex(&file);
    let slices = SlicePlan::new(file.len() as u64, MIB as u64).expect("a plan").slices();
    let shas = cumulative_sha1(&file, MIB).expect("the grid suits SHA-1");
    let part = |(Slice { offset, length }, datasha): (Slice, String)| {
        format!("{{\"offset\":{offset},\"datalen\":{length},\"datasha\":\"{datasha}\"}}")
    };
    let parts = slices.zip(shas).map(part).collect::<Vec<_>>().join(",");
    for exchange in &mut transcript.exchanges {
        let op = exchange.request.op().cloned();
        exchange.request.edit(|form| {
            form.push(Part::new("sha", sha.clone()));
            if op == Some(Op::Init) {
                form.push(Part::new("uploadparts", format!("[{parts}]")));
            }
            if op == Some(Op::Data) {
                form.push(Part::new("datamd5", md5_hex(form.value("filecontent")?)));
            }
            Some(())
        });
    }
    transcript
}

fn reply<T: serde::Serialize>(data: T) -> String {
    let (message, request_id) = ("SUCCESS".to_owned(), Some("NTliNzhkM2I=".to_owned()));
    ResponseEnvelope { code: 0, message, request_id, data: Some(data) }.write()
}

fn row<A, B>(
    what: &str,
    mut ours: impl FnMut() -> A,
    yardstick: &str,
    mut theirs: impl FnMut() -> B,
    aim: &str,
) {
    let (ours, theirs) = measure(&mut ours, &mut theirs);
    print_row(what, ours, yardstick, theirs, aim);
}

fn print_row(what: &str, ours: Duration, yardstick: &str, theirs: Duration, aim: &str) {
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    let (ours, theirs) = (format!("{ours:.1?}"), format!("{theirs:.1?}"));
    println!("{what:<46} {ours:>10}  {yardstick:<46} {theirs:>10}  {ratio:>5.2}  {aim}");
}

/// The fastest round of each side, per call.
fn measure<A, B>(
    ours: &mut impl FnMut() -> A,
    theirs: &mut impl FnMut() -> B,
) -> (Duration, Duration) {
    let (our_calls, their_calls) = (calls_for_a_sample(ours), calls_for_a_sample(theirs));
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        best.0 = best.0.min(time(ours, our_calls) / our_calls);
        best.1 = best.1.min(time(theirs, their_calls) / their_calls);
    }
    best
}

fn calls_for_a_sample<T>(work: &mut impl FnMut() -> T) -> u32 {
    let mut calls = 1;
    while time(work, calls) < SAMPLE {
        calls *= 2;
    }
    calls
}

fn time<T>(work: &mut impl FnMut() -> T, calls: u32) -> Duration {
    let begin = Instant::now();
    for _ in 0..calls {
        black_box(work());
    }
    begin.elapsed()
}
