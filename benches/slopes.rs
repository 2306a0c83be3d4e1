//! Whether judging takes time that grows with requests and fields alone.
//!
//! A row gives the time for one unit, a request or a field of one, at rising sizes within one run: the
//! fastest of several rounds counts. A row is marked if a unit costs more than twice as much in the largest
//! conversation as in the smallest. That is to be read, and fails nothing: on a busy machine, times say little.
#![expect(clippy::print_stdout, reason = "a table is what this program is for")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use slicecheck::protocol::{Exchange, MultipartBody, Op, Part, Response, Transcript};
use slicecheck::rules::judge;
use slicecheck::scenario::scenarios;

const REQUESTS: [usize; 4] = [500, 1000, 2000, 4000];
/// Without `--bench`, as a test: enough to see that it runs, too little for times to mean anything.
const REQUESTS_OF_A_TEST: [usize; 4] = [10, 20, 40, 80];
const ROUNDS: usize = 3;
const MOST: f64 = 2.0;

fn main() {
    let [a, b, c, d] = requests();
    println!("{:<44} {a:>8} {b:>8} {c:>8} {d:>8}  growth", "µs for one");
    for fields in [1, 100, 990] {
        let what = format!("slice with {fields} more fields, by field");
        row(&what, fields, |number, slice| {
            *slice = with_fields(slice, fields);
            at_offset(slice, number);
        });
    }
    row("slice that is acknowledged, all the same", 1, |_, _| {});
    row("slice that is refused, all the same", 1, |_, slice| {
        slice.response = Response::write(200, &[], r#"{"code":-21095,"message":"SUCCESS"}"#);
    });
    row("slice of another session than the one before", 1, |number, slice| {
        set(slice, "session", &format!("session-{}", number % 7));
        at_offset(slice, number / 7);
    });
    row("slice of one byte, half of them refused", 1, |number, slice| {
        set(slice, "filecontent", "x");
        set(slice, "offset", &number.to_string());
        if number % 2 == 0 {
            slice.response = Response::write(500, &[], "");
        }
    });
    row("list of a hundred parts, or slice", 1, |number, slice| {
        if number % 2 == 0 {
            set(slice, "op", "upload_slice_list");
            let part = |at: usize| format!(r#"{{"datalen":1,"offset":{}}}"#, at * 2);
            let parts: Vec<_> = (0..100).map(part).collect();
            let body = format!(
                r#"{{"code":0,"message":"SUCCESS","data":{{"filesize":2442830,"listparts":[{}],"session":"s","slice_size":1048576}}}}"#,
                parts.join(",")
            );
            slice.response = Response::write(200, &[], &body);
        }
    });
    row("finish, or slice", 1, |number, slice| {
        if number % 2 == 0 {
            set(slice, "op", "upload_slice_finish");
        } else {
            set(slice, "filecontent", "x");
            set(slice, "offset", &(number * 2).to_string());
        }
    });
}

fn requests() -> [usize; 4] {
    let is_bench = std::env::args().any(|word| word == "--bench");
    if is_bench { REQUESTS } else { REQUESTS_OF_A_TEST }
}

/// Prints a row, marked if the time for a unit does not stay what it is.
fn row(what: &str, units: usize, change: impl Fn(usize, &mut Exchange)) {
    let requests = requests();
    let transcript = conversation(requests[requests.len() - 1], change);
    let each = requests.map(|count| {
        let mut part = transcript.clone();
        part.exchanges.truncate(count);
        let rounds = (0..ROUNDS).map(|_| time(&part));
        let fastest = rounds.min().unwrap_or_default();
        let units = u32::try_from(count * units).unwrap_or(u32::MAX);
        fastest.as_secs_f64() * 1e6 / f64::from(units)
    });
    let growth = each[each.len() - 1] / each[0];
    let times = each.map(|time| format!("{time:>8.2}")).join(" ");
    let mark = if growth > MOST { "  grows too much" } else { "" };
    println!("{what:<44} {times}  {growth:>6.2}{mark}");
}

fn time(transcript: &Transcript) -> Duration {
    let begin = Instant::now();
    black_box(judge(transcript));
    begin.elapsed()
}

/// A conversation of an init and many slices of a few bytes, each changed by its number.
fn conversation(count: usize, change: impl Fn(usize, &mut Exchange)) -> Transcript {
    let scenario = scenarios().find(|scenario| scenario.id == "happy/last-slice-short");
    let mut transcript = scenario.expect("the scenario exists").simulate(1);
    let (at, slice) = transcript.of(&Op::Data).next().expect("it has slices");
    let mut slice = slice.clone();
    set(&mut slice, "filecontent", "short");
    let many = (0..count).map(|number| {
        let mut one = slice.clone();
        let start = slice.started + Duration::from_micros(number as u64 * 10);
        (one.started, one.answered) = (start, start + Duration::from_micros(5));
        change(number, &mut one);
        one
    });
    let many: Vec<_> = many.collect();
    transcript.exchanges.truncate(at);
    transcript.exchanges.extend(many);
    transcript
}

fn with_fields(slice: &Exchange, fields: usize) -> Exchange {
    let mut slice = slice.clone();
    edit(&mut slice, |form| {
        for number in 0..fields {
            form.push(Part::new(&format!("field{number}"), "value"));
        }
    });
    slice
}

fn at_offset(slice: &mut Exchange, number: usize) {
    set(slice, "offset", &(number * 5).to_string());
}

fn set(slice: &mut Exchange, name: &str, value: &str) {
    edit(slice, |form| form.set(name, value.to_owned()).unwrap_or_default());
}

fn edit(slice: &mut Exchange, change: impl FnOnce(&mut MultipartBody)) {
    let edited = slice.request.edit(|form| {
        change(form);
        Some(())
    });
    edited.expect("a slice is a form");
}
