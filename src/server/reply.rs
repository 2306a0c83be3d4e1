use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::Server;
use crate::protocol::{Codes, ObjectPath, Response, ResponseEnvelope, StoredData, md5_hex};

impl Server {
    /// Base64 of unix time, address and two numbers, as the service makes them [CALC §1.5].
    pub(super) fn request_id(&self, clock: u64) -> String {
        // Eight hex digits, as in each captured id [CALC §1.5]; a test
        // may set the clock beyond that.
        let time = clock & 0xffff_ffff;
        STANDARD.encode(format!("{time:08x}_7f000001_{:04x}_{:06x}", 0x484d, self.requests))
    }
}

/// The reply that refuses a request.
pub(super) fn refusal(status: u16, code: i64, request_id: &str) -> Response {
    envelope(status, code, Codes::message(code), request_id, None::<()>)
}

pub(super) fn envelope<T: Serialize>(
    status: u16,
    code: i64,
    message: &str,
    request_id: &str,
    data: Option<T>,
) -> Response {
    let body = ResponseEnvelope {
        code,
        message: message.to_owned(),
        request_id: Some(request_id.to_owned()),
        data,
    };
    write(status, request_id, &body.write())
}

/// A response with the service's own header fields.
pub(super) fn write(status: u16, request_id: &str, body: &str) -> Response {
    let fields = [
        ("Content-Type", "application/json; charset=utf-8".to_owned()),
        ("Server", "tencent-cos".to_owned()),
        ("x-cos-request-id", request_id.to_owned()),
    ];
    Response::write(status, &fields, body)
}

/// A response with the service's own header fields, and a body that need not be text.
pub(super) fn literal_body(body: &[u8], request_id: &str) -> Response {
    // By way of an empty reply, as a response is written from text, and this may be any bytes.
    let empty = write(200, request_id, "");
    let head = String::from_utf8_lossy(empty.raw());
    let length = format!("Content-Length: {}\r\n", body.len());
    let head = head.replacen("Content-Length: 0\r\n", &length, 1);
    Response::new([head.as_bytes(), body].concat().into())
}

pub(super) fn json<T: Serialize>(data: &T) -> serde_json::Value {
    serde_json::to_value(data).expect("reply data has string keys and finite numbers")
}

pub(super) fn stored_data(path: &ObjectPath, clock: u64) -> serde_json::Value {
    let ObjectPath { appid, bucket, .. } = path;
    let fileid = path.fileid();
    // What follows /appid/bucket/, escaped as in the fileid.
    let key = fileid.splitn(4, '/').last().unwrap_or_default();
    json(&StoredData {
        access_url: format!("http://{bucket}-{appid}.file.myqcloud.com/{key}"),
        preview_url: None,
        source_url: format!("http://{bucket}-{appid}.cosgz.myqcloud.com/{key}"),
        url: format!("http://gz.file.myqcloud.com{path}"),
        // 32 hex digits and ten of unix time, as in the samples of 2017 [§2.1].
        vid: Some(format!("{}{:010}", md5_hex(fileid.as_bytes()), clock.min(9_999_999_999))),
        resource_path: fileid,
    })
}
