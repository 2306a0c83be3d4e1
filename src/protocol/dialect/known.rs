use super::{Dialect, Filename, JsonStyle, Order, PartStyle};
use crate::protocol::auth::FieldOrder;
use crate::protocol::op::Op;
use crate::protocol::path::Escaping;

const HEX: &str = "0123456789abcdef";
const OCTET_STREAM: (&str, &str) = ("Content-Type", "application/octet-stream");
/// Nothing but a disposition with a name.
const BARE: PartStyle =
    PartStyle { filename: Filename::Absent, headers: &[], content_length: false };
const COMPACT: JsonStyle = JsonStyle { keys: ["offset", "datalen", "datasha"], spaced: false };
const FILE_CONTENT: &[(Op, &str, &str)] =
    &[(Op::Upload, "filecontent", "fileContent"), (Op::Data, "filecontent", "fileContent")];

/// The table of [SDK §9.1], column by column, and two older generations.
impl Dialect {
    /// The plainest form, in the order of the pages' tables [DOC17 6067]; the reference client speaks it.
    pub const REFERENCE: Self = Self {
        name: "reference",
        boundary: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        alphabet: HEX,
        preamble: "",
        text: BARE,
        file: BARE,
        slice: BARE,
        order: Order {
            upload: &["op", "filecontent", "sha", "biz_attr", "insertOnly"],
            init: &["op", "filesize", "slice_size", "sha", "uploadparts", "biz_attr", "insertOnly"],
            init_with_sha: None,
            data: &["op", "session", "offset", "filecontent", "sha"],
            list: &["op"],
            finish: &["op", "session", "filesize", "sha"],
        },
        renamed: &[],
        sliced_op: None,
        json: COMPACT,
        escaping: Escaping::UNRESERVED,
        json_list: false,
        sign_in_query: false,
        signature: FieldOrder::Documented,
        bound: false,
        user_agent: Some(concat!("slicecheck/", env!("CARGO_PKG_VERSION"))),
        expects_continue: false,
    };

    /// cos-python-sdk-v4 on requests and Python 2.7, whose dictionaries order the fields [SDK §9.1].
    pub const PYTHON: Self = Self {
        name: "python",
        text: PartStyle { filename: Filename::Field, ..BARE },
        file: PartStyle { filename: Filename::Field, ..BARE },
        slice: PartStyle { filename: Filename::Field, ..BARE },
        order: Order {
            upload: &["insertOnly", "sha", "biz_attr", "filecontent", "op"],
            init: &["slice_size", "insertOnly", "biz_attr", "filesize", "op"],
            init_with_sha: Some(&[
                "slice_size",
                "biz_attr",
                "uploadparts",
                "sha",
                "filesize",
                "insertOnly",
                "op",
            ]),
            data: &["sha", "offset", "session", "filecontent", "op"],
            list: &[],
            finish: &["session", "filesize", "op", "sha"],
        },
        json: JsonStyle { keys: ["datalen", "datasha", "offset"], spaced: true },
        signature: FieldOrder::Sdk,
        bound: true,
        user_agent: Some("cos-python-sdk-v4"),
        ..Self::REFERENCE
    };

    /// cos-java-sdk-v4 4.7 on httpmime in strict mode [SDK §9.1].
    pub const JAVA: Self = Self {
        name: "java",
        // httpmime draws 30 to 40 of them; any of these lengths will do.
        boundary: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        alphabet: "-_1234567890abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        text: PartStyle {
            headers: &[
                ("Content-Type", "text/plain; charset=UTF-8"),
                ("Content-Transfer-Encoding", "8bit"),
            ],
            ..BARE
        },
        file: JAVA_CONTENT,
        slice: JAVA_CONTENT,
        order: Order {
            upload: &["op", "sha", "biz_attr", "filecontent", "insertOnly"],
            init: &["filesize", "slice_size", "op", "insertOnly", "biz_attr", "sha", "uploadparts"],
            init_with_sha: None,
            data: &["op", "sha", "session", "offset", "filecontent"],
            list: &["op"],
            finish: &["session", "op", "sha", "filesize"],
        },
        renamed: FILE_CONTENT,
        json: JsonStyle { keys: ["offset", "datasha", "datalen"], spaced: false },
        escaping: Escaping::JAVA,
        json_list: true,
        signature: FieldOrder::Sdk,
        bound: true,
        user_agent: Some("cos-java-sdk-v4.7"),
        ..Self::REFERENCE
    };

    /// cos-php-sdk-v4 4.3.11 on curl [SDK §9.1].
    pub const PHP: Self = Self {
        name: "php",
        boundary: "---------------------xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        order: Order {
            upload: &["op", "sha", "biz_attr", "filecontent", "insertOnly"],
            init: &["op", "filesize", "slice_size", "insertOnly", "biz_attr"],
            init_with_sha: None,
            // No page has datamd5; this SDK alone sends it [§2.3].
            data: &["op", "session", "offset", "filecontent", "datamd5"],
            list: &[],
            finish: &["op", "session", "filesize"],
        },
        user_agent: Some("cos-php-sdk-v4.3.11"),
        expects_continue: true,
        ..Self::REFERENCE
    };

    /// The PHP SDK of the 2016 pages, on an older curl `[DOC16]`.
    pub const PHP_2016: Self = Self {
        name: "php-2016",
        boundary: "----------------------------xxxxxxxxxxxx",
        file: PartStyle { filename: Filename::Path, headers: &[OCTET_STREAM], ..BARE },
        order: Order {
            upload: &["op", "sha", "biz_attr", "filecontent"],
            init: &["op", "filesize", "slice_size"],
            init_with_sha: None,
            data: &["op", "session", "offset", "filecontent"],
            list: &["op"],
            finish: &["op", "session", "filesize"],
        },
        signature: FieldOrder::Sdk,
        user_agent: None,
        ..Self::PHP
    };

    /// cos-cpp-sdk-v4 on libcurl's `curl_formadd`; a sorted map orders the fields [SDK §9.1].
    pub const CPP: Self = Self {
        name: "cpp",
        boundary: "------------------------xxxxxxxxxxxxxxxx",
        file: CPP_CONTENT,
        slice: CPP_CONTENT,
        order: Order {
            upload: &["biz_attr", "insertOnly", "op", "sha", "filecontent"],
            init: &["biz_attr", "filesize", "insertOnly", "op", "sha", "slice_size", "uploadparts"],
            init_with_sha: None,
            data: &["offset", "op", "session", "sha", "filecontent"],
            list: &["op"],
            finish: &["filesize", "op", "session", "sha"],
        },
        signature: FieldOrder::Sdk,
        user_agent: None,
        expects_continue: true,
        ..Self::REFERENCE
    };

    /// cos-js-sdk-v4 1.2.1 in a browser [SDK §9.1].
    pub const JAVASCRIPT: Self = Self {
        name: "javascript",
        boundary: "----WebKitFormBoundaryxxxxxxxxxxxxxxxx",
        alphabet: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        file: JAVASCRIPT_CONTENT,
        slice: JAVASCRIPT_CONTENT,
        order: Order {
            upload: &["op", "filecontent", "insertOnly"],
            init: &["uploadparts", "sha", "op", "filesize", "slice_size", "biz_attr", "insertOnly"],
            init_with_sha: None,
            // The service ignores sliceSize, which no page has [§2.3].
            data: &["sliceSize", "op", "session", "offset", "sha", "filecontent"],
            list: &["op"],
            finish: &["sha", "op", "filesize", "session"],
        },
        renamed: FILE_CONTENT,
        escaping: Escaping::JAVASCRIPT,
        sign_in_query: true,
        signature: FieldOrder::Sdk,
        user_agent: None,
        ..Self::REFERENCE
    };

    /// cos-donet-sdk-v4 4.2.1, whose forms begin with a line end [SDK Request.cs:66].
    pub const DOTNET: Self = Self {
        name: "dotnet",
        boundary: "---------------xxxxxxxxxxxxxxx",
        preamble: "\r\n",
        file: DOTNET_CONTENT,
        slice: DOTNET_CONTENT,
        order: Order {
            upload: &["op", "sha", "biz_attr", "insertOnly", "filecontent"],
            init: &["op", "filesize", "sha", "biz_attr", "slice_size", "insertOnly", "uploadparts"],
            init_with_sha: None,
            data: &["op", "session", "offset", "sha", "filecontent"],
            list: &["op"],
            finish: &["op", "session", "filesize", "sha"],
        },
        renamed: &[
            (Op::Upload, "filecontent", "fileContent"),
            (Op::Data, "filecontent", "fileContent"),
            (Op::Finish, "filesize", "fileSize"),
        ],
        escaping: Escaping::DOTNET,
        signature: FieldOrder::Sdk,
        user_agent: Some("cos-dotnet-sdk-v4.2.1"),
        ..Self::REFERENCE
    };

    /// The .NET SDK of the predecessor API `[V1]`.
    pub const DOTNET_V1: Self = Self {
        name: "dotnet-v1",
        order: Order {
            upload: &[],
            init: &["op", "sha", "filesize", "slice_size", "biz_attr", "insertOnly"],
            init_with_sha: None,
            data: &["op", "session", "offset", "filecontent"],
            list: &[],
            finish: &[],
        },
        renamed: &[],
        sliced_op: Some("upload_slice"),
        user_agent: None,
        ..Self::DOTNET
    };

    /// npm's `qcloud_cos_v4` 1.0.5 on formstream; it slices as the predecessor API did [SDK §9.1].
    pub const NODE: Self = Self {
        name: "node",
        boundary: "--------------------------xxxxxxxxxxxxxxxxxxxxxxxx",
        alphabet: "0123456789",
        file: PartStyle { filename: Filename::Base, headers: &[OCTET_STREAM], ..BARE },
        slice: PartStyle { filename: Filename::Path, headers: &[OCTET_STREAM], ..BARE },
        order: Order {
            upload: &["op", "sha", "biz_attr", "insertOnly", "filecontent"],
            init: &["op", "sha", "filesize", "biz_attr", "slice_size", "session", "insertOnly"],
            init_with_sha: None,
            data: &["op", "session", "offset", "insertOnly", "filecontent"],
            list: &[],
            finish: &[],
        },
        sliced_op: Some("upload_slice"),
        escaping: Escaping::JAVASCRIPT,
        signature: FieldOrder::Sdk,
        user_agent: Some("cos-node-sdk-1.0.5"),
        ..Self::REFERENCE
    };

    /// cos-android-sdk 4.1.4.3.19 on okhttp, which sizes every part; how it escapes is not on record
    /// [WIRE §9.1].
    pub const ANDROID: Self = Self {
        name: "android",
        boundary: "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
        text: PartStyle { content_length: true, ..BARE },
        slice: ANDROID_CONTENT,
        order: Order {
            upload: &[],
            init: &[
                "op",
                "sha",
                "biz_attr",
                "insertOnly",
                "slice_size",
                "filesize",
                "uploadparts",
                "x-cos-meta-magic-context",
            ],
            init_with_sha: None,
            data: &["op", "session", "offset", "sha", "filecontent"],
            list: &["op"],
            finish: &["op", "session", "filesize", "sha"],
        },
        signature: FieldOrder::Sdk,
        user_agent: None,
        ..Self::REFERENCE
    };

    /// All of them, the plainest first.
    pub const ALL: [Self; 11] = [
        Self::REFERENCE,
        Self::PYTHON,
        Self::JAVA,
        Self::PHP,
        Self::PHP_2016,
        Self::CPP,
        Self::JAVASCRIPT,
        Self::DOTNET,
        Self::DOTNET_V1,
        Self::NODE,
        Self::ANDROID,
    ];
}

const JAVA_CONTENT: PartStyle =
    PartStyle { headers: &[OCTET_STREAM, ("Content-Transfer-Encoding", "binary")], ..BARE };
const CPP_CONTENT: PartStyle =
    PartStyle { filename: Filename::Fixed("data"), headers: &[OCTET_STREAM], ..BARE };
const JAVASCRIPT_CONTENT: PartStyle =
    PartStyle { filename: Filename::Fixed("blob"), headers: &[OCTET_STREAM], ..BARE };
const DOTNET_CONTENT: PartStyle =
    PartStyle { filename: Filename::Base, headers: &[OCTET_STREAM], ..BARE };
const ANDROID_CONTENT: PartStyle =
    PartStyle { headers: &[("Content-Type", "text/plain")], content_length: true, ..BARE };
