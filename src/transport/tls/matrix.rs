//! Every kind of server, good and bad, against [`Tls`]: each attempt ends as it must, within its
//! time, and its error names the cause in words.
//!
//! The servers are rustls, and `openssl s_server` where rustls refuses to play the part.

#![forbid(unsafe_code)]

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::BytesMut;
use httpdate::HttpDate;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::ServerConfig;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::{Tls, anchors};
use crate::base::deadline::Deadline;
use crate::base::error::TransportError;
use crate::hal::fake::FakeHal;
use crate::transport::test_support::{
    Authority, PATIENCE, Stream, serve_tcp, serve_tls, server_config, wait_for_end,
};
use crate::transport::{Connection as _, GLOBALSIGN_R1_PEM, Trust};

const HOST: &str = "device.iot.test";
/// How the OpenSSL server greets, and what the client answers.
const GREETING: &[u8] = b"good day\n";

fn connect_as(host: &str, server: SocketAddr, trust: &Trust) -> Result<Tls, TransportError> {
    let hal = FakeHal::leak();
    hal.redirect(host, 443, server);
    let start = Instant::now();
    let outcome = Tls::connect(hal, host, 443, trust, PATIENCE);
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    assert_eq!(hal.open_connections(), usize::from(outcome.is_ok()));
    outcome
}

fn connect(server: SocketAddr, trust: &Trust) -> Result<Tls, TransportError> {
    connect_as(HOST, server, trust)
}

#[track_caller]
fn refused(outcome: Result<Tls, TransportError>, words: &str) {
    let refused = outcome.err().expect("it was accepted").to_string();
    assert!(refused.contains(words), "it does not say '{words}': {refused}");
}

/// Reads until the connection ends, and returns what came and why it ended.
fn read_to_end(tls: &Tls) -> (Vec<u8>, TransportError) {
    let mut received = BytesMut::new();
    let start = Instant::now();
    loop {
        if let Err(end) = tls.receive(&mut received, PATIENCE) {
            return (received.to_vec(), end);
        }
        assert!(start.elapsed() < PATIENCE, "the connection did not end");
    }
}

/// A server of rustls that shakes hands and waits.
fn serve(config: ServerConfig) -> SocketAddr {
    serve_tls(Arc::new(config), |stream| {
        stream.conn.complete_io(&mut stream.sock)?;
        wait_for_end(stream);
        Ok(())
    })
}

fn params(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).unwrap()
}

/// A server whose certificate `authority` has signed, with further certificates in its chain.
fn serve_signed(
    authority: &Authority,
    leaf: &CertificateParams,
    chain: &[&Authority],
) -> SocketAddr {
    let key = KeyPair::generate().unwrap();
    let mut certificates = vec![authority.sign(leaf, &key).der().clone()];
    certificates.extend(chain.iter().map(|issuer| issuer.certificate()));
    serve(server_config(certificates, &key, rustls::DEFAULT_VERSIONS))
}

/// A server whose certificate nobody but itself has signed, and that certificate.
fn serve_self_signed(leaf: &CertificateParams) -> (SocketAddr, Trust) {
    let key = KeyPair::generate().unwrap();
    let certificate = leaf.self_signed(&key).unwrap();
    let config = server_config(vec![certificate.der().clone()], &key, rustls::DEFAULT_VERSIONS);
    (serve(config), Trust::Pem(certificate.pem()))
}

// Certificates.

#[test]
fn the_matching_certificate_is_accepted_by_either_version() {
    let authority = Authority::new();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let server = serve_tls(authority.config_for_version(HOST, version), |stream| {
            stream.write_all(GREETING)
        });
        let tls = connect(server, &authority.trust()).unwrap();
        assert_eq!(read_to_end(&tls).0, GREETING);
    }
}

#[test]
fn a_certificate_outside_of_its_dates_is_refused() {
    let authority = Authority::new();
    for ((from, to), words) in [
        ((2000, 2001), "expired on Mon, 01 Jan 2001 00:00:00 GMT, and this device's clock says "),
        (
            (3000, 3001),
            "not valid before Wed, 01 Jan 3000 00:00:00 GMT, and this device's clock says ",
        ),
    ] {
        let server = serve_tls(authority.config_for_years(HOST, from, to), |stream| {
            stream.conn.complete_io(&mut stream.sock).map(drop)
        });
        refused(connect(server, &authority.trust()), words);
    }
}

#[test]
fn a_wildcard_stands_for_exactly_one_level() {
    let authority = Authority::new();
    let server = serve_signed(&authority, &params("*.iot.test"), &[]);
    assert!(connect_as("a.iot.test", server, &authority.trust()).is_ok());
    for host in ["b.a.iot.test", "iot.test", "a.iot.test.example"] {
        let words = format!("is for another name: wanted {host}, has *.iot.test");
        refused(connect_as(host, server, &authority.trust()), &words);
    }
}

#[test]
fn another_name_is_refused() {
    let authority = Authority::new();
    let server = serve_signed(&authority, &params("other.test"), &[]);
    let words = "is for another name: wanted device.iot.test, has other.test";
    refused(connect(server, &authority.trust()), words);
}

#[test]
fn a_certificate_without_a_name_is_refused() {
    let authority = Authority::new();
    let server = serve_signed(&authority, &CertificateParams::new([]).unwrap(), &[]);
    refused(connect(server, &authority.trust()), "wanted device.iot.test, has none");
}

#[test]
fn a_self_signed_certificate_is_accepted_only_where_the_firmware_pins_it() {
    let (server, pinned) = serve_self_signed(&params(HOST));
    let words = "issued by none of the trust anchors";
    refused(connect(server, &Trust::BuiltIn), words);
    refused(connect(server, &Authority::new().trust()), words);
    assert!(connect(server, &pinned).is_ok());
}

#[test]
fn a_ca_that_serves_with_its_own_certificate_is_refused() {
    let mut leaf = params(HOST);
    leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let (server, pinned) = serve_self_signed(&leaf);
    refused(connect(server, &pinned), "the server presents a CA's certificate as its own");
}

#[test]
fn an_unknown_authority_is_refused() {
    let server = serve_signed(&Authority::new(), &params(HOST), &[]);
    let words = "issued by none of the trust anchors";
    refused(connect(server, &Authority::named("Another Root").trust()), words);
    refused(connect(server, &Trust::BuiltIn), words);
}

#[test]
fn an_authority_that_only_has_an_anchors_name_is_refused() {
    let server = serve_signed(&Authority::new(), &params(HOST), &[]);
    let words = "bears the name of a trust anchor as its issuer, but not its signature";
    refused(connect(server, &Authority::new().trust()), words);
}

#[test]
fn an_intermediate_must_be_a_ca_and_be_sent() {
    let root = Authority::new();
    let ca = root.intermediate(IsCa::Ca(BasicConstraints::Constrained(0)));
    let server = serve_signed(&ca, &params(HOST), &[&ca]);
    assert!(connect(server, &root.trust()).is_ok());

    let server = serve_signed(&ca, &params(HOST), &[]);
    refused(connect(server, &root.trust()), "issued by none of the trust anchors");

    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa] {
        let no_ca = root.intermediate(is_ca);
        let server = serve_signed(&no_ca, &params(HOST), &[&no_ca]);
        let words = "a certificate that is not a CA's has signed the server's certificate";
        refused(connect(server, &root.trust()), words);
    }
}

#[test]
fn an_old_signature_or_a_short_key_is_refused() {
    for version in ["-tls1_2", "-tls1_3"] {
        let server = OpenSsl::start("rsa:2048", "-sha1", &[version]);
        refused(server.connect(), "signed in a way that is not accepted, such as by SHA-1");
        let server = OpenSsl::start("rsa:1024", "-sha256", &[version]);
        refused(server.connect(), "a key that is too short (RSA below 2048 bits)");
        let mut server = OpenSsl::start("rsa:2048", "-sha256", &[version]);
        let tls = server.connect().unwrap();
        server.greet(&tls);
    }
}

// Versions and what may happen on the way.

#[test]
fn old_versions_are_refused() {
    for version in ["-tls1", "-tls1_1"] {
        let server = OpenSsl::start("rsa:2048", "-sha256", &[version]);
        refused(server.connect(), "the server speaks neither TLS 1.2 nor TLS 1.3");
    }
}

#[test]
fn a_server_that_answers_by_an_old_version_is_refused() {
    // A ServerHello of TLS 1.0: version, random, no session, a cipher suite, no compression.
    let hello = [&[2, 0, 0, 38, 3, 1], [7; 32].as_slice(), &[0, 0xc0, 0x2f, 0]].concat();
    let server = serve_record(22, hello);
    refused(connect(server, &Trust::BuiltIn), "the server speaks neither TLS 1.2 nor TLS 1.3");
}

#[test]
fn a_request_to_renegotiate_ends_the_connection() {
    let mut server = OpenSsl::start("rsa:2048", "-sha256", &["-tls1_2"]);
    let tls = server.connect().unwrap();
    server.greet(&tls);
    server.renegotiate();
    let (_, end) = read_to_end(&tls);
    let words = "the server broke off with the TLS alert HandshakeFailure";
    assert!(end.to_string().contains(words), "{end}");
    // It stays ended.
    assert!(matches!(tls.send(b"more", Deadline::after(PATIENCE)), Err(TransportError::Tls(_))));
}

#[test]
fn an_alert_in_the_handshake_is_named() {
    let server = serve_record(21, vec![2, 80]);
    refused(
        connect(server, &Trust::BuiltIn),
        "the server broke off with the TLS alert InternalError",
    );
}

#[test]
fn an_alert_in_the_middle_is_named_after_the_data_before_it() {
    let authority = Authority::new();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let server = serve_tls(authority.config_for_version(HOST, version), |stream| {
            stream.write_all(GREETING)?;
            break_down(stream)
        });
        let tls = connect(server, &authority.trust()).unwrap();
        let (received, end) = read_to_end(&tls);
        assert_eq!(received, GREETING);
        let words = "the server broke off with the TLS alert BadRecordMac";
        assert!(end.to_string().contains(words), "{end}");
    }
}

#[test]
fn a_close_without_farewell_is_a_close() {
    let authority = Authority::new();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        // Nothing, the head, and half of the next record.
        for rest in [&[][..], &[23, 3, 3], &[23, 3, 3, 0, 100, 1, 2, 3]] {
            let server = serve_tls(authority.config_for_version(HOST, version), move |stream| {
                stream.write_all(GREETING)?;
                stream.sock.write_all(rest)
            });
            let tls = connect(server, &authority.trust()).unwrap();
            let (received, end) = read_to_end(&tls);
            assert_eq!(received, GREETING);
            assert!(matches!(end, TransportError::Closed), "{end}");
        }
    }
}

#[test]
fn what_is_not_tls_is_named() {
    let server = serve_tcp(|mut socket| {
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        let _ = io::copy(&mut socket, &mut io::sink());
    });
    refused(connect(server, &Trust::BuiltIn), "is not TLS, is it the right port?");
}

/// A server that answers a hello with one record in the clear.
fn serve_record(content_type: u8, content: Vec<u8>) -> SocketAddr {
    let len = u16::try_from(content.len()).unwrap().to_be_bytes();
    let record = [&[content_type, 3, 3, len[0], len[1]], content.as_slice()].concat();
    serve_tcp(move |mut socket| {
        let _ = socket.read(&mut [0; 4096]);
        let _ = socket.write_all(&record);
        let _ = io::copy(&mut socket, &mut io::sink());
    })
}

/// Makes a server believe that the client's next record is broken, and tell the client so.
fn break_down(stream: &mut Stream) -> io::Result<()> {
    let mut broken: &[u8] = &[[23, 3, 3, 0, 40].as_slice(), &[0; 40]].concat();
    stream.conn.read_tls(&mut broken)?;
    stream.conn.process_new_packets().unwrap_err();
    stream.conn.write_tls(&mut stream.sock)?;
    wait_for_end(stream);
    Ok(())
}

// The firmware's PEM.

#[test]
fn the_firmwares_pem_is_read_in_each_usual_form() {
    let authority = Authority::new();
    let server = serve_signed(&authority, &params(HOST), &[]);
    let unix = authority.pem().replace("\r\n", "\n");
    let dos = unix.replace('\n', "\r\n");
    let two = format!("{GLOBALSIGN_R1_PEM}\n{unix}");
    let with_words = format!("Subject: the root\n{unix}\nthe end\n");
    for pem in [unix.as_str(), &dos, &two, &with_words, unix.trim_end()] {
        assert!(connect(server, &Trust::Pem(pem.to_owned())).is_ok(), "{pem}");
    }
}

#[test]
fn a_pem_that_is_none_is_refused_before_anything_is_sent() {
    let certificate = Authority::new().pem();
    for (pem, words) in [
        ("", "there is no PEM certificate in the text"),
        ("garbage", "there is no PEM certificate in the text"),
        (&certificate[..certificate.len() / 2], "its END line is missing"),
    ] {
        let hal = FakeHal::leak();
        let outcome = Tls::connect(hal, HOST, 443, &Trust::Pem(pem.into()), PATIENCE);
        refused(outcome, words);
        assert_eq!(hal.calls("tcp_establish"), 0);
    }
}

// The built-in anchors.

/// A root that the platform's servers chain to, and when it ends.
struct Anchor {
    name: &'static str,
    /// SHA-256 of its public key (SubjectPublicKeyInfo in DER), in hexadecimal.
    key: &'static str,
    /// Seconds since 1970, since an anchor in Mozilla's list comes without its dates.
    ends: u64,
}

const NEEDED: [Anchor; 4] = [
    Anchor {
        name: "GlobalSign Root CA (R1)",
        key: "2bcee858158cf5465fc9d76f0dfa312fef25a4dca8501da9b46b67d1fbfa1b64",
        ends: 1_832_673_600, // 2028-01-28 12:00
    },
    Anchor {
        name: "GlobalSign Root CA - R3",
        key: "706bb1017c855c59169bad5c1781cf597f12d2cad2f63d1a4aa37493800ffb80",
        ends: 1_868_522_400, // 2029-03-18 10:00
    },
    Anchor {
        name: "GlobalSign Root CA - R6",
        key: "682747f8ba621b87cdd3bc295ed5cabce722a1c0c0363d1d68b38928d2787f1e",
        ends: 2_049_321_600, // 2034-12-10 00:00
    },
    Anchor {
        name: "GlobalSign Root R46",
        key: "ae7f962cb9e6a7dbf7b833fb18fa9b71a89175df949c232b6a9ef7cb3df2bbfc",
        ends: 2_405_116_800, // 2046-03-20 00:00
    },
];

/// The SHA-256 of a public key, whose outermost head webpki leaves out.
fn key_digest(public_key: &[u8]) -> String {
    let len = u16::try_from(public_key.len()).unwrap().to_be_bytes();
    assert!(public_key.len() > 255, "its head is shorter than that of an RSA key");
    let digest = Sha256::digest([&[0x30, 0x82, len[0], len[1]], public_key].concat());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_anchors_that_the_platform_needs_are_built_in() {
    let keys: Vec<String> = anchors(&Trust::BuiltIn)
        .unwrap()
        .roots
        .iter()
        .filter(|anchor| anchor.subject_public_key_info.len() > 255)
        .map(|anchor| key_digest(&anchor.subject_public_key_info))
        .collect();
    for anchor in NEEDED {
        assert!(keys.iter().any(|key| key == anchor.key), "{} is missing", anchor.name);
    }
}

/// Firmware in the field is renewed slowly, so this fails half a year before an anchor ends.
/// `cargo test no_anchor -- --nocapture` shows when each of them does.
#[test]
fn no_anchor_that_the_platform_needs_ends_soon() {
    const DAY: u64 = 24 * 60 * 60;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    for Anchor { name, ends, .. } in NEEDED {
        let date = HttpDate::from(UNIX_EPOCH + Duration::from_secs(ends));
        let days = ends.saturating_sub(now) / DAY;
        println!("{name} ends {date}, in {days} days");
        assert!(
            days >= 180,
            "{name} ends {date}, in {days} days. Find out which roots the platform's servers chain \
             to now (openssl s_client -showcerts -connect iot-auth.cn-shanghai.aliyuncs.com:443), \
             see that each is among the built-in anchors, list them in NEEDED in place of this one, \
             and tell users with an older library to update it"
        );
    }
}

// OpenSSL.

/// `openssl s_server`, which has none of rustls' scruples. Ends with the test.
struct OpenSsl {
    child: Child,
    stdin: ChildStdin,
    address: SocketAddr,
    authority: Authority,
    _folder: TempDir,
}

impl OpenSsl {
    /// Serves [`HOST`] with a certificate for a key of this kind, signed over this digest.
    fn start(key: &str, digest: &str, options: &[&str]) -> Self {
        let authority = Authority::new();
        let folder = tempfile::tempdir().unwrap();
        let certificate = make_certificate(folder.path(), &authority, key, digest);
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-cipher", "ALL:@SECLEVEL=0", "-key"])
            .arg(folder.path().join("server.key"))
            .arg("-cert")
            .arg(certificate)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("this test needs openssl: apt-get install openssl");
        let stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let address = listening_at(&mut stdout);
        // It would stop when nobody takes what it prints.
        thread::spawn(move || io::copy(&mut stdout, &mut io::sink()));
        OpenSsl { child, stdin, address, authority, _folder: folder }
    }

    fn connect(&self) -> Result<Tls, TransportError> {
        connect(self.address, &self.authority.trust())
    }

    /// Sends the greeting, and waits until it has come.
    fn greet(&mut self, tls: &Tls) {
        self.stdin.write_all(GREETING).unwrap();
        let mut received = BytesMut::new();
        assert_eq!(tls.receive(&mut received, PATIENCE).unwrap(), GREETING.len());
        assert_eq!(received, GREETING);
    }

    /// Asks the client for a new handshake. A command has to be a read of its own.
    fn renegotiate(&mut self) {
        self.stdin.write_all(b"r\n").unwrap();
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listening_at(stdout: &mut impl io::BufRead) -> SocketAddr {
    let mut lines = stdout.lines().map(Result::unwrap);
    let address = lines.find_map(|line| Some(line.strip_prefix("ACCEPT ")?.to_owned()));
    address.expect("openssl s_server does not start").parse().unwrap()
}

fn make_certificate(folder: &Path, authority: &Authority, key: &str, digest: &str) -> PathBuf {
    let path = |name: &str| folder.join(name);
    fs::write(path("ca.pem"), authority.pem()).unwrap();
    fs::write(path("ca.key"), authority.key_pem()).unwrap();
    let made = Command::new("openssl")
        .current_dir(folder)
        .args(["req", "-x509", "-CA", "ca.pem", "-CAkey", "ca.key", "-newkey", key, digest])
        .args(["-nodes", "-keyout", "server.key", "-out", "server.pem", "-subj", "/CN=server"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-addext", &format!("subjectAltName=DNS:{HOST}")])
        .output()
        .expect("this test needs openssl: apt-get install openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    path("server.pem")
}
