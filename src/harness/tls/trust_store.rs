//! A trust store for Java: PKCS#12 (RFC 7292) with one certificate, neither encrypted nor signed.

use yasna::models::ObjectIdentifier;
use yasna::{DERWriter, Tag, construct_der};

/// What Java's tools take for granted; nothing here is encrypted with it.
pub(super) const PASSWORD: &str = "changeit";

/// `pkcs7-data` (RFC 5652 §4).
const DATA: &[u64] = &[1, 2, 840, 113_549, 1, 7, 1];
/// `certBag` (RFC 7292 §4.2.3).
const CERT_BAG: &[u64] = &[1, 2, 840, 113_549, 1, 12, 10, 1, 3];
/// `x509Certificate` (RFC 7292 §4.2.3).
const X509_CERTIFICATE: &[u64] = &[1, 2, 840, 113_549, 1, 9, 22, 1];
/// `friendlyName` (RFC 2985 §5.5.1).
const FRIENDLY_NAME: &[u64] = &[1, 2, 840, 113_549, 1, 9, 20];
/// Oracle's `trustedKeyUsage`: Java takes only a certificate that has it for a trusted one.
const TRUSTED_KEY_USAGE: &[u64] = &[2, 16, 840, 1, 113_894, 746_875, 1, 1];
/// `anyExtendedKeyUsage` (RFC 5280 §4.2.1.12).
const ANY_USAGE: &[u64] = &[2, 5, 29, 37, 0];

/// Writes a trust store with the certificate of one CA, which is given as DER.
pub(super) fn write(certificate: &[u8]) -> Vec<u8> {
    let contents = sequence_of(|writer| write_bag(writer, certificate));
    let safe = sequence_of(|writer| write_data(writer, &contents));
    construct_der(|writer| {
        writer.write_sequence(|store| {
            // The only version that RFC 7292 §4 knows.
            store.next().write_u8(3);
            write_data(store.next(), &safe);
        });
    })
}

fn sequence_of(write: impl FnOnce(DERWriter<'_>)) -> Vec<u8> {
    construct_der(|writer| writer.write_sequence(|entries| write(entries.next())))
}

/// A `SafeBag` (RFC 7292 §4.2).
fn write_bag(writer: DERWriter<'_>, certificate: &[u8]) {
    writer.write_sequence(|bag| {
        write_oid(bag.next(), CERT_BAG);
        let explicit = |writer: DERWriter<'_>, inner: &[u8]| {
            writer.write_tagged(Tag::context(0), |value| value.write_der(inner));
        };
        let value = construct_der(|writer| {
            writer.write_sequence(|value| {
                write_oid(value.next(), X509_CERTIFICATE);
                let bytes = construct_der(|writer| writer.write_bytes(certificate));
                explicit(value.next(), &bytes);
            });
        });
        explicit(bag.next(), &value);
        bag.next().write_set(|attributes| {
            write_attribute(attributes.next(), FRIENDLY_NAME, |value| {
                value.write_bmp_string("slicecheck");
            });
            write_attribute(attributes.next(), TRUSTED_KEY_USAGE, |value| {
                write_oid(value, ANY_USAGE);
            });
        });
    });
}

/// A `ContentInfo` (RFC 5652 §3) that holds these bytes.
fn write_data(writer: DERWriter<'_>, bytes: &[u8]) {
    writer.write_sequence(|info| {
        write_oid(info.next(), DATA);
        info.next().write_tagged(Tag::context(0), |content| content.write_bytes(bytes));
    });
}

fn write_attribute(writer: DERWriter<'_>, id: &[u64], value: impl FnOnce(DERWriter<'_>)) {
    writer.write_sequence(|attribute| {
        write_oid(attribute.next(), id);
        attribute.next().write_set(|values| value(values.next()));
    });
}

fn write_oid(writer: DERWriter<'_>, id: &[u64]) {
    writer.write_oid(&ObjectIdentifier::from_slice(id));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trust_store_has_the_certificate_in_it() {
        let certificate: Vec<u8> = (0..=255).collect();
        let store = write(&certificate);
        assert!(memchr::memmem::find(&store, &certificate).is_some());
        let oid = construct_der(|writer| write_oid(writer, X509_CERTIFICATE));
        assert!(memchr::memmem::find(&store, &oid).is_some());
    }
}
