//! A client that does nearly everything wrong, says much, and claims that all went well.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::process::exit;

use super::Behaviour;
use super::wire::{connect, form, target};

pub(crate) const BEHAVIOURS: &[Behaviour] =
    &[("all-wrong", "breaks as many rules as it can, and claims success", |_| all_wrong())];

/// The boundary of the forms of `wire`.
const MULTIPART: &str = "Content-Type: multipart/form-data; boundary=----hostile\r\n";
const HOST: &str = "Host: gz.file.myqcloud.com\r\n";

fn all_wrong() -> io::Result<()> {
    let (path, long) = (target()?, "x".repeat(5000));
    let signed = |signature: &str| format!("{HOST}{MULTIPART}Authorization: {signature}\r\n");
    let unsigned = format!("{HOST}{MULTIPART}");
    let slice = [("op", "upload_slice_data"), ("session", "none"), ("offset", "7")];
    let slice = |content| form(slice.into_iter().chain([("filecontent", content)]));
    let init = [
        ("op", "upload_slice_init"),
        ("filesize", "12 bytes"),
        ("slice_size", "1MB"),
        ("sha", "0123"),
        ("uploadparts", "{"),
        ("insertOnly", "yes"),
        ("biz_attr", &long),
        ("unknown", ""),
    ];
    let finish = [("op", "upload_slice_finish"), ("filesize", "1"), ("fileSize", "2")];
    let whole = form(slice_of("upload_slice_data"));
    let heads = [
        "X-Note: a\rb\r\nX-Note: a\0b\r\nBad Name : x\r\nX-Long:\r\n more\r\n",
        "Host: other\r\nContent-MD5: bm9uZQ==\r\nExpect: 200-ok\r\nContent-Encoding: gzip\r\nMethod: POST\r\n",
        "Content-Type: text/plain\r\nContent-Type: text/html\r\n",
        "Transfer-Encoding: identity\r\n",
    ];
    let mut requests = vec![
        post(&path, &unsigned, &slice("before init")),
        post(&path, &signed("Bearer none"), &form(init)),
        post(&path, &signed("bm90aGluZyB0aGF0IGlzIGEgc2lnbmF0dXJl"), &form(init)),
        post(&path, &signed(&signature("a=1&b=other&k=none&e=12&t=99&r=x7&f=/a b")), &form(init)),
        post(
            &path,
            &signed(&signature("a=1251668577&b=&k=&e=0&t=9999999999&r=12345678901&f=")),
            &form(finish),
        ),
        post(&path, &unsigned, &slice("")),
        post(&path, &unsigned, &whole.replace("form-data; name=\"op\"", "attachment; name=\"op\"")),
        post(
            &path,
            &unsigned,
            &whole.replace("name=\"op\"", "name=op; filename=\"a\"b\"; name=\"x\""),
        ),
        post(&path, &unsigned, &whole.replace("\r\n\r\n", "\r\n")),
        post(&path, &unsigned, &whole.replace("----hostile--", "----hostile")),
        post(&path, &unsigned, &whole.replace("\r\n", "\n")),
        post(&path, &unsigned, &format!("text before\r\n{whole}text after\r\n")),
        post(&path, &unsigned.replace("; boundary=----hostile", ""), &whole),
        post(&path, &unsigned.replace("; boundary=", "; boundary=b; boundary="), &whole),
        post(&path, MULTIPART, &whole),
        post(&format!("{path}?op=upload_slice_data&x=%zz"), &unsigned, &whole),
        post(&format!("{path}%ff"), &unsigned, &whole),
        post("/files/v1/other", &unsigned, &whole),
        post(&format!("/files/v2/1251668577/examplebucket/{}", &long[..2000]), &unsigned, &whole),
        post(&path, &unsigned, &form(slice_of("UPLOAD_SLICE_LIST"))),
        post(&path, &unsigned, &form(slice_of("upload_slice_list"))),
        post(&path, &unsigned, &form(finish)).replace("Content-Length: ", "Content-Length: 1"),
    ];
    requests.extend(heads.map(|head| post(&path, &format!("{unsigned}{head}"), &whole)));
    let other = requests[0].replacen("POST", "PUT", 1).replacen("HTTP/1.1", "HTTP/1.0", 1);
    requests.push(other);
    for request in requests {
        println!("this goes wrong as well");
        eprintln!("and this\nand that");
        let mut stream = connect()?;
        // Who has heard enough closes, and what comes back is not of interest.
        let _ = stream.write_all(request.as_bytes());
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    }
    exit(0)
}

fn slice_of(op: &str) -> [(&str, &str); 4] {
    [("op", op), ("offset", "0x10"), ("offset", "1,000"), ("filecontent", "other content")]
}

fn post(target: &str, head: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {target} HTTP/1.1\r\n{head}Content-Length: {length}\r\n\r\n{body}")
}

/// Base64 of twenty zero bytes and a text: what has the form of a signature.
fn signature(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    // Spaces at the end make the length a multiple of three: no padding is needed.
    let mut bytes = [&[0; 20], text.as_bytes()].concat();
    bytes.resize(bytes.len().next_multiple_of(3), b' ');
    let digits = bytes.chunks(3).flat_map(|three| {
        let number = three.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(ALPHABET[number >> shift & 63]))
    });
    digits.collect()
}
