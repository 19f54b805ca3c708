//! One X.509 certificate in DER, as facts: what every export that carries certificates shares.
//!
//! `x509-parser` reads algorithms, keys and extensions. The whole, its names and its dates are read here, because the
//! crate refuses a certificate for one date with an offset and names in T.61 or UTF-32, and ends a name at the first
//! empty part. Key sizes are computed here, because it rounds RSA moduli to bytes and counts 528 bits in P-521.
//!
//! Rules are those of RFC 5280; SPIFFE ids those of the X509-SVID specification; the reserved policies those of the
//! CA/Browser Forum's object registry, <https://cabforum.org/resources/object-registry/>.

use std::fmt::Write;

use sha1::Sha1;
use sha2::{Digest, Sha256};
use smallvec::smallvec;
use x509_parser::asn1_rs::{Any, Class, FromDer, Oid, Tag, ToDer};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::extensions::{BasicConstraints, GeneralName, NSCertType};
use x509_parser::public_key::{ECPoint, RSAPublicKey};
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::pem::{PemContents, pem_blocks};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::{Batch, Synonym};
use crate::model::certificate::{CertificateFact, CertificateRole, IssuedBy, KeyAlgorithm, PublicTrust, SignatureHash};
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, IdentityKind};
use crate::model::instant::{Expiry, Instant};
use crate::model::principal::HandleKind;
use crate::model::provenance::Place;
use crate::model::strings::Sym;

/// RFC 5280's 99991231235959Z: "no well-defined expiration date".
const NO_EXPIRY: i64 = 253_402_300_799;

/// 2020-09-01: the day from which every publicly trusted server certificate names a reserved policy.
const RESERVED_POLICIES_SINCE: i64 = 1_598_918_400;

/// Adds one certificate to the batch: its credential and, unless it is an authority's, whom it names.
///
/// The answer is the index of the credential, whose name and holder the caller may know better. A certificate that
/// the batch already has is not stated again. One that cannot be read becomes an error, and `None`.
pub fn push(der: &[u8], place: Place, batch: &mut Batch, diagnostics: &mut Diagnostics) -> Option<usize> {
    let parsed = match Certificate::parse(der) {
        Ok(parsed) => parsed,
        Err(reason) => {
            diagnostics.push(Diagnostic::error(
                place.to_text(&batch.strings),
                format!("a certificate with {reason}"),
                "an X.509 certificate in DER",
                "it does not count; look at it with `openssl x509 -text`, and replace it by one that RFC 5280 allows",
            ));
            return None;
        }
    };
    let key = format!("x509:{}", hex(&Sha256::digest(parsed.raw)));
    if let Some(known) = batch.strings.find(&key)
        && let Some(index) = batch.credentials.iter().position(|fact| fact.key == known)
    {
        return Some(index);
    }
    let key = state_key(&parsed, batch);
    let extensions = Extensions::read(&parsed);
    for part in &extensions.unreadable {
        diagnostics.push(Diagnostic::warning(
            place.to_text(&batch.strings),
            format!("a certificate with an unreadable `{part}`"),
            "the encoding that RFC 5280 gives it",
            "the certificate counts without what that part says; have it issued again",
        ));
    }
    let common_name = parsed.subject.last(COMMON_NAME);
    let certificate = fact(&parsed, &extensions, batch);
    let mut credential = CredentialFact::listed(key, CredentialKind::Certificate, place);
    let called = common_name.as_deref().or_else(|| extensions.first(SanKind::Dns));
    credential.name = batch
        .sym_of(called)
        .or_else(|| certificate.names.first().copied())
        .or_else(|| batch.sym_of(Some(&parsed.subject.text())));
    credential.status = CredentialStatus::Active;
    credential.created_at = Some(certificate.not_before);
    credential.expires_at = certificate.not_after;
    credential.fingerprint = certificate.public_key_sha256;
    if let Some((handle_kind, text, kind)) = named(&extensions, common_name.as_deref(), parsed.subject) {
        let handle = batch.handle(handle_kind, &text);
        let mut identity = IdentityFact::listed(smallvec![handle], kind, place);
        identity.name = Some(handle.text);
        batch.identities.push(identity);
        credential.holder = Some(handle);
    }
    credential.certificate = Some(Box::new(certificate));
    batch.credentials.push(credential);
    Some(batch.credentials.len() - 1)
}

/// Adds every certificate of a PEM text, as [`push`] does, and answers with their credentials in order.
///
/// `place` names where certificate `n` (from 1), whose BEGIN stands in a line (from 1), was found. Blocks of other
/// kinds are passed over; broken ones become errors.
pub fn push_pem(
    text: &str,
    mut place: impl FnMut(&mut Batch, u32, u32) -> Place,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) -> Vec<usize> {
    let mut indices = Vec::new();
    for (block, n) in pem_blocks(text).filter(|block| is_certificate(block.label)).zip(1..) {
        let place = place(batch, n, block.line);
        match block.contents {
            PemContents::Der(der) => indices.extend(push(&der, place, batch, diagnostics)),
            PemContents::Broken(reason) => {
                diagnostics.push(broken_block(place.to_text(&batch.strings), block.label, &reason))
            }
            PemContents::PrivateKey => {}
        }
    }
    indices
}

/// Whether a PEM label says that a certificate is inside. What follows it in a `TRUSTED CERTIFICATE` is left unread.
pub fn is_certificate(label: &str) -> bool {
    matches!(
        label,
        "CERTIFICATE" | "X509 CERTIFICATE" | "X.509 CERTIFICATE" | "TRUSTED CERTIFICATE"
    )
}

/// For whom a certificate is asked by a request in DER: its subject, empty where it has none. `None` when it is no
/// request.
pub fn requested_for(der: &[u8]) -> Option<String> {
    let (_, request) = X509CertificationRequest::from_der(der).ok()?;
    Some(DistinguishedName::within(request.certification_request_info.subject.as_raw()).text())
}

/// What to say of a PEM block that cannot be read.
pub fn broken_block(place: String, label: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(
        place,
        format!("a block `{label}`: {reason}"),
        "base64 between a BEGIN and an END line of the same name",
        "this block was left out; export it again",
    )
}

/// The key of the credential that one certificate in DER is, and what the certificate says. Bytes after its end do not
/// count. The error says what is wrong with it.
pub fn from_der(der: &[u8], batch: &mut Batch) -> Result<(Sym, CertificateFact), &'static str> {
    let parsed = Certificate::parse(der)?;
    let extensions = Extensions::read(&parsed);
    Ok((state_key(&parsed, batch), fact(&parsed, &extensions, batch)))
}

/// The key of a certificate's credential. Its thumbprint, by which Microsoft's exports call it, becomes a synonym.
fn state_key(parsed: &Certificate<'_>, batch: &mut Batch) -> Sym {
    let key = batch.sym(&format!("x509:{}", hex(&Sha256::digest(parsed.raw))));
    let name = batch.sym(&format!("sha1:{}", hex(&Sha1::digest(parsed.raw))));
    batch.synonyms.push(Synonym { name, key });
    key
}

/// Lower-case hex without separators.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}

/// The parts of a certificate that say something here.
struct Certificate<'a> {
    /// All its bytes, and none after them.
    raw: &'a [u8],
    /// The contents of the INTEGER.
    serial: &'a [u8],
    issuer: DistinguishedName<'a>,
    not_before: Instant,
    not_after: Expiry,
    subject: DistinguishedName<'a>,
    key: SubjectPublicKeyInfo<'a>,
    /// Identifiers and values, in DER.
    extensions: Vec<(&'a [u8], &'a [u8])>,
    signature_algorithm: AlgorithmIdentifier<'a>,
}

impl<'a> Certificate<'a> {
    /// Takes a certificate apart. The error says what is wrong with it.
    fn parse(der: &'a [u8]) -> Result<Self, &'static str> {
        let mut rest = der;
        let whole = take(&mut rest, Tag::Sequence).ok_or("less data than its length says")?;
        let raw = &der[..der.len() - rest.len()];
        let mut rest = whole.data;
        let mut body = take(&mut rest, Tag::Sequence).ok_or("no body")?.data;
        let (_, signature_algorithm) =
            AlgorithmIdentifier::from_der(rest).map_err(|_| "an invalid signature algorithm")?;

        let rest = &mut body;
        if let Ok((after, version)) = Any::from_der(rest)
            && version.class() == Class::ContextSpecific
        {
            *rest = after;
        }
        let serial = take(rest, Tag::Integer)
            .filter(|serial| !serial.data.is_empty())
            .ok_or("an invalid serial number")?;
        take(rest, Tag::Sequence).ok_or("an invalid algorithm identifier")?;
        let issuer = take(rest, Tag::Sequence).ok_or("an invalid issuer")?;
        let mut validity = take(rest, Tag::Sequence).ok_or("an invalid validity")?.data;
        let not_before = moment(&mut validity).ok_or("an invalid date")?;
        let not_after = match moment(&mut validity).ok_or("an invalid date")? {
            Instant(NO_EXPIRY..) => Expiry::Never,
            end => Expiry::At(end),
        };
        let subject = take(rest, Tag::Sequence).ok_or("an invalid subject")?;
        let (after, key) = SubjectPublicKeyInfo::from_der(rest).map_err(|_| "an invalid public key")?;
        // [1] issuerUniqueID, [2] subjectUniqueID, [3] extensions
        let last = children(after)
            .collect::<Result<Vec<_>, ()>>()
            .map_err(|()| "an invalid end")?;
        let mut extensions = Vec::new();
        if let Some(list) = last.iter().find(|part| part.tag() == Tag(3)) {
            for extension in elements(list.data) {
                let parts = extension.and_then(|extension| children(extension.data).collect::<Result<Vec<_>, ()>>());
                // The identifier, perhaps whether it is critical, the value.
                match parts.as_deref() {
                    Ok([id, .., value]) if value.tag() == Tag::OctetString => extensions.push((id.data, value.data)),
                    Ok(_) | Err(()) => return Err("an invalid list of extensions"),
                }
            }
        }
        Ok(Certificate {
            raw,
            serial: serial.data,
            issuer: DistinguishedName(issuer.data),
            not_before,
            not_after,
            subject: DistinguishedName(subject.data),
            key,
            extensions,
            signature_algorithm,
        })
    }
}

/// Takes the first element of some bytes if it has this tag.
fn take<'a>(rest: &mut &'a [u8], tag: Tag) -> Option<Any<'a>> {
    let (after, element) = Any::from_der(rest).ok()?;
    (element.class() == Class::Universal && element.tag() == tag).then(|| {
        *rest = after;
        element
    })
}

/// Takes a UTCTime or GeneralizedTime. RFC 5280 wants seconds and `Z`; there are certificates without seconds, with a
/// fraction (cut off, as everywhere) and with an offset. A local time says nothing.
fn moment(rest: &mut &[u8]) -> Option<Instant> {
    let (after, time) = Any::from_der(rest).ok()?;
    *rest = after;
    let n_year_digits = match time.tag() {
        Tag::UtcTime => 2,
        Tag::GeneralizedTime => 4,
        _ => return None,
    };
    let n_digits = time.data.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, after) = time.data.split_at(n_digits);
    if !matches!(n_digits.checked_sub(n_year_digits), Some(8 | 10)) {
        return None;
    }
    let number = |digits: &[u8]| digits.iter().fold(0, |n, digit| n * 10 + i64::from(digit - b'0'));
    let (year, pairs) = digits.split_at(n_year_digits);
    let year = match number(year) {
        year if n_year_digits == 4 => year,
        year if year < 50 => 2000 + year,
        year => 1900 + year,
    };
    let pair = |nth: usize| pairs.chunks(2).nth(nth).map_or(0, number);
    let (month, day, hour, minute, second) = (pair(0) as u8, pair(1) as u8, pair(2), pair(3), pair(4));
    let midnight = Instant::from_date(year, month, day);
    // A date that the calendar does not have comes back as another one.
    if year == 0 || midnight.date() != (year, month, day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let zone = match after {
        [b'.' | b',', fraction @ ..] => {
            let n_digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            &fraction[n_digits..]
        }
        zone => zone,
    };
    let offset = match zone {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), digits @ ..] if digits.len() == 4 && digits.iter().all(u8::is_ascii_digit) => {
            let seconds = number(&digits[..2]) * 3_600 + number(&digits[2..]) * 60;
            if *sign == b'+' { seconds } else { -seconds }
        }
        _ => return None,
    };
    Some(Instant(midnight.0 + hour * 3_600 + minute * 60 + second - offset))
}

fn fact(parsed: &Certificate<'_>, extensions: &Extensions, batch: &mut Batch) -> CertificateFact {
    CertificateFact {
        sha256: Some(batch.sym(&hex(&Sha256::digest(parsed.raw)))),
        public_key_sha256: Some(batch.sym(&hex(&Sha256::digest(parsed.key.raw)))),
        subject: batch.sym(&parsed.subject.text()),
        issuer: batch.sym(&parsed.issuer.text()),
        serial: batch.sym(&serial_text(parsed.serial)),
        names: extensions
            .names
            .iter()
            .map(|name| batch.sym(&format!("{}:{}", name.kind.word(), name.text)))
            .collect(),
        not_before: parsed.not_before,
        not_after: parsed.not_after,
        key: key_algorithm(&parsed.key),
        signature_hash: signature_hash(&parsed.signature_algorithm),
        role: extensions.role(),
        trust: match extensions.publicity {
            Publicity::Marked => PublicTrust::Public,
            // Roots carry neither mark, trusted or not.
            Publicity::Unmarked if parsed.not_before.0 < RESERVED_POLICIES_SINCE || extensions.is_authority() => {
                PublicTrust::Unknown
            }
            Publicity::Unmarked => PublicTrust::Private,
        },
        issued_by: if parsed.subject == parsed.issuer {
            IssuedBy::Itself
        } else {
            IssuedBy::Another
        },
    }
}

/// Whom a certificate names: the handle and what it is. An authority's names nobody.
fn named(
    extensions: &Extensions,
    common_name: Option<&str>,
    subject: DistinguishedName<'_>,
) -> Option<(HandleKind, String, IdentityKind)> {
    if extensions.is_authority() {
        return None;
    }
    let spiffe = extensions
        .names
        .iter()
        .filter(|name| name.kind == SanKind::Uri)
        .find_map(|name| spiffe_id(&name.text));
    if let Some(id) = spiffe {
        return Some((HandleKind::Spiffe, id, IdentityKind::Workload));
    }
    let Usages { server, client, email } = extensions.usages;
    let serves = server == Usage::Stated || extensions.first(SanKind::Dns).is_some();
    let kind = match (serves, client, email) {
        (true, _, _) => IdentityKind::Workload,
        // Mail certificates of public authorities also allow client use, and still name a person.
        (false, _, Usage::Stated) => {
            let address = extensions.first(SanKind::Email).map(str::to_owned);
            match address.or_else(|| subject.last(EMAIL_ADDRESS)) {
                Some(address) => return Some((HandleKind::Email, address.to_lowercase(), IdentityKind::Human)),
                None if client == Usage::Stated => IdentityKind::Device,
                None => IdentityKind::Human,
            }
        }
        (false, Usage::Stated, Usage::Unstated) => IdentityKind::Device,
        (false, Usage::Unstated, Usage::Unstated) => IdentityKind::Workload,
    };
    let name = extensions
        .first(SanKind::Dns)
        .or_else(|| extensions.first(SanKind::Email).filter(|_| common_name.is_none()))
        .or(common_name)
        .or_else(|| extensions.names.first().map(|name| name.text.as_str()))
        .map_or_else(|| subject.text(), str::to_owned);
    (!name.is_empty()).then(|| (HandleKind::CertificateName, name.to_lowercase(), kind))
}

/// A SPIFFE id with its trust domain in lower case; the path keeps its case.
fn spiffe_id(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let (domain, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (scheme.eq_ignore_ascii_case("spiffe") && !domain.is_empty())
        .then(|| format!("spiffe://{}{path}", domain.to_lowercase()))
}

/// What the extensions of a certificate say, as far as it matters here.
#[derive(Default)]
struct Extensions {
    names: Vec<San>,
    usages: Usages,
    authority: Usage,
    publicity: Publicity,
    /// Extensions that are there and cannot be read.
    unreadable: Vec<&'static str>,
}

/// One subject alternative name.
struct San {
    kind: SanKind,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SanKind {
    Dns,
    Ip,
    Uri,
    Email,
    /// Microsoft's user principal name.
    Upn,
    Directory,
    Other,
}

impl SanKind {
    fn word(self) -> &'static str {
        match self {
            SanKind::Dns => "dns",
            SanKind::Ip => "ip",
            SanKind::Uri => "uri",
            SanKind::Email => "email",
            SanKind::Upn => "upn",
            SanKind::Directory => "directory",
            SanKind::Other => "other",
        }
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Usage {
    Stated,
    #[default]
    Unstated,
}

#[derive(Clone, Copy, Default)]
struct Usages {
    server: Usage,
    client: Usage,
    email: Usage,
}

/// Whether something in the certificate says that it was made for the public web.
#[derive(Clone, Copy, Default)]
enum Publicity {
    /// A reserved policy or signed certificate timestamps.
    Marked,
    #[default]
    Unmarked,
}

// Object identifiers, in their DER contents.
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1D, 0x11];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13];
const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1D, 0x20];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x25];
/// 2.16.840.1.113730.1.1
const NETSCAPE_CERT_TYPE: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x86, 0xF8, 0x42, 0x01, 0x01];
/// 1.3.6.1.4.1.11129.2.4.2
const SIGNED_CERTIFICATE_TIMESTAMPS: &[u8] = &[0x2B, 0x06, 0x01, 0x04, 0x01, 0xD6, 0x79, 0x02, 0x04, 0x02];
/// 2.23.140.1, with what follows: the policies that the CA/Browser Forum reserves.
const RESERVED_POLICY: &[u8] = &[0x67, 0x81, 0x0C, 0x01];
/// 1.3.6.1.5.5.7.3.1, .2 and .4
const SERVER_AUTH: &[u8] = &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
const CLIENT_AUTH: &[u8] = &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
const EMAIL_PROTECTION: &[u8] = &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04];
/// 1.3.6.1.4.1.311.20.2.3
const USER_PRINCIPAL_NAME: &[u8] = &[0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x14, 0x02, 0x03];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// 1.2.840.113549.1.9.1
const EMAIL_ADDRESS: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x01];

impl Extensions {
    fn read(parsed: &Certificate<'_>) -> Self {
        let mut read = Extensions::default();
        for &(id, value) in &parsed.extensions {
            match id {
                SUBJECT_ALT_NAME => read.alternative_names(value),
                BASIC_CONSTRAINTS => read.constraints(value),
                EXTENDED_KEY_USAGE => read.key_usages(value),
                CERTIFICATE_POLICIES => read.policies(value),
                SIGNED_CERTIFICATE_TIMESTAMPS => read.publicity = Publicity::Marked,
                NETSCAPE_CERT_TYPE => {
                    if let Ok((_, flags)) = NSCertType::from_der(value) {
                        read.usages.state(flags.ssl_server(), flags.ssl_client(), flags.smime());
                    }
                }
                _ => {}
            }
        }
        read
    }

    fn alternative_names(&mut self, value: &[u8]) {
        for name in elements(value) {
            match name.map(GeneralName::try_from) {
                Ok(Ok(name)) => self.names.push(san(&name)),
                Ok(Err(_)) | Err(()) => {
                    self.unreadable.push("subjectAltName");
                    return;
                }
            }
        }
    }

    fn constraints(&mut self, value: &[u8]) {
        let is_authority = match (BasicConstraints::from_der(value), value) {
            (Ok((_, constraints)), _) => constraints.ca,
            // TRUE is FF in DER, but other values than 0 are written, too.
            (Err(_), [0x30, _, 0x01, 0x01, flag, ..]) => *flag != 0,
            (Err(_), _) => {
                self.unreadable.push("basicConstraints");
                false
            }
        };
        if is_authority {
            self.authority = Usage::Stated;
        }
    }

    fn key_usages(&mut self, value: &[u8]) {
        for usage in elements(value) {
            let Ok(usage) = usage else {
                self.unreadable.push("extKeyUsage");
                return;
            };
            self.usages.state(
                usage.data == SERVER_AUTH,
                usage.data == CLIENT_AUTH,
                usage.data == EMAIL_PROTECTION,
            );
        }
    }

    fn policies(&mut self, value: &[u8]) {
        for policy in elements(value) {
            let id = policy.and_then(|policy| Oid::from_der(policy.data).map_err(drop));
            match id {
                Ok((_, id)) if id.as_bytes().starts_with(RESERVED_POLICY) => self.publicity = Publicity::Marked,
                Ok(_) => {}
                Err(()) => {
                    self.unreadable.push("certificatePolicies");
                    return;
                }
            }
        }
    }

    fn is_authority(&self) -> bool {
        self.authority == Usage::Stated
    }

    fn role(&self) -> CertificateRole {
        let Usages { server, client, email } = self.usages;
        match (self.authority, server, client, email) {
            (Usage::Stated, _, _, _) => CertificateRole::Authority,
            (_, Usage::Stated, _, _) => CertificateRole::Server,
            (_, _, Usage::Stated, _) => CertificateRole::Client,
            (_, _, _, Usage::Stated) => CertificateRole::Person,
            (Usage::Unstated, Usage::Unstated, Usage::Unstated, Usage::Unstated) => CertificateRole::Other,
        }
    }

    /// The first name of this kind that is not blank.
    fn first(&self, kind: SanKind) -> Option<&str> {
        self.names
            .iter()
            .filter(|name| name.kind == kind)
            .map(|name| name.text.trim())
            .find(|text| !text.is_empty())
    }
}

impl Usages {
    fn state(&mut self, server: bool, client: bool, email: bool) {
        for (usage, is_stated) in [
            (&mut self.server, server),
            (&mut self.client, client),
            (&mut self.email, email),
        ] {
            if is_stated {
                *usage = Usage::Stated;
            }
        }
    }
}

/// The elements of a SEQUENCE OF, up to the first that is broken.
fn elements(value: &[u8]) -> impl Iterator<Item = Result<Any<'_>, ()>> {
    let (list, broken) = match Any::from_der(value) {
        Ok((_, list)) if list.tag() == Tag::Sequence => (list.data, None),
        _ => (&[][..], Some(Err(()))),
    };
    broken.into_iter().chain(children(list))
}

/// The elements that stand in some bytes, up to the first that is broken.
fn children(mut rest: &[u8]) -> impl Iterator<Item = Result<Any<'_>, ()>> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Ok((after, element)) = Any::from_der(rest) else {
            rest = &[];
            return Some(Err(()));
        };
        rest = after;
        Some(Ok(element))
    })
}

fn san(name: &GeneralName<'_>) -> San {
    let (kind, text) = match name {
        GeneralName::DNSName(text) => (SanKind::Dns, (*text).to_owned()),
        GeneralName::RFC822Name(text) => (SanKind::Email, (*text).to_owned()),
        GeneralName::URI(text) => (SanKind::Uri, (*text).to_owned()),
        GeneralName::IPAddress(bytes) => (SanKind::Ip, ip_text(bytes)),
        GeneralName::DirectoryName(name) => (SanKind::Directory, DistinguishedName::within(name.as_raw()).text()),
        GeneralName::OtherName(id, value) if id.as_bytes() == USER_PRINCIPAL_NAME => (
            SanKind::Upn,
            Any::from_der(value)
                .and_then(|(_, tagged)| Any::from_der(tagged.data))
                .map_or_else(|_| hex(value), |(_, value)| string_text(&value).unwrap_or_default()),
        ),
        GeneralName::OtherName(id, _) | GeneralName::RegisteredID(id) => (SanKind::Other, id.to_id_string()),
        GeneralName::X400Address(any) | GeneralName::EDIPartyName(any) => (SanKind::Other, hex(any.data)),
        // Text that is no UTF-8, as old tools write it.
        GeneralName::Invalid(tag, bytes) => match tag.0 {
            1 => (SanKind::Email, latin1(bytes)),
            2 => (SanKind::Dns, latin1(bytes)),
            4 => (SanKind::Directory, DistinguishedName::within(bytes).text()),
            6 => (SanKind::Uri, latin1(bytes)),
            _ => (SanKind::Other, hex(bytes)),
        },
    };
    San { kind, text }
}

fn ip_text(bytes: &[u8]) -> String {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return std::net::Ipv4Addr::from(v4).to_string();
    }
    match <[u8; 16]>::try_from(bytes) {
        Ok(v6) => std::net::Ipv6Addr::from(v6).to_string(),
        Err(_) => hex(bytes),
    }
}

/// The serial number in hex, without zeros in front; negative ones, which exist, with a minus.
fn serial_text(bytes: &[u8]) -> String {
    let is_negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let mut magnitude = bytes.to_vec();
    if is_negative {
        let mut carry = true;
        for byte in magnitude.iter_mut().rev() {
            let (sum, overflows) = (!*byte).overflowing_add(u8::from(carry));
            (*byte, carry) = (sum, overflows);
        }
    }
    let n_zeros = magnitude.iter().take_while(|byte| **byte == 0).count();
    let digits = hex(&magnitude[n_zeros.min(magnitude.len().saturating_sub(1))..]);
    if is_negative { format!("-{digits}") } else { digits }
}

/// A distinguished name: the contents of its SEQUENCE.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct DistinguishedName<'a>(&'a [u8]);

impl<'a> DistinguishedName<'a> {
    fn within(der: &'a [u8]) -> Self {
        DistinguishedName(Any::from_der(der).map_or(&[], |(_, name)| name.data))
    }

    /// The attributes of each part, outermost part first.
    fn parts(self) -> impl Iterator<Item = Vec<(&'a [u8], Any<'a>)>> {
        children(self.0).map_while(Result::ok).map(|part| {
            children(part.data)
                .map_while(Result::ok)
                .filter_map(|attribute| {
                    let (after, id) = Any::from_der(attribute.data).ok()?;
                    let (_, value) = Any::from_der(after).ok()?;
                    Some((id.data, value))
                })
                .collect()
        })
    }

    /// The innermost attribute of this type that is not blank.
    fn last(self, id: &[u8]) -> Option<String> {
        self.parts()
            .flatten()
            .filter(|(found, _)| *found == id)
            .filter_map(|(_, value)| string_text(&value))
            .filter_map(|text| Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
            .last()
    }

    /// In the manner of RFC 4514, spaced: the innermost part first, `, ` between parts and ` + ` inside one.
    fn text(self) -> String {
        let parts: Vec<_> = self.parts().collect();
        let mut text = String::new();
        for part in parts.into_iter().rev() {
            for (nth, (id, value)) in part.into_iter().rev().enumerate() {
                text.push_str(match (nth, text.is_empty()) {
                    (_, true) => "",
                    (0, false) => ", ",
                    (_, false) => " + ",
                });
                match attribute_word(id) {
                    "" => text.push_str(&Oid::new(id.into()).to_id_string()),
                    word => text.push_str(word),
                }
                text.push('=');
                match string_text(&value) {
                    Some(value) => escape(&value, &mut text),
                    None => {
                        text.push('#');
                        text.push_str(&hex(&value.to_der_vec().unwrap_or_default()));
                    }
                }
            }
        }
        text
    }
}

/// The short name of an attribute of a distinguished name, as OpenSSL writes it; empty when it has none.
fn attribute_word(id: &[u8]) -> &'static str {
    match id {
        [0x55, 0x04, n] => match n {
            3 => "CN",
            4 => "SN",
            5 => "serialNumber",
            6 => "C",
            7 => "L",
            8 => "ST",
            9 => "street",
            10 => "O",
            11 => "OU",
            12 => "title",
            13 => "description",
            15 => "businessCategory",
            16 => "postalAddress",
            17 => "postalCode",
            18 => "postOfficeBox",
            20 => "telephoneNumber",
            41 => "name",
            42 => "GN",
            43 => "initials",
            44 => "generationQualifier",
            46 => "dnQualifier",
            65 => "pseudonym",
            97 => "organizationIdentifier",
            _ => "",
        },
        // 0.9.2342.19200300.100.1.n
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 0x01, n] => match n {
            1 => "UID",
            25 => "DC",
            _ => "",
        },
        EMAIL_ADDRESS => "emailAddress",
        // 1.2.840.113549.1.9.2
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x02] => "unstructuredName",
        // 1.3.6.1.4.1.311.60.2.1.n
        [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x3C, 0x02, 0x01, n] => match n {
            1 => "jurisdictionL",
            2 => "jurisdictionST",
            3 => "jurisdictionC",
            _ => "",
        },
        _ => "",
    }
}

/// Escapes what RFC 4514 gives a meaning, and control characters as two hex digits.
fn escape(value: &str, text: &mut String) {
    let last = value.chars().count().saturating_sub(1);
    for (nth, c) in value.chars().enumerate() {
        match c {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => text.extend(['\\', c]),
            '#' if nth == 0 => text.push_str("\\#"),
            ' ' if nth == 0 || nth == last => text.push_str("\\ "),
            c if c.is_ascii_control() => drop(write!(text, "\\{:02X}", u32::from(c))),
            c => text.push(c),
        }
    }
}

/// The text of an ASN.1 string of any type; `None` when the value is no string.
fn string_text(value: &Any<'_>) -> Option<String> {
    let bytes = value.data;
    Some(match value.tag() {
        Tag::Utf8String
        | Tag::PrintableString
        | Tag::NumericString
        | Tag::Ia5String
        | Tag::VisibleString
        | Tag::GeneralString => std::str::from_utf8(bytes).map_or_else(|_| latin1(bytes), str::to_owned),
        // T.61 is what the standard says, Latin-1 is what everybody writes into it.
        Tag::T61String => latin1(bytes),
        Tag::BmpString => char::decode_utf16(bytes.chunks(2).map(|pair| {
            let [high, low] = [pair.first(), pair.get(1)].map(|byte| byte.copied().unwrap_or_default());
            u16::from_be_bytes([high, low])
        }))
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect(),
        Tag::UniversalString => bytes
            .chunks(4)
            .map(|four| four.iter().fold(0, |code, byte| code << 8 | u32::from(*byte)))
            .map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
        _ => return None,
    })
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn key_algorithm(key: &SubjectPublicKeyInfo<'_>) -> KeyAlgorithm {
    let bits = key.subject_public_key.data.as_ref();
    match key.algorithm.algorithm.as_bytes() {
        // 1.2.840.113549.1.1.1, and the same key limited to OAEP (7) or PSS (10)
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 1 | 7 | 10] => match RSAPublicKey::from_der(bits) {
            Ok((_, key)) => KeyAlgorithm::Rsa {
                n_bits: bit_length(key.modulus),
            },
            Err(_) => KeyAlgorithm::Other,
        },
        // 1.2.840.10045.2.1
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01] => KeyAlgorithm::Ec {
            n_bits: curve_bits(&key.algorithm, bits),
        },
        [0x2B, 0x65, 0x70] => KeyAlgorithm::Ed25519,
        [0x2B, 0x65, 0x71] => KeyAlgorithm::Ed448,
        // 1.2.840.10040.4.1: the size of a DSA key is that of its prime. A key may leave it to its issuer's.
        [0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04, 0x01] => {
            let prime = key
                .algorithm
                .parameters
                .as_ref()
                .and_then(|parameters| Any::from_der(parameters.data).ok());
            let number = prime.or_else(|| Any::from_der(bits).ok());
            number.map_or(KeyAlgorithm::Other, |(_, number)| KeyAlgorithm::Dsa {
                n_bits: bit_length(number.data),
            })
        }
        _ => KeyAlgorithm::Other,
    }
}

/// How many bits a number in big-endian bytes has.
fn bit_length(bytes: &[u8]) -> u16 {
    let Some(first) = bytes.iter().position(|byte| *byte != 0) else {
        return 0;
    };
    let n_bits = (bytes.len() - first) * 8 - bytes[first].leading_zeros() as usize;
    u16::try_from(n_bits).unwrap_or(u16::MAX)
}

/// The size of a curve's field. A point tells it to the byte; the curves that do not fill the byte are named.
fn curve_bits(algorithm: &AlgorithmIdentifier<'_>, point: &[u8]) -> u16 {
    let curve = algorithm
        .parameters
        .as_ref()
        .filter(|any| any.tag() == Tag::Oid)
        .map_or(&[][..], |any| any.data);
    match curve {
        // 1.3.132.0.n, SEC 2
        [0x2B, 0x81, 0x04, 0x00, n] => match n {
            35 => return 521,
            3 => return 239,
            1 | 2 | 15 => return 163,
            26 | 27 => return 233,
            16 | 17 => return 283,
            36 | 37 => return 409,
            38 | 39 => return 571,
            _ => {}
        },
        // 1.2.840.10045.3.1.n, X9.62
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 4..=6] => return 239,
        _ => {}
    }
    u16::try_from(ECPoint::from(point).key_size()).unwrap_or(u16::MAX)
}

fn signature_hash(algorithm: &AlgorithmIdentifier<'_>) -> SignatureHash {
    match algorithm.algorithm.as_bytes() {
        // 1.2.840.113549.1.1.n, PKCS #1
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, n] => match n {
            2 => SignatureHash::Md2,
            4 => SignatureHash::Md5,
            5 => SignatureHash::Sha1,
            10 => pss_hash(algorithm),
            11..=16 => SignatureHash::Sha2,
            _ => SignatureHash::Other,
        },
        // 1.2.840.10045.4.n, ECDSA, and 1.2.840.10040.4.3, DSA
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x01] | [0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04, 0x03] => SignatureHash::Sha1,
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 1..=4] => SignatureHash::Sha2,
        // 2.16.840.1.101.3.4.3.n, NIST
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, n] => match n {
            1..=4 => SignatureHash::Sha2,
            5..=16 => SignatureHash::Sha3,
            17..=46 => SignatureHash::Intrinsic,
            _ => SignatureHash::Other,
        },
        [0x2B, 0x65, 0x70 | 0x71] => SignatureHash::Intrinsic,
        // 1.3.14.3.2.n, the Open Systems Implementors' Workshop
        [0x2B, 0x0E, 0x03, 0x02, 0x03 | 0x19] => SignatureHash::Md5,
        [0x2B, 0x0E, 0x03, 0x02, 0x0D | 0x0F | 0x1B | 0x1D] => SignatureHash::Sha1,
        [0x2B, 0x0E, 0x07, 0x02, 0x03, 0x01] => SignatureHash::Md2,
        _ => SignatureHash::Other,
    }
}

/// The hash that the parameters of RSASSA-PSS name; RFC 4055 says SHA-1 when they do not.
fn pss_hash(algorithm: &AlgorithmIdentifier<'_>) -> SignatureHash {
    let Some(parameters) = &algorithm.parameters else {
        return SignatureHash::Sha1;
    };
    let Ok(parameters) = RsaSsaPssParams::try_from(parameters) else {
        return SignatureHash::Other;
    };
    match parameters.hash_algorithm().map(|hash| hash.algorithm.as_bytes()) {
        None | Some([0x2B, 0x0E, 0x03, 0x02, 0x1A]) => SignatureHash::Sha1,
        // 2.16.840.1.101.3.4.2.n
        Some([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, n]) => match n {
            1..=6 => SignatureHash::Sha2,
            7..=12 => SignatureHash::Sha3,
            _ => SignatureHash::Other,
        },
        Some(_) => SignatureHash::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `openssl x509 -startdate` reads each, or refuses it; but for the year 0, which it reads.
    #[test]
    fn times_of_every_form() {
        for (tag, text, expected) in [
            (0x17, "700101000000Z", Some("1970-01-01T00:00:00Z")),
            (0x17, "491231235959Z", Some("2049-12-31T23:59:59Z")),
            (0x17, "500101000000Z", Some("1950-01-01T00:00:00Z")),
            (0x17, "000229000000Z", Some("2000-02-29T00:00:00Z")),
            (0x17, "1204270000Z", Some("2012-04-27T00:00:00Z")),
            (0x17, "160810160431-0500", Some("2016-08-10T21:04:31Z")),
            (0x17, "161231235959+0030", Some("2016-12-31T23:29:59Z")),
            (0x17, "161231235959-0030", Some("2017-01-01T00:29:59Z")),
            (0x18, "20560811122001-0600", Some("2056-08-11T18:20:01Z")),
            (0x18, "20571201060708.999Z", Some("2057-12-01T06:07:08Z")),
            (0x18, "20571201060708.123456Z", Some("2057-12-01T06:07:08Z")),
            (0x18, "205712010607Z", Some("2057-12-01T06:07:00Z")),
            (0x18, "00010101000000Z", Some("0001-01-01T00:00:00Z")),
            (0x18, "99991231235959Z", Some("9999-12-31T23:59:59Z")),
            // A local time, no calendar's day, a leap second, no digits, another type.
            (0x18, "20560811122001", None),
            (0x17, "230229000000Z", None),
            (0x17, "231301000000Z", None),
            (0x17, "161231235960Z", None),
            (0x17, "161231240000Z", None),
            (0x18, "00000101000000Z", None),
            (0x17, "16123123595Z", None),
            (0x17, "+1231235959Z", None),
            (0x17, "", None),
            (0x17, "Z", None),
            (0x17, "161231235959+9", None),
            (0x17, "161231235959+0:00", None),
            (0x13, "161231235959Z", None),
        ] {
            let der = [&[tag, text.len() as u8][..], text.as_bytes()].concat();
            let found = moment(&mut &der[..]).map(|at| at.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn serials_are_numbers() {
        for (bytes, text) in [
            (&[0x00][..], "00"),
            (&[0x00, 0x80], "80"),
            (&[0x7F], "7f"),
            (&[0xFF], "-01"),
            (&[0x80], "-80"),
            (&[0x80, 0x00], "-8000"),
            (&[0xFB, 0xCE], "-0432"),
            (&[0x00, 0x00, 0x01, 0x00], "0100"),
        ] {
            assert_eq!(serial_text(bytes), text);
        }
    }
}
