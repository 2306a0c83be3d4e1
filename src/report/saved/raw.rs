//! The bytes of a scenario as they came, to be looked at with `zless` or `zcat FILE | xxd`.

use super::mask::Mask;
use super::writing::slice_of;
use crate::protocol::{Delivery, Exchange, FileView};
use crate::report::View;
use crate::results::Played;

/// Requests and replies in the order of the requests, each after a line that says how many bytes follow: what
/// looks like such a line among them is the client's. Of slices stands there which they are.
pub(super) fn write(played: &Played, file: &FileView, view: View) -> Vec<u8> {
    let transcript = &played.transcript;
    let mask = Mask::new(&transcript.job, view);
    let mut out = Vec::new();
    for (index, exchange) in transcript.exchanges.iter().enumerate() {
        let number = index.saturating_add(1);
        request(&mut out, number, exchange, file, &mask);
        let (reply, delivery) = (mask.bytes(exchange.response.raw()), exchange.delivery);
        let how = match delivery {
            Delivery::Whole => String::new(),
            other => format!(", sent like this: {other}"),
        };
        line(&mut out, &format!("reply {number}, {} bytes{how}", reply.len()));
        out.extend(reply);
        out.push(b'\n');
    }
    out
}

fn request(out: &mut Vec<u8>, number: usize, exchange: &Exchange, file: &FileView, mask: &Mask) {
    let (request, connection) = (&exchange.request, exchange.connection);
    let (length, after) = (request.raw().len(), exchange.started.as_millis());
    let place = slice_of(file, request);
    let left_out = place.as_ref().map_or(0, |(place, _)| place.len());
    let bytes = length.saturating_sub(left_out);
    let what =
        format!("request {number}, connection {connection}, after {after} ms, {bytes} bytes");
    match place {
        None => {
            line(out, &what);
            out.extend(mask.request(request, 0..length));
        }
        Some((place, range)) => {
            let (from, to) = (range.start, range.end);
            line(out, &format!("{what} and the file's from {from} to {to}"));
            out.extend(mask.request(request, 0..place.start));
            out.extend(format!("[{left_out} bytes of the file, from {from} on]").bytes());
            out.extend(mask.request(request, place.end..length));
        }
    }
    out.push(b'\n');
}

fn line(out: &mut Vec<u8>, text: &str) {
    out.extend(format!("==== {text}\n").bytes());
}
