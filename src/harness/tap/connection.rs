use std::ops::ControlFlow;
use std::sync::Arc;

use super::super::unix_now;
use super::inbound::{Arrival, Early, End, Heard, Inbound};
use super::outbound;
use super::recorder::EntryId;
use super::source::Source;
use super::transport::Transport;
use super::{Closing, Shared};
use crate::protocol::{
    Bound, Delivery, Exchange, FailedConnection, Op, Receipt, RequestEnd, RequestReader,
};
use crate::server::Answer;

/// What is kept of bytes after a request that begin no other.
const MAX_EXCESS: usize = 64 << 10;

/// What came over a connection.
pub(super) enum Served<T> {
    /// Not a byte.
    Nothing,
    /// Requests, or what was meant as such.
    Requests,
    /// A request for a tunnel to a host, which was granted: what comes next goes through it.
    Tunnel(T, String),
}

/// What is served over a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Requests to the service.
    Service,
    /// The same, and requests for a tunnel.
    ServiceAndTunnels,
    /// Requests for a tunnel alone.
    Tunnels,
}

/// Serves one connection to its end, or until it becomes a tunnel.
pub(super) async fn serve<T: Transport>(
    shared: Arc<Shared>,
    stream: T,
    number: u32,
    closing: Closing,
    role: Role,
) -> Served<T> {
    stream.send_at_once();
    let inbound = Inbound::new(stream, Arc::clone(&shared), closing);
    let mut connection = Connection { shared, inbound, number, role, previous: None };
    let mut served = Served::Nothing;
    let last = loop {
        let heard = connection.inbound.request().await;
        connection.blame_empty_lines();
        let next = match heard {
            Heard::Nothing => return served,
            Heard::TooMuch => ControlFlow::Break(Last::Reset),
            Heard::Excess => connection.excess().await,
            Heard::Arrival(arrival) => connection.arrival(*arrival).await,
        };
        served = Served::Requests;
        if let ControlFlow::Break(last) = next {
            break last;
        }
    };
    match last {
        Last::Reset => connection.inbound.source.stream.reset(),
        Last::Unread => outbound::close_unread(connection.inbound.source.stream).await,
        Last::Close => connection.close().await,
        Last::Cut => {
            outbound::cut(connection.inbound.source.stream).await;
        }
        Last::Tunnel(host) => return Served::Tunnel(connection.inbound.source.stream, host),
    }
    served
}

/// How a connection is ended.
enum Last {
    Reset,
    /// With bytes of the client that nobody reads.
    Unread,
    Close,
    /// As if it broke off.
    Cut,
    /// Not at all: it goes on as a tunnel to a host.
    Tunnel(String),
}

struct Connection<T> {
    shared: Arc<Shared>,
    inbound: Inbound<T>,
    number: u32,
    role: Role,
    /// The exchange that bytes belong to that begin no request.
    previous: Option<EntryId>,
}

impl<T: Transport> Connection<T> {
    /// Line ends after a body belong to the request before, which did not count them.
    fn blame_empty_lines(&mut self) {
        let lines = self.inbound.source.reader.take_empty_lines();
        if let Some(previous) = self.previous
            && !lines.is_empty()
        {
            self.shared.recorder.exceed(previous, &lines);
        }
    }

    async fn arrival(&mut self, arrival: Arrival) -> ControlFlow<Last> {
        const BROKEN: &str = "the request ends before it is complete";
        if self.role == Role::Tunnels && arrival.request.method() != "CONNECT" {
            self.shared.recorder.fail_connection(FailedConnection::PlainUnexpected);
            let response = outbound::refusal(400, -5999, "the service is reached over TLS alone");
            outbound::send(&mut self.inbound.source.stream, response.raw()).await;
            return ControlFlow::Break(Last::Close);
        }
        if let Some(early) = &arrival.early {
            return self.answered_early(&arrival, early);
        }
        let refusal = match arrival.end {
            End::Read(RequestEnd::Whole) => return self.whole(arrival).await,
            End::Read(RequestEnd::LongHead) => {
                let bound = outbound::refusal(431, -5999, "the head exceeds 64 KiB");
                (bound, Receipt::Refused(Bound::Head), Delivery::Whole)
            }
            End::Read(RequestEnd::LongBody) => {
                let bound = outbound::refusal(413, -5999, "the body exceeds 64 MiB");
                (bound, Receipt::Refused(Bound::Body), Delivery::Whole)
            }
            End::Read(RequestEnd::Unframed) => {
                let detail = "it cannot be told where the body ends";
                (outbound::refusal(400, -5999, detail), Receipt::Whole, Delivery::Whole)
            }
            End::Stalled => {
                (outbound::refusal(400, -5963, BROKEN), Receipt::Stalled, Delivery::Whole)
            }
            End::Stopped => {
                (outbound::refusal(400, -5963, BROKEN), Receipt::Aborted, Delivery::Whole)
            }
            End::Gone => (outbound::refusal(400, -5963, BROKEN), Receipt::Aborted, Delivery::Reset),
        };
        let (response, receipt, delivery) = refusal;
        let response = outbound::dress(&response, &arrival.request, false);
        let Some(place) =
            self.record(&arrival, receipt, &Answer::new(response.clone(), delivery), unix_now())
        else {
            return ControlFlow::Break(Last::Reset);
        };
        let method = arrival.request.method();
        let delivery =
            outbound::deliver(&mut self.inbound.source.stream, &response, delivery, method).await;
        self.shared.recorder.delivered(place, delivery);
        // What follows is the rest of this request, not something after it.
        self.previous = None;
        ControlFlow::Break(Last::Close)
    }

    /// Keeps a request that was answered before its body came. A client that has the answer need not
    /// send the rest (RFC 9110 §10.1.1).
    fn answered_early(&mut self, arrival: &Arrival, early: &Early) -> ControlFlow<Last> {
        let whole = arrival.end == End::Read(RequestEnd::Whole);
        let receipt = if whole { Receipt::Whole } else { Receipt::Aborted };
        let place = self.record(arrival, receipt, &early.answer, early.clock);
        // After a part of the body, what comes next is the rest of it.
        self.previous = place.filter(|_| whole);
        match early.answer.delivery {
            Delivery::EarlyReset => return ControlFlow::Break(Last::Reset),
            Delivery::EarlyClosed => return ControlFlow::Break(Last::Unread),
            _ => {}
        }
        end_if(!whole || place.is_none() || outbound::is_last(&arrival.request))
    }

    /// Takes a whole request to wiremock and does with the answer what the server decided.
    async fn whole(&mut self, arrival: Arrival) -> ControlFlow<Last> {
        let request = &arrival.request;
        if request.op() == Some(&Op::Finish) {
            self.shared.recorder.begin_finish();
        }
        // Preflights and tunnels are no exchanges: what comes after one belongs to none.
        self.previous = None;
        match request.method() {
            "OPTIONS" => {
                // Browsers send it, not the client [§1.4]: there is nothing to judge.
                let reply = outbound::preflight(request);
                let sent = outbound::send(&mut self.inbound.source.stream, reply.as_bytes()).await;
                return end_if(!sent || outbound::is_last(request));
            }
            "CONNECT" => return self.tunnel(request.target()).await,
            _ => {}
        }
        let shared = Arc::clone(&self.shared);
        let mut wiremock = shared.wiremock.lock().await;
        let clock = unix_now();
        let mut answer = match wiremock.ask(request, clock).await {
            Ok(answer) => answer,
            Err(error) => {
                shared.recorder.fail(error);
                return ControlFlow::Break(Last::Reset);
            }
        };
        let closes = outbound::is_last(request);
        let is_literal = answer.delivery == Delivery::Literal;
        // What has no length ends with its connection, but for what has no body (RFC 9112 §6.3).
        let is_endless = match answer.response.head().get("content-length") {
            _ if is_literal => !answer.response.is_well_framed(),
            None => answer.response.status() != 204,
            Some(_) => false,
        };
        let last = closes || is_endless;
        if !is_literal {
            answer.response = outbound::dress(&answer.response, request, closes);
        }
        // What has come by now was sent before this reply could be known. It has to have its time before
        // the reply gets one.
        self.inbound.source.take_early();
        let place = self.record(&arrival, Receipt::Whole, &answer, clock);
        let Answer { response, delivery, .. } = answer;
        // A reply that is slow or held back keeps nobody else waiting.
        drop(wiremock);
        let Some(place) = place else { return ControlFlow::Break(Last::Reset) };
        self.previous = Some(place);
        match delivery {
            Delivery::Held => shared.recorder.hold(place).await,
            Delivery::HeldUntilFinish => shared.recorder.hold_until_finish(place).await,
            Delivery::Ahead => shared.recorder.go_ahead(),
            _ => shared.recorder.give_way(place).await,
        }
        if delivery == Delivery::Unanswered {
            self.leave_unanswered(place).await;
            return ControlFlow::Break(Last::Reset);
        }
        let method = request.method();
        let stream = &mut self.inbound.source.stream;
        if arrival.owes_continue && !outbound::send(stream, outbound::CONTINUE).await {
            self.shared.recorder.delivered(place, Delivery::Reset);
            return ControlFlow::Break(Last::Reset);
        }
        let delivery = outbound::deliver(stream, &response, delivery, method).await;
        self.shared.recorder.delivered(place, delivery);
        match delivery {
            Delivery::Reset
            | Delivery::Unanswered
            | Delivery::ResetWithin(_)
            | Delivery::ResetAfter => ControlFlow::Break(Last::Reset),
            Delivery::Truncated(_) | Delivery::CutHead(_) => ControlFlow::Break(Last::Cut),
            Delivery::ClosedAfter
            | Delivery::Overstated(_)
            | Delivery::Understated(_)
            | Delivery::WithoutLastChunk
            | Delivery::UntilClose => ControlFlow::Break(Last::Close),
            Delivery::Head(form) => end_if(last || form.ends_connection()),
            Delivery::Whole
            | Delivery::Chunked
            | Delivery::ChunkedTrailers
            | Delivery::ChunkedCase
            | Delivery::Dribbled
            | Delivery::Segmented
            | Delivery::Gzipped
            | Delivery::Interim
            | Delivery::Interims
            | Delivery::Early
            | Delivery::EarlyClosed
            | Delivery::EarlyReset
            | Delivery::ContinueLate
            | Delivery::ContinueNever
            | Delivery::Literal
            | Delivery::Held
            | Delivery::HeldUntilFinish
            | Delivery::Ahead => end_if(last),
        }
    }

    /// Says nothing until the client ends the connection; it is told of if it waits too long.
    async fn leave_unanswered(&mut self, place: EntryId) {
        let (source, shared) = (&mut self.inbound.source, &self.shared);
        let is_given_up = tokio::time::timeout(shared.patience, source.ignore()).await.is_ok();
        if !is_given_up {
            shared.recorder.wait_out(place);
            source.ignore().await;
        }
    }

    /// Grants a tunnel to `host:port`, or refuses it. Who does not wait for the answer gets none: what it
    /// has sent by then would be lost in the tunnel.
    async fn tunnel(&mut self, target: &str) -> ControlFlow<Last> {
        let Source { stream, reader, .. } = &mut self.inbound.source;
        let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
        if self.role != Role::Service && reader.buffer.is_empty() {
            let is_granted = outbound::send(stream, outbound::TUNNEL).await;
            let tunnel = || Last::Tunnel(host.to_owned());
            return ControlFlow::Break(if is_granted { tunnel() } else { Last::Close });
        }
        self.shared.recorder.fail_connection(FailedConnection::TunnelUnexpected);
        let response = outbound::refusal(405, -5996, "this proxy makes no tunnels");
        outbound::send(stream, response.raw()).await;
        ControlFlow::Break(Last::Close)
    }

    /// Refuses bytes that begin no request.
    async fn excess(&mut self) -> ControlFlow<Last> {
        let response = outbound::refusal(400, -5999, "bytes after the body that begin no request");
        outbound::send(&mut self.inbound.source.stream, response.raw()).await;
        ControlFlow::Break(Last::Close)
    }

    /// Closes the connection; what still comes may belong to the last request.
    async fn close(self) {
        let Self { shared, inbound, previous, .. } = self;
        let Source { stream, reader, .. } = inbound.source;
        let mut buffer = reader.buffer;
        buffer.extend_from_slice(&outbound::close(stream).await);
        buffer.truncate(MAX_EXCESS);
        // The client may have sent another request before it knew that this connection ends.
        let end = RequestReader::excess(&buffer);
        if let Some(previous) = previous
            && end > 0
        {
            shared.recorder.exceed(previous, &buffer[..end]);
        }
    }

    fn record(
        &self,
        arrival: &Arrival,
        receipt: Receipt,
        answer: &Answer,
        clock: u64,
    ) -> Option<EntryId> {
        let (recorder, early) = (&self.shared.recorder, arrival.early.as_ref());
        let exchange = Exchange {
            request: arrival.request.clone(),
            receipt,
            response: answer.response.clone(),
            delivery: answer.delivery,
            connection: self.number,
            started: arrival.started,
            answered: match (early, receipt) {
                (Some(early), _) => early.answered,
                // It hears no answer; from its last bytes on, it was silent.
                (None, Receipt::Aborted) => arrival.heard,
                // Before the first byte of it goes out: no client can react to it any earlier.
                (None, _) => recorder.now(),
            },
            clock,
        };
        recorder.record(exchange, &answer.deviations)
    }
}

fn end_if(last: bool) -> ControlFlow<Last> {
    if last { ControlFlow::Break(Last::Close) } else { ControlFlow::Continue(()) }
}
