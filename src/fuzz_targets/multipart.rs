use bytes::Bytes;
use memchr::memmem;

use crate::protocol::{FormDefectKind, MultipartBody, Part};

/// A name and a content, as any reader may report them.
type Field = (Option<String>, Bytes);

/// The first line is the boundary, the rest is read as a body and, apart from that, cut into the
/// fields of a form that is written and read.
pub fn multipart(input: &[u8]) {
    let end = memchr::memchr(b'\n', input).unwrap_or(input.len());
    let (line, rest) = input.split_at(end);
    let boundary = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
    let rest = rest.strip_prefix(b"\n").unwrap_or(rest);

    reading(&boundary, &Bytes::copy_from_slice(rest));
    writing(&boundary, rest);
}

fn reading(boundary: &str, body: &Bytes) {
    let form = MultipartBody::read(boundary, body);
    places_are_true(&form, body);
    if form.defects().iter().all(|defect| defect.kind.leaves_parts_clear()) {
        multer_agrees(&form, body);
        survives_writing(&form);
    }
}

pub(super) fn places_are_true(form: &MultipartBody, body: &Bytes) {
    let mut end_of_last = 0;
    for part in form.parts() {
        let (span, content) = (part.span(), part.content_span());
        let ordered = end_of_last <= span.start
            && span.start <= content.start
            && content.start <= content.end
            && content.end <= span.end
            && span.end <= body.len();
        assert!(ordered, "part {span:?} with content {content:?} after byte {end_of_last}");
        assert_eq!(part.content(), &body[content.clone()], "the content is not at {content:?}");
        end_of_last = span.end;
    }
    let mut start_of_last = 0;
    for defect in form.defects() {
        let ordered = start_of_last <= defect.span.start
            && defect.span.start <= defect.span.end
            && defect.span.end <= body.len();
        assert!(ordered, "{defect:?} after one that starts at byte {start_of_last}");
        start_of_last = defect.span.start;
    }
}

/// The independent decoder finds the same fields, or stops for one of the reasons known of it.
fn multer_agrees(form: &MultipartBody, body: &Bytes) {
    // Where a part without content leaves its one line end to the next delimiter, which
    // RFC 2046 §5.1.1 allows, multer overlooks that delimiter; what it finds then says nothing.
    if form.parts().iter().any(|part| part.content_span().end == part.span().end) {
        return;
    }
    let stops = form.parts().iter().any(|part| stops_multer(form.boundary(), part, body));
    let theirs = match form.read_with_multer(body) {
        Ok(theirs) => theirs,
        Err(error) => return assert!(stops, "multer says {error:?} where we read {form:?}"),
    };
    assert!(!stops, "multer was expected to stop, but found {theirs:?} in {form:?}");
    assert_eq!(theirs.len(), form.parts().len(), "multer found {theirs:?}, we {form:?}");
    let unquoted = form.defects_of(FormDefectKind::UnquotedParameter).next().is_some();
    for (reading, part) in theirs.iter().zip(form.parts()) {
        assert!(reading.same_content, "contents differ from multer's in {form:?}");
        if multer_can_name(part, unquoted) {
            assert_eq!(
                reading.name.as_deref(),
                part.name(),
                "names differ from multer's in {form:?}"
            );
        }
    }
}

/// Whether multer refuses this part: it takes any line that begins like a delimiter for one, and no
/// control characters and no more than 32 lines in a part's headers.
fn stops_multer(boundary: &str, part: &Part, body: &Bytes) -> bool {
    let look_alike = format!("\r\n--{boundary}");
    let head = &body[part.span().start..part.content_span().start];
    let headers = head.splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default();
    let is_control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    memmem::find(part.content(), look_alike.as_bytes()).is_some()
        || part.headers().len() > 32
        || headers
            .split(|byte| *byte == b'\n')
            .any(|line| line.strip_suffix(b"\r").unwrap_or(line).iter().any(is_control))
}

/// Whether multer's way to the name leads to the name: it searches for `name` after a space or a
/// semicolon wherever that is, knows no escape but `\"`, and ends bare values at a space.
fn multer_can_name(part: &Part, unquoted: bool) -> bool {
    let is_disposition = |name: &str| name.eq_ignore_ascii_case("content-disposition");
    let mut dispositions = part.headers().iter().filter(|(name, _)| is_disposition(name));
    let (Some((_, value)), None) = (dispositions.next(), dispositions.next()) else { return false };
    let count = |text: &str, word| text.matches(word).count();
    let one_place = count(value, "name").checked_sub(count(value, "filename")) == Some(1)
        && count(&value.to_ascii_lowercase(), "name") == count(value, "name");
    let bare_blanks = part.name().is_some_and(|name| name.contains([' ', '\t']));
    one_place
        && !value.contains(['\\', char::REPLACEMENT_CHARACTER])
        && !(unquoted && (value.contains('"') || bare_blanks))
}

fn survives_writing(form: &MultipartBody) {
    let body = form.encode();
    let again = MultipartBody::read(form.boundary(), &body);
    assert_eq!(fields(form), fields(&again), "written as {body:?}");
    assert_eq!(body, again.encode(), "written twice");
}

fn fields(form: &MultipartBody) -> Vec<Field> {
    let field = |part: &Part| (part.name().map(str::to_owned), part.content().clone());
    form.parts().iter().map(field).collect()
}

/// A form made of these bytes comes back as it was.
fn writing(boundary: &str, bytes: &[u8]) {
    let drafts = Draft::read_all(bytes);
    let boundary = absent_boundary(boundary, &drafts);
    let mut form = MultipartBody::new(boundary.clone());
    for draft in &drafts {
        form.push(draft.part());
    }

    let body = form.encode();
    let read = MultipartBody::read(&boundary, &body);
    places_are_true(&read, &body);
    let expected: Vec<_> = drafts.iter().flat_map(Draft::defects).collect();
    let found: Vec<_> = read.defects().iter().map(|defect| defect.kind).collect();
    assert_eq!(found, expected, "in {body:?}");
    let expected: Vec<_> = drafts.iter().map(Draft::field).collect();
    assert_eq!(fields(&read), expected, "in {body:?}");
    for (part, draft) in read.parts().iter().zip(&drafts) {
        assert_eq!(part.filename(), draft.filename.as_deref().map(escaped).as_deref());
    }
    assert_eq!(read.encode(), body, "written again");
    multer_agrees(&read, &body);
}

/// A boundary after this pattern that no content holds, as every writer has to choose one.
fn absent_boundary(pattern: &str, drafts: &[Draft]) -> String {
    let mut boundary = pattern.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    let occurs = |boundary: &str| {
        drafts.iter().any(|draft| memmem::find(draft.content, boundary.as_bytes()).is_some())
    };
    while boundary.is_empty() || occurs(&boundary) {
        boundary.push('x');
    }
    boundary
}

/// A field to be written.
struct Draft<'a> {
    name: String,
    filename: Option<String>,
    content: &'a [u8],
}

impl<'a> Draft<'a> {
    /// Three texts a field, each a byte for its length and then as many bytes as there are.
    fn read_all(mut bytes: &'a [u8]) -> Vec<Self> {
        let mut text = || {
            let (length, rest) = bytes.split_first()?;
            let (text, rest) = rest.split_at(rest.len().min(usize::from(*length)));
            bytes = rest;
            Some(text)
        };
        let lossy = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        let field = || {
            let name = lossy(text()?);
            let filename = text().filter(|filename| !filename.is_empty()).map(lossy);
            Some(Self { name, filename, content: text().unwrap_or_default() })
        };
        std::iter::from_fn(field).collect()
    }

    fn part(&self) -> Part {
        let part = Part::new(&self.name, self.content.to_vec());
        match &self.filename {
            Some(filename) => part.with_filename(filename),
            None => part,
        }
    }

    fn field(&self) -> Field {
        (Some(escaped(&self.name)), Bytes::copy_from_slice(self.content))
    }

    /// What even a well-written field is noted for, in order of place.
    fn defects(&self) -> impl Iterator<Item = FormDefectKind> {
        let nameless = self.name.is_empty();
        let swallowed = memmem::find(self.content, b"\nContent-Disposition: form-data").is_some()
            && !self.name.eq_ignore_ascii_case("filecontent");
        let nameless = nameless.then_some(FormDefectKind::NoName);
        nameless.into_iter().chain(swallowed.then_some(FormDefectKind::ForeignDelimiter))
    }
}

/// A name as it comes back: browsers escape line ends and readers leave them so.
fn escaped(name: &str) -> String {
    name.replace('\r', "%0D").replace('\n', "%0A")
}
