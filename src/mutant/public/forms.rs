use crate::client::{ClientPolicy, InitPolicy, Task};
use crate::mutant::planted::{Planted, plant, replace, with_field, with_target};
use crate::mutant::{INIT, edited, edits_form, edits_head, init};
use crate::protocol::{Dialect, percent_decode};

/// A client that writes this filename as it is.
macro_rules! filename {
    ($name:expr) => {
        edited(|outgoing| {
            replace(
                outgoing,
                "name=\"filecontent\"",
                concat!("name=\"filecontent\"; filename=\"", $name, "\""),
            )
        })
    };
}

pub(super) const PLANTED: &[Planted] = &[
    plant(
        "public/axios-no-boundary",
        "axios/axios#4630",
        "Content-Type is multipart/form-data without a boundary",
        &["form/boundary"],
        edits_head!(_, |head| with_field(head, "content-type", |_| {
            "Content-Type: multipart/form-data".to_owned()
        })),
    ),
    plant(
        "public/axios-no-semicolon",
        "axios/axios#6121",
        "the semicolon before the boundary is missing in Content-Type",
        &["form/boundary"],
        edits_head!(_, |head| with_field(head, "content-type", |line| line.replace("; ", " "))),
    ),
    plant(
        "public/openapi-go-no-boundary",
        "OpenAPITools/openapi-generator#2772",
        "the generated client leaves the boundary out of the requests that carry a file",
        &["form/boundary"],
        edits_head!(Task::Data(_), |head| with_field(head, "content-type", |_| {
            "Content-Type: multipart/form-data".to_owned()
        })),
    ),
    plant(
        "public/dotnet-quoted-boundary",
        "dotnet/runtime#98089",
        "the boundary is in quotes, which strict receivers refuse",
        &["form/boundary-unquoted"],
        edits_head!(_, |head| with_field(head, "content-type", |line| {
            format!("{}\"", line.replace("boundary=", "boundary=\""))
        })),
    ),
    plant(
        "public/dotnet-unquoted-name",
        "dotnet/corefx#26886",
        "names in Content-Disposition are not quoted",
        &["form/quoted-parameters"],
        edited(|outgoing| replace(outgoing, "name=\"session\"", "name=session")),
    ),
    plant(
        "public/go-boundary-token",
        "golang/go#26532",
        "a boundary with parentheses is not quoted in Content-Type",
        &["form/boundary-token"],
        ClientPolicy::REFERENCE
            .speaking(Dialect { boundary: "(xxxxxxxxxxxx)", ..Dialect::REFERENCE }),
    ),
    plant(
        "public/form-data-crlf",
        "form-data/form-data#610",
        "a line end in a filename is not escaped: what follows it is a header of the part",
        &["form/parameter-quotes"],
        filename!("ok.txt\r\nX-Injected: 1"),
    ),
    plant(
        "public/form-data-quote",
        "form-data/form-data#546",
        "a quote in a filename is not escaped, so that a second name can follow it",
        &["form/parameters-once"],
        filename!("a.sh\"; name=\"op\"; x=\".txt"),
    ),
    plant(
        "public/httplib-quote",
        "yhirose/cpp-httplib#2478",
        "quotes in a filename are written as they are",
        &["form/parameter-quotes"],
        filename!("the \"big\" one"),
    ),
    plant(
        "public/ruby-lf",
        "ruby/net-http#195",
        "a filename is written with the LF that is in it",
        &["form/parameter-line-ends"],
        filename!("a\nb"),
    ),
    plant(
        "public/guzzle-part-length",
        "guzzle/guzzle#2010",
        "each part has a Content-Length, which RFC 7578 does not have there",
        &["form/part-headers"],
        edits_form!(_, |form| {
            let part = form.part_mut("op")?;
            let length = part.content().len();
            part.set_header("Content-Length", length.to_string());
            Some(())
        }),
    ),
    plant(
        "public/toolbelt-cut-part",
        "requests/toolbelt#8",
        "what is read from a stream ends early, and the closing delimiter lacks line end and boundary",
        &["form/closing-delimiter"],
        edited(|outgoing| {
            matches!(outgoing.task, Task::Data(_)).then(|| {
                outgoing.request.edit_body(|body| {
                    let kept = body.len().saturating_sub(64);
                    [body.get(..kept).unwrap_or_default(), b"--\r\n"].concat()
                });
            })
        }),
    ),
    plant(
        "public/toolbelt-added-bytes",
        "requests/toolbelt#17",
        "a piece of the boundary is added to the end of the file",
        &["data/length", "data/in-file", "data/no-overlap"],
        edits_form!(Task::Data(_), |form| {
            let content = form.part_mut("filecontent")?.content().clone();
            form.set("filecontent", [&content, &b"\r\n--0451"[..]].concat())
        }),
    ),
    plant(
        "public/curl-postfieldsize",
        "curl/curl#2889",
        "the size of the file is taken for that of the form: the end of the form is not sent",
        &["form/closing-delimiter"],
        edited(|outgoing| {
            let content = outgoing.request.value("filecontent")?.content.len();
            outgoing.request.edit_body(|body| body.get(..content).unwrap_or(body).to_vec());
            Some(())
        }),
    ),
    plant(
        "public/okhttp-names",
        "pengrad/java-telegram-bot-api#169",
        "a key with letters beyond ASCII ends in an exception before anything is sent",
        &["outcome/completes"],
        init(InitPolicy { refuses: |job| !job.path.key.is_ascii(), ..INIT }),
    ),
    plant(
        "public/httpclient-question-marks",
        "OpenAPITools/openapi-generator#11796",
        "letters beyond ASCII are sent as question marks",
        &["request/path-object"],
        edits_head!(_, |head| with_target(head, |target| {
            let key = percent_decode(target).unwrap_or_default();
            if key.is_ascii() {
                return target.to_owned();
            }
            key.chars()
                .map(|letter| match letter {
                    letter if letter.is_ascii_alphanumeric() || "/-_.".contains(letter) => {
                        letter.to_string()
                    }
                    _ => "%3F".to_owned(),
                })
                .collect()
        })),
    ),
    plant(
        "public/alpakka-plus",
        "akka/alpakka#838",
        "a plus in the key is taken for a space",
        &["request/path-object"],
        edits_head!(_, |head| with_target(head, |target| {
            target.replace("%2B", "%20").replace('+', "%20")
        })),
    ),
    plant(
        "public/aws-php-percent",
        "aws/aws-sdk-php#45",
        "a percent sign of the key that looks like an escape is not escaped",
        &["request/path-object"],
        edits_head!(_, |head| with_target(head, |target| target.replace("%25", "%"))),
    ),
    plant(
        "public/android-key-escaped-twice",
        "awslabs/aws-sdk-android-samples#258",
        "the key is escaped twice: a percent sign before each escape is escaped again",
        &["request/path-object"],
        edits_head!(_, |head| with_target(head, |target| target.replace('%', "%25"))),
    ),
];
