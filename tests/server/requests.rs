//! What tests say to a server, and what it holds to say in return.

use bytes::Bytes;
use slicecheck::protocol::{
    Credentials, Dialect, Fields, FileView, ListData, ObjectPath, ReplyContent, Request,
    RequestBuilder, ResponseEnvelope, SessionData,
};
use slicecheck::scenario::SIMULATION_CLOCK;
use slicecheck::server::{Behaviour, Fault, Server};

pub(crate) const SLICE: u64 = 1024;

pub(crate) fn path(key: &str) -> ObjectPath {
    ObjectPath { appid: "1".to_owned(), bucket: "b".to_owned(), key: key.to_owned() }
}

pub(crate) fn request(key: &str, fields: &Fields) -> Request {
    let credentials = Credentials { secret_id: "id".to_owned(), secret_key: "key".to_owned() };
    let builder = RequestBuilder {
        dialect: &Dialect::REFERENCE,
        path: &path(key),
        credentials: &credentials,
        host: "h",
        local_file: "f",
        begins: SIMULATION_CLOCK,
        ends: SIMULATION_CLOCK + 60,
        random: 1,
        seed: 1,
    };
    Request::new(builder.write(fields).to_bytes())
}

pub(crate) fn code(server: &mut Server, key: &str, fields: &Fields) -> i64 {
    let answer = server.answer(&request(key, fields), SIMULATION_CLOCK);
    ResponseEnvelope::<serde_json::Value>::read(answer.response.body()).unwrap().code
}

/// The data of a success.
pub(crate) fn ask<T: ReplyContent>(server: &mut Server, key: &str, fields: &Fields) -> T {
    let answer = server.answer(&request(key, fields), SIMULATION_CLOCK);
    ResponseEnvelope::read(answer.response.body()).unwrap().data.unwrap()
}

pub(crate) fn begin(server: &mut Server, key: &str, size: u64) -> String {
    begin_with(server, key, &Fields::init(size, SLICE))
}

pub(crate) fn begin_with(server: &mut Server, key: &str, init: &Fields) -> String {
    ask::<SessionData>(server, key, init).session
}

pub(crate) fn listed(server: &mut Server, key: &str) -> Vec<(u64, u64)> {
    let list = ask::<ListData>(server, key, &Fields::list());
    list.listparts.iter().map(|part| (part.offset, part.datalen)).collect()
}

pub(crate) fn file(content: &[u8]) -> FileView {
    FileView::from(Bytes::copy_from_slice(content))
}

pub(crate) fn with_faults(faults: impl Into<Vec<Fault>>) -> Server {
    Server::new(Behaviour { faults: faults.into(), ..Behaviour::default() }, "seed")
}

/// The head of a request in HTTP/1.1, edited.
pub(crate) fn headed(fields: &Fields, change: impl FnOnce(&str) -> String) -> Request {
    let mut request = request("/a", fields);
    request.edit_head(change);
    request
}

pub(crate) fn expecting(fields: &Fields) -> Request {
    headed(fields, |head| head.replacen("Host:", "Expect: 100-continue\r\nHost:", 1))
}

pub(crate) fn in_http_10(request: &Request) -> Request {
    let mut request = request.clone();
    request.edit_head(|head| head.replacen("HTTP/1.1", "HTTP/1.0", 1));
    request
}
