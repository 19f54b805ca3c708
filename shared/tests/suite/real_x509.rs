//! X.509 certificates that others made, against OpenSSL: zlint's deliberately odd ones, Mozilla's roots, x509-limbo's,
//! and a test PKI in every kind of container.
//!
//! The certificates of many files are wrapped in one PKCS#7 and given to `openssl cms` and `openssl pkcs7`, which print
//! what each of them says; every fact is compared. OpenSSL is not linked: without the program the tests are skipped.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use shared::analysis::analyze;
use shared::answers;
use shared::api::query::Facet;
use shared::config::Config;
use shared::connectors::{self, Reading};
use shared::diagnostic::Severity;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::batch::Batch;
use shared::model::certificate::{
    CertificateFact, CertificateRole, IssuedBy, KeyAlgorithm, PublicTrust, SignatureHash,
};
use shared::model::instant::{Expiry, Instant};
use shared::reading::certificate::hex;

/// 2026-11-22T00:00:00Z
const AS_OF: Instant = Instant(1_795_305_600);

/// RFC 5280's 99991231235959Z.
const NO_EXPIRY: Instant = Instant(253_402_300_799);

#[test]
fn zlint() {
    let (Some(folder), true) = (crate::support::data("x509/zmap__zlint"), has_openssl()) else {
        return;
    };
    let mut files = files(&folder);
    files.retain(|file| file.extension().is_some_and(|extension| extension == "pem"));
    let readings: Vec<_> = files.iter().map(|file| read(file)).collect();
    let mut n_of_each = BTreeMap::new();
    for d in readings.iter().flat_map(|reading| &reading.diagnostics) {
        *n_of_each.entry((d.severity, d.found.as_str())).or_insert(0) += 1;
    }
    // `grep -c` over the BEGIN lines: 1,324 certificates and 61 revocation lists in 1,380 files. OpenSSL cannot read
    // these two extensions either: it prints their bytes.
    assert_eq!(files.len(), 1_380);
    assert_eq!(
        n_of_each.into_iter().collect::<Vec<_>>(),
        [
            ((Severity::Info, "1 block `X509 CRL`"), 61),
            (
                (Severity::Warning, "a certificate with an unreadable `basicConstraints`"),
                1
            ),
            (
                (Severity::Warning, "a certificate with an unreadable `subjectAltName`"),
                1
            ),
        ]
    );
    let told = compare(&files, &readings, pem_certificates);
    assert_eq!(told.len(), 1_305);
    compare_expiry(&told, readings, [905, 0, 0, 1, 0, 1, 5]);
}

#[test]
fn mozilla_roots() {
    let (Some(folder), true) = (crate::support::data("x509/debian__ca-certificates"), has_openssl()) else {
        return;
    };
    for files in [files(&folder.join("mozilla")), vec![folder.join("ca-certificates.crt")]] {
        let readings: Vec<_> = files.iter().map(|file| read(file)).collect();
        assert_eq!(problems(&readings), Vec::<String>::new());
        assert!(readings.iter().all(|reading| reading.batch.identities.is_empty()));
        let told = compare(&files, &readings, pem_certificates);
        assert_eq!(told.len(), 148);
        compare_expiry(&told, readings, [1, 1, 0, 0, 0, 0, 0]);
    }
}

/// Chains of the web and certificates that break a rule each, as PEM inside JSON.
#[test]
fn limbo() {
    let (Some(folder), true) = (crate::support::data("x509/C2SP__x509-limbo"), has_openssl()) else {
        return;
    };
    let files = files(&folder);
    let text = |file: &Path| std::fs::read_to_string(file).unwrap().replace("\\n", "\n");
    let readings: Vec<_> = files
        .iter()
        .map(|file| connectors::read("source", "limbo.json", &std::fs::read(file).unwrap(), "salt"))
        .collect();
    let told = compare(&files, &readings, |file| pem_blocks(&text(file)));
    assert_eq!(told.len(), 354);
}

/// Every kind of container gives the certificates that OpenSSL finds in it, and `keytool -list -rfc` in Java's.
#[test]
fn every_container() {
    let (Some(folder), true) = (crate::support::data("tls/local-openssl"), has_openssl()) else {
        return;
    };
    let files: Vec<_> = CONTAINERS.iter().map(|(file, ..)| folder.join(file)).collect();
    let readings: Vec<_> = files.iter().map(|file| read(file)).collect();
    for (reading, (file, n_certificates, n_names, infos)) in readings.iter().zip(CONTAINERS) {
        assert_eq!(reading.connector.unwrap().id, "x509_certificates", "{file}");
        assert_eq!(certificates(&reading.batch).count(), *n_certificates, "{file}");
        assert_eq!(reading.batch.identities.len(), *n_names, "{file}");
        assert_eq!(problems(std::slice::from_ref(reading)), Vec::<String>::new(), "{file}");
        let found: Vec<_> = reading.diagnostics.iter().map(|d| d.found.as_str()).collect();
        assert_eq!(&found, infos, "{file}");
        assert!(reading.batch.is_complete(), "{file}");
    }
    let told = compare(&files, &readings, |file| {
        match file.extension().and_then(|e| e.to_str()) {
            Some("der") => vec![std::fs::read(file).unwrap()],
            Some("p7b") => {
                let form = if file.ends_with("chain-der.p7b") { "DER" } else { "PEM" };
                pem_blocks(&openssl(&["pkcs7", "-print_certs", "-inform", form], Some(file)))
            }
            Some("p12") => pem_blocks(&openssl(
                &["pkcs12", "-nokeys", "-legacy", "-passin", "pass:changeit"],
                Some(file),
            )),
            Some("jks") => pem_certificates(&folder.join("keytool-list-rfc.txt")),
            _ => pem_certificates(file),
        }
    });
    assert_eq!(told.len(), 7);

    let names = |file: &str| {
        let reading = read(&folder.join(file));
        let names = reading.batch.credentials.iter().map(|fact| fact.name);
        let mut names: Vec<_> = names
            .map(|name| reading.batch.strings.get_or_empty(name).to_owned())
            .collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names("keystore.jks"), ["acme int", "acme iot", "acme root", "web prod"]);

    // The private key before the chain leaves nothing of itself, not a line.
    let combined = std::fs::read_to_string(folder.join("web-combined.pem")).unwrap();
    let (_, key) = combined.split_once("PRIVATE KEY-----").unwrap();
    let (key, _) = key.split_once("-----END").unwrap();
    let reading = read(&folder.join("web-combined.pem"));
    let said: Vec<_> = reading.batch.strings.iter().map(|(_, text)| text).collect();
    let said = format!("{said:?} {:?}", reading.diagnostics);
    let lines: Vec<_> = key.lines().filter(|line| line.len() > 8).collect();
    assert!(lines.len() > 1);
    assert!(lines.iter().all(|line| !said.contains(line)));
}

/// File, certificates, identities, what is said besides.
const CONTAINERS: &[(&str, usize, usize, &[&str])] = &[
    ("chain-der.p7b", 3, 1, &[]),
    ("chain.p7b", 3, 1, &[]),
    (
        "int.csr",
        0,
        0,
        &["a request for a certificate of `CN=Acme Issuing CA 3, OU=PKI, O=Acme GmbH`"],
    ),
    ("int.pem", 1, 0, &[]),
    ("iot.pem", 1, 1, &[]),
    ("keystore.jks", 4, 2, &["1 key"]),
    ("keytool-list-rfc.txt", 4, 2, &[]),
    ("mtls-legacy.p12", 1, 1, &["1 key"]),
    ("mtls.pem", 1, 1, &[]),
    ("old.pem", 1, 1, &[]),
    ("root.pem", 1, 0, &[]),
    ("s_client-showcerts.txt", 2, 1, &[]),
    ("secrets.jceks", 0, 0, &["1 key"]),
    ("svid.pem", 1, 1, &[]),
    ("web-combined.pem", 3, 1, &["1 private key"]),
    ("web-fullchain.pem", 3, 1, &[]),
    ("web-with-text.pem", 1, 1, &[]),
    (
        "web.csr",
        0,
        0,
        &["a request for a certificate of `CN=www.acme.test, O=Acme GmbH`"],
    ),
    ("web.der", 1, 1, &[]),
    ("web.p12", 2, 1, &["1 key"]),
    ("web.pem", 1, 1, &[]),
];

/// `TRUSTED CERTIFICATE`, as `openssl x509 -trustout` writes it: the certificate and what OpenSSL adds to it.
#[test]
fn a_trusted_certificate_is_the_certificate() {
    let (Some(folder), true) = (crate::support::data("tls/local-openssl"), has_openssl()) else {
        return;
    };
    let plain = folder.join("web.pem");
    let arguments = ["x509", "-trustout", "-addtrust", "serverAuth", "-setalias", "mine"];
    let trusted = openssl(&arguments, Some(&plain));
    assert!(trusted.starts_with("-----BEGIN TRUSTED CERTIFICATE-----"));
    let reading = connectors::read("source", "trusted.pem", trusted.as_bytes(), "salt");
    let expected = read(&plain);
    assert_eq!(problems(std::slice::from_ref(&reading)), Vec::<String>::new());
    let lines = |reading: &Reading| {
        certificates(&reading.batch)
            .map(|fact| line(fact, &reading.batch))
            .collect::<Vec<_>>()
    };
    assert_eq!(lines(&reading), lines(&expected));
    assert_eq!(lines(&reading).len(), 1);
}

#[test]
fn broken_files_never_panic() {
    let Some(folder) = crate::support::data("tls/local-openssl") else {
        return;
    };
    for (file, ..) in CONTAINERS {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        // A PKCS#12 store derives keys at every try: fewer tries.
        let n_tries = if file.ends_with(".p12") { 20 } else { 100 };
        for at in (0..bytes.len()).step_by(bytes.len().div_ceil(n_tries)) {
            connectors::read("source", file, &bytes[..at], "salt");
            let mut broken = bytes.clone();
            broken[at] ^= [0x01, 0x80, 0xFF][at % 3];
            connectors::read("source", file, &broken, "salt");
        }
    }
}

/// What one certificate says, in one form for OpenSSL and for us.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    subject: String,
    issuer: String,
    serial: String,
    not_before: Instant,
    not_after: Instant,
    key: String,
    hash: &'static str,
    role: CertificateRole,
    trust: PublicTrust,
    issued_by: IssuedBy,
    names: Vec<String>,
}

/// Compares all facts of all certificates, file by file, and answers with OpenSSL's word by SHA-256.
fn compare(
    files: &[PathBuf],
    readings: &[Reading],
    certificates_in: impl Fn(&Path) -> Vec<Vec<u8>>,
) -> BTreeMap<String, Line> {
    let by_file: Vec<Vec<Vec<u8>>> = files.iter().map(|file| certificates_in(file)).collect();
    let mut distinct: BTreeMap<String, &[u8]> = BTreeMap::new();
    for der in by_file.iter().flatten() {
        let der = first_element(der);
        distinct.insert(hex(&Sha256::digest(der)), der);
    }
    let ders: Vec<&[u8]> = distinct.values().copied().collect();
    let told: BTreeMap<String, Line> = distinct.keys().cloned().zip(ask_openssl(&ders)).collect();
    let mut differences = Vec::new();
    for ((file, inside), reading) in files.iter().zip(&by_file).zip(readings) {
        let mut expected: Vec<_> = inside
            .iter()
            .map(|der| hex(&Sha256::digest(first_element(der))))
            .collect();
        let mut found: Vec<_> = certificates(&reading.batch)
            .map(|fact| reading.batch.strings.get(fact.sha256.unwrap()).to_owned())
            .collect();
        expected.sort();
        expected.dedup();
        found.sort();
        assert_eq!(found, expected, "{}", file.display());
        for fact in certificates(&reading.batch) {
            let mut ours = line(fact, &reading.batch);
            let theirs = &told[reading.batch.strings.get(fact.sha256.unwrap())];
            allow_for(&file.file_name().unwrap().to_string_lossy(), &mut ours, theirs);
            if ours != *theirs {
                differences.push(format!("{}:\n  ours   {ours:?}\n  theirs {theirs:?}", file.display()));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    told
}

/// Where OpenSSL says less than the certificate does.
fn allow_for(file: &str, ours: &mut Line, theirs: &Line) {
    // What is longer than `model/strings.rs` keeps is cut, and says so.
    let whole = |ours: &mut String, theirs: &String| {
        if let Some((start, _)) = ours.rsplit_once("… (")
            && theirs.starts_with(start)
        {
            ours.clone_from(theirs);
        }
    };
    whole(&mut ours.subject, &theirs.subject);
    whole(&mut ours.issuer, &theirs.issuer);
    for (ours, theirs) in ours.names.iter_mut().zip(&theirs.names) {
        whole(ours, theirs);
    }
    match file {
        // Parameters of RSASSA-PSS that it does not know keep it from the key, whose modulus is there.
        "rsassapssInSPKI.pem" => {
            assert_eq!(ours.key, "RSA 2048");
            ours.key.clone_from(&theirs.key);
        }
        // It refuses all names for one with a zero in it.
        "SANDNSNull.pem" => {
            assert_eq!(ours.names, ["dns:\u{3}\u{19}\0", "dns:*"]);
            ours.names.clone_from(&theirs.names);
        }
        _ => {}
    }
}

/// Compares the buckets of `certificate.expiry` with OpenSSL's dates. `expected` are those at [`AS_OF`]: expired, then
/// within 7, 14, 30, 47, 60 and 90 days, each without the ones before it.
fn compare_expiry(told: &BTreeMap<String, Line>, readings: Vec<Reading>, expected: [u64; 7]) {
    let files = readings.into_iter().enumerate().map(|(n, reading)| FileBatch {
        source: "pki".to_owned(),
        path: format!("{n}.pem"),
        connector: Some("x509_certificates"),
        n_bytes: 0,
        batch: reading.batch,
        diagnostics: reading.diagnostics,
    });
    let config = Config::default();
    let analysis = analyze(merge(files.collect(), AsOf::Given(AS_OF), &config), &config);
    let value = answers::kpi_values(&analysis)
        .into_iter()
        .find(|value| value.id == "certificate.expiry")
        .unwrap();
    assert_eq!(value.population, Some(told.len() as u64));
    let bucket = |id: &str| {
        let mut buckets = value.buckets.iter();
        buckets.find(|b| b.by == Facet::Expiry && b.value == id).unwrap().n
    };
    let n_until = |n_days: i64| {
        let end = Instant(AS_OF.0 + n_days * 86_400);
        told.values().filter(|line| line.not_after <= end).count() as u64
    };
    let days = [0, 7, 14, 30, 47, 60, 90];
    let mut n_before = 0;
    for ((id, days), expected) in ["expired", "7d", "14d", "30d", "47d", "60d", "90d"]
        .iter()
        .zip(days)
        .zip(expected)
    {
        let n = n_until(days) - n_before;
        n_before += n;
        assert_eq!((bucket(id), n), (expected, expected), "{id}");
    }
}

/// What OpenSSL says of each certificate, in two runs of it for all.
fn ask_openssl(ders: &[&[u8]]) -> Vec<Line> {
    let signed = [
        element(0x02, &[1]),
        element(0x31, &[]),
        // 1.2.840.113549.1.7.1
        element(0x30, &[0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1]),
        element(0xA0, &ders.concat()),
        element(0x31, &[]),
    ];
    // 1.2.840.113549.1.7.2
    let mut content = vec![0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2];
    content.extend(element(0xA0, &element(0x30, &signed.concat())));
    let bytes = element(0x30, &content);
    let name = format!("x509-{}.p7b", hex(&Sha256::digest(&bytes)[..8]));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, bytes).unwrap();

    let format = "esc_2253,esc_ctrl,utf8,sname,dn_rev,sep_comma_plus_space";
    let cms = [
        "cms", "-cmsout", "-inform", "DER", "-print", "-noout", "-nameopt", format,
    ];
    let fields = openssl(&cms, Some(&file));
    let texts = openssl(
        &["pkcs7", "-inform", "DER", "-print_certs", "-noout", "-text"],
        Some(&file),
    );
    std::fs::remove_file(&file).unwrap();
    let after = |mark: &str| {
        let lines = fields.lines().filter_map(|line| line.split_once(mark));
        lines.map(|(_, value)| value.trim_start()).collect::<Vec<_>>()
    };
    let (issuers, subjects) = (after("          issuer:  "), after("          subject:  "));
    let texts: Vec<_> = texts.split("Certificate:\n    Data:\n").skip(1).collect();
    assert_eq!(
        (issuers.len(), subjects.len(), texts.len()),
        (ders.len(), ders.len(), ders.len())
    );
    ders.iter()
        .zip(texts)
        .zip(issuers.iter().zip(subjects))
        .map(|((der, text), (issuer, subject))| told(der, text, subject, issuer))
        .collect()
}

/// Reads `openssl x509 -text`.
fn told(der: &[u8], text: &str, subject: &str, issuer: &str) -> Line {
    let find = |mark: &str| text.split_once(mark).map(|(_, after)| after);
    let word = |mark: &str| find(mark).map(|after| after.lines().next().unwrap_or_default().trim().to_owned());
    // What stands below the heading of an extension, for each extension of that name.
    let extension = |mark: &str| {
        let below = text.split(mark).skip(1).filter_map(|after| after.lines().nth(1));
        below.map(str::trim).collect::<Vec<_>>()
    };
    let is_authority = extension("X509v3 Basic Constraints:")
        .iter()
        .any(|line| line.contains("CA:TRUE"));
    let usages = [
        extension("X509v3 Extended Key Usage:"),
        extension("Netscape Cert Type:"),
    ]
    .concat()
    .join(", ");
    let has = |words: [&str; 2]| usages.split(", ").any(|usage| words.contains(&usage));
    let not_before = time(&word("Not Before: ").unwrap());
    // The identifiers of the CA/Browser Forum's policies and of signed certificate timestamps, wherever they stand.
    // 2.23.140.1.31 is an extension of onion names and no policy.
    let is_public = der
        .windows(5)
        .any(|bytes| bytes.starts_with(&[0x67, 0x81, 0x0C, 0x01]) && bytes[4] != 31)
        || contains(der, &[0x2B, 0x06, 0x01, 0x04, 0x01, 0xD6, 0x79, 0x02, 0x04, 0x02]);
    let algorithm = word("Public Key Algorithm: ").unwrap();
    let n_bits = find("Public-Key: (")
        .and_then(|after| after.split_once(" bit)"))
        .map(|(n_bits, _)| n_bits);
    let sized = |name: &str| n_bits.map_or(name.to_owned(), |n_bits| format!("{name} {n_bits}"));
    Line {
        subject: subject.to_owned(),
        issuer: issuer.to_owned(),
        serial: serial(text),
        not_before,
        not_after: time(&word("Not After : ").unwrap()),
        key: match algorithm.as_str() {
            "rsaEncryption" | "rsassaPss" => sized("RSA"),
            "id-ecPublicKey" => sized("EC"),
            "dsaEncryption" => sized("DSA"),
            "ED25519" => "Ed25519".to_owned(),
            "ED448" => "Ed448".to_owned(),
            _ => "other".to_owned(),
        },
        hash: hash(text),
        role: match () {
            () if is_authority => CertificateRole::Authority,
            () if has(["TLS Web Server Authentication", "SSL Server"]) => CertificateRole::Server,
            () if has(["TLS Web Client Authentication", "SSL Client"]) => CertificateRole::Client,
            () if has(["E-mail Protection", "S/MIME"]) => CertificateRole::Person,
            () => CertificateRole::Other,
        },
        trust: match () {
            () if is_public => PublicTrust::Public,
            () if is_authority || not_before < Instant::from_date(2020, 9, 1) => PublicTrust::Unknown,
            () => PublicTrust::Private,
        },
        issued_by: match subject == issuer {
            true => IssuedBy::Itself,
            false => IssuedBy::Another,
        },
        names: extension("X509v3 Subject Alternative Name:")
            .into_iter()
            .flat_map(alternative_names)
            .collect(),
    }
}

/// `Jan  1 00:00:00 2017 GMT`, perhaps with a fraction of the second.
fn time(text: &str) -> Instant {
    let parts: Vec<_> = text.split_whitespace().collect();
    let [month, day, clock, year, "GMT"] = parts[..] else {
        panic!("no time: {text}");
    };
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = MONTHS.find(month).unwrap() / 3 + 1;
    let clock = clock.split('.').next().unwrap_or_default();
    let seconds = clock
        .split(':')
        .fold(0, |sum, part| sum * 60 + part.parse::<i64>().unwrap());
    Instant(Instant::from_date(year.parse().unwrap(), month as u8, day.parse().unwrap()).0 + seconds)
}

/// `Serial Number: 4660 (0x1234)`, or in bytes on the next line when it is long, with a word when it is negative.
fn serial(text: &str) -> String {
    let (_, after) = text.split_once("Serial Number:").unwrap();
    let mut lines = after.lines();
    let first = lines.next().unwrap().trim();
    let (sign, digits) = match first.split_once("0x") {
        Some((before, digits)) => (before.contains('-'), digits.trim_end_matches(')').to_owned()),
        None => (
            first.contains("Negative"),
            lines.next().unwrap().trim().replace(':', ""),
        ),
    };
    signed(sign, &digits)
}

fn signed(is_negative: bool, digits: &str) -> String {
    let digits = digits.trim_start_matches('0');
    let sign = if is_negative { "-" } else { "" };
    format!("{sign}{}", if digits.is_empty() { "0" } else { digits })
}

fn hash(text: &str) -> &'static str {
    let (_, after) = text.rsplit_once("    Signature Algorithm: ").unwrap();
    let name = after.lines().next().unwrap_or_default().trim();
    let named = |name: &str| {
        let name = name.to_lowercase();
        match () {
            () if ["sha224", "sha256", "sha384", "sha512"]
                .iter()
                .any(|sha2| name.contains(sha2)) =>
            {
                "SHA-2"
            }
            () if name.contains("sha1") => "SHA-1",
            () if name.contains("md5") => "MD5",
            () if name.contains("md2") => "MD2",
            () => "other",
        }
    };
    match name {
        "ED25519" | "ED448" => "built in",
        // 2.16.840.1.101.3.4.3.17 to .19, which OpenSSL has known since 3.5
        name if name.starts_with("2.16.840.1.101.3.4.3.") || name.starts_with("ML-DSA") => "built in",
        "rsassaPss" => match after.split_once("Hash Algorithm: ") {
            Some((_, hash)) => named(hash.lines().next().unwrap_or_default()),
            None => "SHA-1",
        },
        name => named(name),
    }
}

/// `DNS:a.example, IP Address:10.0.0.1`: the kinds that OpenSSL shows with their values, the others by kind.
fn alternative_names(line: &str) -> Vec<String> {
    const KINDS: [(&str, &str); 9] = [
        ("DNS:", "dns:"),
        ("email:", "email:"),
        ("URI:", "uri:"),
        ("IP Address:", "ip:"),
        ("DirName:", "directory:"),
        ("othername:", "other:"),
        ("Registered ID:", "other:"),
        ("X400Name:", "other:"),
        ("EdiPartyName:", "other:"),
    ];
    let mut names: Vec<String> = Vec::new();
    for part in line.split(", ") {
        match KINDS.iter().find(|(kind, _)| part.starts_with(kind)) {
            Some((kind, "ip:")) => {
                // It writes IPv6 in full, and of what is no address the length.
                names.push(match part[kind.len()..].parse::<IpAddr>() {
                    Ok(address) => format!("ip:{address}"),
                    Err(_) => "ip:".to_owned(),
                });
            }
            Some((_, ours @ ("directory:" | "other:"))) => names.push((*ours).to_owned()),
            Some((kind, ours)) => names.push(format!("{ours}{}", part[kind.len()..].trim())),
            // The rest of a name with a comma in it, if there is a name: else bytes that OpenSSL cannot read.
            None => {
                if let Some(last) = names
                    .last_mut()
                    .filter(|last| !matches!(last.as_str(), "directory:" | "other:"))
                {
                    last.push_str(", ");
                    last.push_str(part);
                }
            }
        }
    }
    names
}

fn line(fact: &CertificateFact, batch: &Batch) -> Line {
    let text = |sym| batch.strings.get(sym);
    let serial = text(fact.serial);
    Line {
        subject: text(fact.subject).to_owned(),
        issuer: text(fact.issuer).to_owned(),
        serial: signed(serial.starts_with('-'), serial.trim_start_matches('-')),
        not_before: fact.not_before,
        not_after: match fact.not_after {
            Expiry::At(at) => at,
            Expiry::Never => NO_EXPIRY,
            Expiry::NotReported => panic!("a certificate always says when it ends"),
        },
        key: match fact.key {
            KeyAlgorithm::Rsa { n_bits } => format!("RSA {n_bits}"),
            KeyAlgorithm::Ec { n_bits } => format!("EC {n_bits}"),
            KeyAlgorithm::Dsa { n_bits } => format!("DSA {n_bits}"),
            KeyAlgorithm::Ed25519 => "Ed25519".to_owned(),
            KeyAlgorithm::Ed448 => "Ed448".to_owned(),
            KeyAlgorithm::Other => "other".to_owned(),
        },
        hash: match fact.signature_hash {
            SignatureHash::Md2 => "MD2",
            SignatureHash::Md5 => "MD5",
            SignatureHash::Sha1 => "SHA-1",
            SignatureHash::Sha2 => "SHA-2",
            SignatureHash::Sha3 => "SHA-3",
            SignatureHash::Intrinsic => "built in",
            SignatureHash::Other => "other",
        },
        role: fact.role,
        trust: fact.trust,
        issued_by: fact.issued_by,
        names: fact
            .names
            .iter()
            .map(|name| match text(*name).split_once(':') {
                Some((kind @ ("directory" | "other"), _)) => format!("{kind}:"),
                Some(("upn", _)) => "other:".to_owned(),
                Some(("ip", address)) if address.parse::<IpAddr>().is_err() => "ip:".to_owned(),
                Some((kind, value)) => format!("{kind}:{}", value.trim()),
                None => panic!("a name without its kind"),
            })
            .collect(),
    }
}

/// One DER element.
fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    match contents.len() {
        n @ 0..0x80 => der.push(n as u8),
        n => {
            der.push(0x84);
            der.extend((n as u32).to_be_bytes());
        }
    }
    der.extend(contents);
    der
}

/// A certificate without what follows it in a `TRUSTED CERTIFICATE`.
fn first_element(der: &[u8]) -> &[u8] {
    let n_length_bytes = usize::from(der[1] & 0x7F);
    let n_bytes = match der[1] {
        n @ 0..0x80 => 2 + usize::from(n),
        _ => {
            let length = der[2..2 + n_length_bytes]
                .iter()
                .fold(0, |n, byte| n << 8 | usize::from(*byte));
            2 + n_length_bytes + length
        }
    };
    &der[..n_bytes]
}

fn pem_certificates(file: &Path) -> Vec<Vec<u8>> {
    pem_blocks(&String::from_utf8_lossy(&std::fs::read(file).unwrap()))
}

/// The certificates of a PEM text, told by their BEGIN lines alone.
fn pem_blocks(text: &str) -> Vec<Vec<u8>> {
    let labels = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];
    let blocks = text
        .split("-----BEGIN ")
        .skip(1)
        .filter_map(|block| block.split_once("-----"));
    blocks
        .filter(|(label, _)| labels.contains(label))
        .map(|(_, rest)| {
            let body = rest.split("-----END").next().unwrap_or_default();
            STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap()
        })
        .collect()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn has_openssl() -> bool {
    let is_there = Command::new("openssl")
        .arg("version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !is_there {
        println!("skipped: there is no program `openssl`");
    }
    is_there
}

/// What OpenSSL prints.
fn openssl(arguments: &[&str], file: Option<&Path>) -> String {
    let mut command = Command::new("openssl");
    command.args(arguments);
    if let Some(file) = file {
        command.arg("-in").arg(file);
    }
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    // Names in the certificates' own bytes stand among what is UTF-8.
    let lines = output.stdout.split_inclusive(|byte| *byte == b'\n');
    let text = |line: &[u8]| match std::str::from_utf8(line) {
        Ok(line) => line.to_owned(),
        Err(_) => line.iter().copied().map(char::from).collect(),
    };
    lines.map(text).collect()
}

fn read(file: &Path) -> Reading {
    let bytes = std::fs::read(file).unwrap();
    connectors::read("source", &file.to_string_lossy(), &bytes, "salt")
}

/// What went wrong, without what is only worth knowing.
fn problems(readings: &[Reading]) -> Vec<String> {
    let all = readings.iter().flat_map(|reading| &reading.diagnostics);
    all.filter(|d| d.severity != Severity::Info)
        .map(|d| d.found.clone())
        .collect()
}

fn certificates(batch: &Batch) -> impl Iterator<Item = &CertificateFact> {
    batch.credentials.iter().filter_map(|fact| fact.certificate.as_deref())
}

/// Every file below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}
