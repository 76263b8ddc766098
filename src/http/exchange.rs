//! A request, and its reply.

#![forbid(unsafe_code)]

#[cfg(any(test, fuzzing))]
use std::sync::Arc;
use std::time::Duration;

use ureq_proto::client::state::{RecvBody, RecvResponse};
use ureq_proto::client::{Call, RecvResponseResult, SendRequestResult, header_raw};
use ureq_proto::http::Request;
use ureq_proto::{BodyMode, Error as HttpError};
use zeroize::Zeroizing;

use super::BODY_MAX;
use super::form::{FormPost, Reply};
use super::wire::{Wire, append};
use crate::base::deadline::Deadline;
use crate::base::error::{Error, TransportError};
use crate::base::log::hold;
use crate::hal::Hal;
use crate::transport::{self, Connection, Endpoint, Framing, Security, Trust};

const PORT: u16 = 443;
/// The longest reply head, in bytes.
const HEAD_MAX: usize = 16 * 1024;

/// Sends `request` to port 443 of its host and receives the reply.
///
/// `timeout` bounds the whole call: connect, handshake, send, receive. Only a HAL that takes longer
/// to connect can outlast it.
///
/// # Errors
/// - [`Error::InvalidArgument`]: the request is not valid HTTP; nothing was connected.
/// - [`Error::Transport`]: no connection, no trust; nothing was sent.
/// - [`Error::Unanswered`]: no reply in time, or none at all; the server may have got the request.
/// - [`Error::BadReply`]: the reply is not HTTP, is cut off, or is longer than 16 KiB of head and
///   64 KiB of body.
pub fn post(
    hal: &'static dyn Hal,
    trust: &Trust,
    request: &FormPost<'_>,
    timeout: Duration,
) -> Result<Reply, Error> {
    begin(hal, trust, request, Deadline::after(timeout))?.receive()
}

/// Sends `request` to port 443 of its host, by the deadline.
///
/// # Errors
/// Those of [`post`], but for [`Error::BadReply`].
pub fn begin(
    hal: &'static dyn Hal,
    trust: &Trust,
    request: &FormPost<'_>,
    deadline: Deadline,
) -> Result<Exchange, Error> {
    let (head, call) = prepare(request).map_err(|cause| {
        Error::InvalidArgument(format!("this cannot be asked over HTTP: {cause}"))
    })?;
    log::info!(target: "httpclient_common", "host: '{}', port: {PORT}", request.host);
    let endpoint = Endpoint {
        host: request.host.to_owned(),
        port: PORT,
        security: Security::Tls(trust.clone()),
    };
    let connection = transport::connect(hal, &endpoint, Framing::Unframed, deadline.left())
        .map_err(Error::Transport)?;
    // What failed half-way may have arrived as a whole: that it went out is learned last.
    send(&*connection, &head, request.body, deadline).map_err(Error::Unanswered)?;
    Ok(Exchange::new(call, Wire::new(connection, deadline)))
}

/// The reply to `request` that comes over a connection on which it has been sent.
#[cfg(any(test, fuzzing))]
pub(crate) fn reply_over(
    request: &FormPost<'_>,
    connection: Arc<dyn Connection>,
    deadline: Deadline,
) -> Result<Reply, Error> {
    let (_, call) = prepare(request).map_err(not_http)?;
    Exchange::new(call, Wire::new(connection, deadline)).receive()
}

/// The request's head, and the protocol's state once head and body are sent.
fn prepare(request: &FormPost<'_>) -> Result<(Vec<u8>, Call<RecvResponse>), HttpError> {
    let length = request.body.len().to_string();
    let mut builder = Request::post(request.path);
    for (name, value) in [
        ("Host", request.host),
        ("Accept", "text/xml,text/javascript,text/html,application/json"),
        ("Content-Length", &length),
        ("Content-Type", request.content_type),
    ] {
        builder = header_raw(builder, name, value.as_bytes());
    }
    let built = builder.body(()).map_err(|cause| HttpError::BadHeader(cause.to_string()))?;

    let mut call = Call::new(built)?.proceed();
    let mut head = vec![0; HEAD_MAX];
    let written = call.write(&mut head)?;
    head.truncate(written);
    let call = match call.proceed()? {
        Some(SendRequestResult::SendBody(mut call)) => {
            call.consume_direct_write(request.body.len())?;
            call.proceed()
        }
        Some(SendRequestResult::RecvResponse(call)) => Some(call),
        Some(SendRequestResult::Await100(_)) | None => None,
    };
    // It wants to go on with anything else only if the head did not fit.
    call.map(|call| (head, call)).ok_or(HttpError::OutputOverflow)
}

fn send(
    connection: &dyn Connection,
    head: &[u8],
    body: &str,
    deadline: Deadline,
) -> Result<(), TransportError> {
    log::debug!(target: "httpclient_send_header", "{}", listing("REQUEST", ">", head));
    // Together, since a body that follows on its own waits for the head to be acknowledged.
    transport::send_all(connection, &[head, body.as_bytes()].concat(), deadline)?;
    log::debug!(target: "httpclient_send_header", "Written {} bytes", head.len());
    log::debug!(target: "httpclient_send_userdata", "client_data->post_buf: {body}");
    log::debug!(target: "httpclient_send_userdata", "Written {} bytes", body.len());
    Ok(())
}

/// A request that was sent, and its connection, which stays open for as long as this lives: closing it
/// takes time, in which what the reply brought should be safe already.
pub struct Exchange {
    call: Option<Call<RecvResponse>>,
    wire: Wire,
    /// What has come of the reply once its head is complete.
    reply: Option<Reply>,
}

impl Exchange {
    fn new(call: Call<RecvResponse>, wire: Wire) -> Self {
        Exchange { call: Some(call), wire, reply: None }
    }

    /// Receives the reply. To be called once.
    ///
    /// # Errors
    /// [`Error::Unanswered`] and [`Error::BadReply`], as of [`post`].
    pub fn receive(&mut self) -> Result<Reply, Error> {
        let missing = || Error::BadReply("it was received before".to_owned());
        let mut call = self.call.take().ok_or_else(missing)?;
        let held = hold();
        let status = receive_head(&mut call, &mut self.wire)?;
        let body = Zeroizing::default();
        let reply = self.reply.insert(Reply { status, body, _held: Some(held) });
        // Without a body there is nothing more to come, and where else to ask is not followed.
        if let Some(RecvResponseResult::RecvBody(call)) = call.proceed() {
            receive_body(call, &mut self.wire, &mut reply.body)?;
        }
        log::debug!(target: "httpclient_recv", "{} bytes have been read", self.wire.received);
        self.reply.take().ok_or_else(missing)
    }

    /// What has come of a reply that did not come to its end; `None` when its head did not.
    pub fn remains(&mut self) -> Option<Reply> {
        self.reply.take()
    }
}

fn receive_head(call: &mut Call<RecvResponse>, wire: &mut Wire) -> Result<u16, Error> {
    loop {
        let (used, response) = call.try_response(&wire.pending, false).map_err(not_http)?;
        if let Some(response) = response {
            check_head(used)?;
            log::debug!(target: "httpclient_recv", "{} bytes have been read", wire.received);
            let head = wire.pending.get(..used).unwrap_or_default();
            log::debug!(target: "httpclient_recv_response", "{}", listing("RESPONSE", "<", head));
            wire.consume(used);
            return Ok(response.status().as_u16());
        }
        // Used without a response: one like 100 Continue, which only announces the real one.
        wire.consume(used);
        if used == 0 {
            check_head(wire.pending.len())?;
            if !wire.receive()? {
                return Err(wire.cut_off("in its head"));
            }
        }
    }
}

fn check_head(len: usize) -> Result<(), Error> {
    if len > HEAD_MAX {
        return Err(Error::BadReply(format!("its head is longer than {HEAD_MAX} bytes")));
    }
    Ok(())
}

fn receive_body(
    mut call: Call<RecvBody>,
    wire: &mut Wire,
    body: &mut Zeroizing<Vec<u8>>,
) -> Result<(), Error> {
    let mode = call.body_mode();
    let too_long = || Error::BadReply(format!("its body is longer than {BODY_MAX} bytes"));
    if matches!(mode, BodyMode::LengthDelimited(len) if len > BODY_MAX as u64) {
        return Err(too_long());
    }
    let mut part = Zeroizing::new([0; 1024]);
    loop {
        let (used, made) = call.read(&wire.pending, &mut *part).map_err(not_http)?;
        wire.consume(used);
        append(body, part.get(..made).unwrap_or_default());
        if body.len() > BODY_MAX {
            return Err(too_long());
        }
        let until_close = mode == BodyMode::CloseDelimited;
        if call.can_proceed() && !until_close {
            return Ok(());
        }
        if used == 0 && made == 0 && !wire.receive()? {
            // Some servers close right after the last chunk, without the empty line behind it.
            let complete = until_close || call.is_ended_chunked();
            return if complete { Ok(()) } else { Err(wire.cut_off("in its body")) };
        }
    }
}

fn not_http(cause: HttpError) -> Error {
    Error::BadReply(format!("it is not HTTP: {cause}"))
}

/// A message's head for the log, a line each.
fn listing(what: &str, mark: &str, head: &[u8]) -> String {
    let mut text = format!("{what} (Length: {} Bytes)", head.len());
    for line in String::from_utf8_lossy(head).lines().filter(|line| !line.is_empty()) {
        text.extend(["\r\n", mark, " ", line]);
    }
    // The empty line that ends the head.
    text.push_str("\r\n");
    text
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read, Write};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Instant;

    use super::*;
    use crate::hal::ReadStyle;
    use crate::hal::fake::{FakeHal, shared_log};
    use crate::transport::test_support::{
        Authority, PATIENCE, Stream, close_notify, serve_tcp, serve_tls,
    };

    const HOST: &str = "iot-auth.cn-shanghai.aliyuncs.com";
    const BODY: &str = "productKey=a1ExpAkj9Hi&deviceName=Example_dyn1&random=7y4Jg5xdKCy9W2i\
        &sign=d3b560d5be0c9c19749470e85d912b65685fa4b20edcbd179ccfe98fcca23d5e&signMethod=hmacsha256";
    const REQUEST: FormPost<'static> = FormPost {
        host: HOST,
        path: "/auth/register/device",
        content_type: "application/x-www-form-urlencoded",
        body: BODY,
    };
    const HEAD: &str = "POST /auth/register/device HTTP/1.1\r\n\
        Host: iot-auth.cn-shanghai.aliyuncs.com\r\n\
        Accept: text/xml,text/javascript,text/html,application/json\r\n\
        Content-Length: 161\r\n\
        Content-Type: application/x-www-form-urlencoded\r\n\
        \r\n";
    const SHORT: Duration = Duration::from_millis(200);

    /// A HAL that reaches a server that reads the request, and then does this.
    fn cloud(
        mut reply: impl FnMut(&mut Stream) -> io::Result<()> + Send + 'static,
    ) -> (&'static FakeHal, Trust) {
        let authority = Authority::new();
        let server = serve_tls(authority.config(HOST), move |stream| {
            stream.read_exact(&mut vec![0; HEAD.len() + BODY.len()])?;
            reply(stream)
        });
        let hal = FakeHal::leak();
        hal.redirect(HOST, PORT, server);
        (hal, authority.trust())
    }

    fn ask((hal, trust): (&'static FakeHal, Trust)) -> Result<Reply, Error> {
        let reply = post(hal, &trust, &REQUEST, PATIENCE);
        assert_eq!(hal.open_connections(), 0);
        reply
    }

    /// The outcome when the server sends this and waits for us to end the connection.
    fn replied(reply: impl Into<Vec<u8>>) -> Result<Reply, Error> {
        let reply = reply.into();
        ask(cloud(move |stream| {
            stream.write_all(&reply)?;
            // What comes next is our farewell: the reply was complete without the server's.
            stream.read(&mut [0]).map(drop)
        }))
    }

    /// The outcome when the server sends this and closes.
    fn replied_and_closed(reply: impl Into<Vec<u8>>) -> Result<Reply, Error> {
        let reply = reply.into();
        ask(cloud(move |stream| {
            stream.write_all(&reply)?;
            close_notify(stream)
        }))
    }

    fn bad_reply(outcome: Result<Reply, Error>) -> String {
        match outcome {
            Err(Error::BadReply(words)) => words,
            Err(other) => panic!("{other:?}"),
            Ok(reply) => panic!("status {}, {} bytes", reply.status, reply.body.len()),
        }
    }

    #[test]
    fn the_head_is_the_c_sdks_byte_for_byte() {
        let (head, _) = prepare(&REQUEST).unwrap();
        assert_eq!(String::from_utf8(head).unwrap(), HEAD);
        assert_eq!((HEAD.len(), BODY.len()), (211, 161));
    }

    #[test]
    fn head_and_body_arrive() {
        let authority = Authority::new();
        let (tell, told) = mpsc::channel();
        let server = serve_tls(authority.config(HOST), move |stream| {
            let mut request = vec![0; HEAD.len() + BODY.len()];
            stream.read_exact(&mut request)?;
            tell.send(request).unwrap();
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
        });
        let hal = FakeHal::leak();
        hal.redirect(HOST, PORT, server);
        let reply = ask((hal, authority.trust())).unwrap();
        assert_eq!((reply.status, reply.body.len()), (204, 0));
        assert_eq!(told.recv_timeout(PATIENCE).unwrap(), [HEAD, BODY].concat().into_bytes());
    }

    #[test]
    fn an_empty_body_is_possible() {
        let (head, _) = prepare(&FormPost { body: "", ..REQUEST }).unwrap();
        assert!(String::from_utf8(head).unwrap().contains("Content-Length: 0\r\n"));
    }

    #[test]
    fn what_is_no_http_is_not_sent() {
        let (hal, trust) = cloud(|_| Ok(()));
        for request in [
            FormPost { path: "no path", ..REQUEST },
            FormPost { host: "a\r\nb", ..REQUEST },
            FormPost { content_type: "a\r\nb", ..REQUEST },
            FormPost { path: &format!("/{}", "x".repeat(HEAD_MAX)), ..REQUEST },
        ] {
            let outcome = post(hal, &trust, &request, PATIENCE);
            assert!(matches!(outcome, Err(Error::InvalidArgument(_))));
        }
        assert_eq!(hal.calls("tcp_establish"), 0);
    }

    #[test]
    fn every_shape_of_reply_is_understood() {
        let sized = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                       2\r\nhe\r\n3;ext=1\r\nllo\r\n0\r\nTrailer: x\r\n\r\n";
        let continued = format!("HTTP/1.1 100 Continue\r\n\r\n{sized}");
        let hinted = format!("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n{sized}");
        for text in [sized, chunked, &continued, &hinted] {
            let reply = replied(text).unwrap_or_else(|cause| panic!("{text}: {cause:?}"));
            assert_eq!((reply.status, &reply.body[..]), (200, &b"hello"[..]));
        }
    }

    #[test]
    fn a_reply_without_a_length_ends_with_the_connection() {
        for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\nServer: x\r\n\r\n"] {
            let reply = replied_and_closed(format!("{head}hello")).unwrap();
            assert_eq!((reply.status, &reply.body[..]), (200, &b"hello"[..]));
        }
    }

    #[test]
    fn a_close_right_behind_the_last_chunk_completes_the_reply() {
        let reply = replied_and_closed(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        );
        assert_eq!(&reply.unwrap().body[..], b"hello");
    }

    #[test]
    fn a_reply_may_come_a_byte_at_a_time() {
        for reply in [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        ] {
            let reply = ask(cloud(move |stream| {
                for byte in reply.bytes() {
                    stream.write_all(&[byte])?;
                }
                stream.read(&mut [0]).map(drop)
            }));
            assert_eq!(&reply.unwrap().body[..], b"hello");
        }
    }

    #[test]
    fn a_reply_is_the_same_over_reads_that_block() {
        let cloud = cloud(|stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")?;
            stream.read(&mut [0]).map(drop)
        });
        cloud.0.state().read_style = ReadStyle::Exact;
        let start = Instant::now();
        assert_eq!(&ask(cloud).unwrap().body[..], b"hello");
        assert!(start.elapsed() < PATIENCE / 2);
    }

    #[test]
    fn a_reply_is_the_same_over_the_firmwares_own_ssl() {
        let server = serve_tcp(|mut socket| {
            socket.read_exact(&mut vec![0; HEAD.len() + BODY.len()]).unwrap();
            socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").unwrap();
            let _ = io::copy(&mut socket, &mut io::sink());
        });
        let hal = FakeHal::leak();
        hal.state().own_ssl = true;
        hal.redirect(HOST, PORT, server);
        let start = Instant::now();
        assert_eq!(&ask((hal, Trust::BuiltIn)).unwrap().body[..], b"hello");
        // Each byte too many that was asked for would have cost a wait.
        assert!(start.elapsed() < PATIENCE / 2);
    }

    #[test]
    fn other_statuses_are_replies_too_and_no_redirection_is_followed() {
        let reply = replied("HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno").unwrap();
        assert_eq!((reply.status, &reply.body[..]), (500, &b"no"[..]));
        let away =
            "HTTP/1.1 302 Found\r\nLocation: https://other.test/\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(replied(away).unwrap().status, 302);
    }

    #[test]
    fn a_long_body_is_whole() {
        let body = "x".repeat(BODY_MAX);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY_MAX}\r\n\r\n");
        assert!(replied(head + &body).unwrap().body[..] == *body.as_bytes());
    }

    #[test]
    fn a_body_without_end_is_refused() {
        for head in ["", "Transfer-Encoding: chunked\r\n", "Content-Length: 1048576\r\n"] {
            let (tell, told) = mpsc::channel();
            let outcome = ask(cloud(move |stream| {
                stream.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n").as_bytes())?;
                let piece = [&b"400\r\n"[..], &[b'x'; 0x400], b"\r\n"].concat();
                let mut sent = Ok(());
                while sent.is_ok() {
                    sent = stream.write_all(&piece);
                }
                tell.send(()).unwrap();
                sent
            }));
            assert_eq!(bad_reply(outcome), "its body is longer than 65536 bytes");
            told.recv_timeout(PATIENCE).unwrap();
        }
    }

    #[test]
    fn a_head_without_end_is_refused() {
        let head = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(HEAD_MAX));
        let complete = format!("{head}\r\nContent-Length: 0\r\n\r\n");
        for reply in [head, complete] {
            assert_eq!(bad_reply(replied(reply)), "its head is longer than 16384 bytes");
        }
    }

    #[test]
    fn what_never_comes_to_an_end_around_head_and_body_is_refused() {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (start, more) in [
            ("", "HTTP/1.1 102 Processing\r\n\r\n"),
            (chunked, "0000000000000000"),
            (&format!("{chunked}0\r\n"), "Trailer: x\r\n"),
        ] {
            let start = start.to_owned();
            let outcome = ask(cloud(move |stream| {
                stream.write_all(start.as_bytes())?;
                let piece = more.repeat(100);
                loop {
                    stream.write_all(piece.as_bytes())?;
                }
            }));
            assert_eq!(bad_reply(outcome), "it goes on after 524288 bytes");
        }
    }

    #[test]
    fn a_cut_off_reply_is_an_error() {
        for (reply, words) in [
            ("HTTP/1.1 200 OK\r\nContent-Le", "it is cut off in its head, after 27 bytes"),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                "it is cut off in its body, after 42 bytes",
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                "it is cut off in its body, after 57 bytes",
            ),
        ] {
            assert_eq!(bad_reply(replied_and_closed(reply)), words);
        }
        let nothing = replied_and_closed("");
        assert!(matches!(nothing, Err(Error::Unanswered(TransportError::Closed))));
    }

    #[test]
    fn what_is_not_http_is_an_error() {
        for reply in [
            "SSH-2.0-OpenSSH_9.2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        ] {
            let words = bad_reply(replied(reply));
            assert!(words.starts_with("it is not HTTP: "), "{words}");
        }
    }

    #[test]
    fn a_server_that_hangs_is_left_in_time() {
        for reply in ["", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"] {
            for style in [ReadStyle::Available, ReadStyle::Exact] {
                let (hal, trust) = cloud(move |stream| {
                    stream.write_all(reply.as_bytes())?;
                    stream.read(&mut [0]).map(drop)
                });
                hal.state().read_style = style;
                let start = Instant::now();
                let outcome = post(hal, &trust, &REQUEST, SHORT);
                assert!(matches!(outcome, Err(Error::Unanswered(TransportError::TimedOut))));
                assert!((SHORT..PATIENCE / 2).contains(&start.elapsed()));
            }
        }
    }

    #[test]
    fn a_server_that_trickles_is_left_in_time() {
        let (hal, trust) = cloud(|stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nX: ")?;
            loop {
                stream.write_all(b"x")?;
                thread::sleep(Duration::from_millis(5));
            }
        });
        let start = Instant::now();
        let outcome = post(hal, &trust, &REQUEST, SHORT);
        assert!(matches!(outcome, Err(Error::Unanswered(TransportError::TimedOut))));
        assert!((SHORT..PATIENCE / 2).contains(&start.elapsed()));
    }

    #[test]
    fn a_server_that_cannot_be_reached_or_trusted_is_an_error() {
        let (hal, _) = cloud(|_| Ok(()));
        let other = Authority::named("Another Root").trust();
        let outcome = post(hal, &other, &REQUEST, PATIENCE);
        assert!(matches!(outcome, Err(Error::Transport(TransportError::Tls(_)))));
        let outcome = post(FakeHal::leak(), &other, &REQUEST, PATIENCE);
        assert!(matches!(outcome, Err(Error::Transport(TransportError::Connect { .. }))));
    }

    #[test]
    fn a_listing_has_the_form_of_the_c_sdk() {
        assert_eq!(
            listing("REQUEST", ">", HEAD.as_bytes()),
            "REQUEST (Length: 211 Bytes)\r\n\
             > POST /auth/register/device HTTP/1.1\r\n\
             > Host: iot-auth.cn-shanghai.aliyuncs.com\r\n\
             > Accept: text/xml,text/javascript,text/html,application/json\r\n\
             > Content-Length: 161\r\n\
             > Content-Type: application/x-www-form-urlencoded\r\n"
        );
    }

    #[test]
    fn the_log_shows_heads_and_never_the_replys_body() {
        let log = shared_log();
        let secret = "TheSecretThatTheReplyBrings";
        let length = secret.len();
        let head =
            format!("HTTP/1.1 200 OK\r\nServer: Log-Test\r\nContent-Length: {length}\r\n\r\n");
        assert_eq!(&replied(format!("{head}{secret}")).unwrap().body[..], secret.as_bytes());

        let printed = log.printed();
        for line in [
            "host: 'iot-auth.cn-shanghai.aliyuncs.com', port: 443\r\n",
            "REQUEST (Length: 211 Bytes)\r\n> POST /auth/register/device HTTP/1.1\r\n",
            "): Written 211 bytes\r\n",
            "): client_data->post_buf: productKey=a1ExpAkj9Hi&deviceName=Example_dyn1&",
            "): Written 161 bytes\r\n",
            "RESPONSE (Length: 57 Bytes)\r\n< HTTP/1.1 200 OK\r\n< Server: Log-Test\r\n",
            "): 84 bytes have been read\r\n",
        ] {
            assert!(printed.contains(line), "{line} is not in {printed}");
        }
        assert!(!printed.contains(secret));
    }

    #[test]
    fn growing_keeps_what_is_there() {
        let mut to = Zeroizing::default();
        for piece in [&b"ab"[..], b"", b"cdefg", &[b'h'; 100]] {
            append(&mut to, piece);
        }
        assert_eq!(to.len(), 107);
        assert!(to.starts_with(b"abcdefgh"));
    }
}
