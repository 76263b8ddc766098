//! One HTTPS connection of the authentication service, on hyper.

#![forbid(unsafe_code)]

pub(crate) mod fault;

use std::future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;

use crate::faults::Faults;
use crate::https::fault::{HttpsFault, Spoilt};
use crate::registry::Registry;
use crate::services::auth;
use crate::trace::{Event, From, Trace};

/// No request of a device is longer than this, by far.
const BODY_MAX: usize = 64 * 1024;

/// The authentication service of one cloud.
pub(crate) struct Service {
    pub(crate) registry: Arc<Registry>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) trace: Trace,
}

impl Service {
    /// Serves one request that came to this region, and closes the connection.
    pub(crate) async fn serve<S>(&self, stream: S, peer: &str, region: &str)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let received = Arc::new(Mutex::new(Vec::new()));
        let io = TokioIo::new(Recording { inner: stream, received: Arc::clone(&received) });
        let (take_over, mut faults) = mpsc::unbounded_channel();
        let mut connection =
            http1::Builder::new().keep_alive(false).title_case_headers(true).serve_connection(
                io,
                service_fn(|request| self.answer(request, (peer, region), &received, &take_over)),
            );
        let ended = tokio::select! {
            ended = &mut connection => ended.map_err(|error| error.to_string()),
            Some(fault) = faults.recv() => {
                let mut io = connection.into_parts().io.into_inner();
                fault.play(&mut io).await.map_err(|error| error.to_string())
            }
        };
        if let Err(why) = ended {
            self.trace.record(peer, From::Device, Event::Closed { why });
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        (peer, region): (&str, &str),
        received: &Mutex<Vec<u8>>,
        take_over: &mpsc::UnboundedSender<HttpsFault>,
    ) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, BODY_MAX).collect().await?.to_bytes();
        let headers = headers_as_sent(&received.lock().unwrap_or_else(PoisonError::into_inner));
        let record = |reply| {
            let event = Event::Http {
                method: head.method.to_string(),
                path: head.uri.path().to_owned(),
                headers,
                body: String::from_utf8_lossy(&body).into_owned(),
                reply,
            };
            match auth::claimed_device(&body) {
                Some(device) => self.trace.record(device, From::Device, event),
                None => self.trace.record(peer, From::Device, event),
            }
        };
        let Spoilt { delay, fault } = self.faults.take_https();
        tokio::time::sleep(delay).await;
        if let Some(fault) = fault {
            record(Value::Null);
            // The connection is taken away from hyper, so this future has nothing to return.
            let _ = take_over.send(fault);
            return future::pending().await;
        }
        let reply = auth::answer(&self.registry, region, &head.method, head.uri.path(), &body);
        let text = reply.body.to_string();
        record(reply.body);
        Ok(Response::builder()
            .status(reply.status)
            .header(CONTENT_TYPE, "application/json;charset=utf-8")
            .body(Full::from(text))?)
    }
}

/// The header fields in the order and spelling of the wire, which hyper does not keep.
fn headers_as_sent(received: &[u8]) -> Vec<(String, String)> {
    let mut fields = [httparse::EMPTY_HEADER; 100];
    let mut request = httparse::Request::new(&mut fields);
    // hyper accepted the same bytes by the same parser, so this cannot fail.
    let _ = request.parse(received);
    request
        .headers
        .iter()
        .map(|field| (field.name.to_owned(), String::from_utf8_lossy(field.value).into_owned()))
        .collect()
}

/// A stream that keeps a copy of what was read.
struct Recording<S> {
    inner: S,
    received: Arc<Mutex<Vec<u8>>>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Recording<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        let new = buf.filled().get(before..).unwrap_or_default();
        self.received.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(new);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Recording<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
