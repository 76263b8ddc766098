//! How the answers of the HTTPS services are spoilt.

#![forbid(unsafe_code)]

use std::io;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};

/// What happens after the last byte of a [`HttpsFault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Close,
    Cut,
    Hang,
}

/// A reply of the HTTPS service given byte for byte, in place of the real one.
///
/// The request is read whole, recorded with `null` as its reply, and not acted upon.
#[derive(Clone, Debug)]
pub struct HttpsFault {
    bytes: Vec<u8>,
    pause: Option<Duration>,
    ending: Ending,
}

impl HttpsFault {
    /// Sends these bytes, head and all, then ends TLS properly and closes.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        HttpsFault { bytes: bytes.into(), pause: None, ending: Ending::Close }
    }

    /// Sends `200 OK` with this body.
    pub fn ok(body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        Self::raw([head.as_bytes(), body].concat())
    }

    /// Fails with this HTTP status, as a gateway before the service does.
    pub fn status(status: u16) -> Self {
        Self::raw(format!(
            "HTTP/1.1 {status} Failed\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\n<html>failed"
        ))
    }

    /// Never answers; the connection stays open until the device closes it.
    pub fn hang() -> Self {
        Self::raw([]).then_hang()
    }

    /// Keeps the connection open after the last byte.
    #[must_use]
    pub fn then_hang(mut self) -> Self {
        self.ending = Ending::Hang;
        self
    }

    /// Drops the TCP connection after the last byte, without the end of TLS.
    #[must_use]
    pub fn then_cut(mut self) -> Self {
        self.ending = Ending::Cut;
        self
    }

    /// Sends every byte in a TLS record of its own, this long after the one before.
    #[must_use]
    pub fn byte_by_byte(mut self, pause: Duration) -> Self {
        self.pause = Some(pause);
        self
    }

    /// Plays the reply on a connection whose request has been read.
    pub(crate) async fn play(self, io: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        match self.pause {
            None => io.write_all(&self.bytes).await?,
            Some(pause) => {
                for byte in self.bytes {
                    io.write_all(&[byte]).await?;
                    io.flush().await?;
                    tokio::time::sleep(pause).await;
                }
            }
        }
        io.flush().await?;
        match self.ending {
            Ending::Close => io.shutdown().await,
            Ending::Cut => Ok(()),
            Ending::Hang => std::future::pending().await,
        }
    }
}

/// How one answer of the HTTPS service is spoilt.
#[derive(Default)]
pub(crate) struct Spoilt {
    /// How late it comes.
    pub(crate) delay: Duration,
    /// What comes in its place; `None`: the true answer.
    pub(crate) fault: Option<HttpsFault>,
}
