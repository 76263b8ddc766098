//! What is asked, and what is answered.

#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use crate::base::log::Held;

/// A POST request.
#[derive(Clone, Copy, Debug)]
pub struct FormPost<'a> {
    /// The server's name, to which its certificate must be issued.
    pub host: &'a str,
    /// The path, from its `/` on.
    pub path: &'a str,
    /// The value of `Content-Type`.
    pub content_type: &'a str,
    /// The body as it goes over the wire. It is logged, so it must not hold a secret.
    pub body: &'a str,
}

/// The reply to a request, whatever its status.
pub struct Reply {
    /// The HTTP status code. A redirection is not followed.
    pub status: u16,
    /// The body, which may hold a secret.
    pub body: Zeroizing<Vec<u8>>,
    /// What the log says of it: a head may hold what only the body shows to be a secret, so its lines
    /// are printed when the reply has been read and is dropped.
    pub(super) _held: Option<Held>,
}

impl Reply {
    /// A reply that is nobody's.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn of(status: u16, body: Zeroizing<Vec<u8>>) -> Self {
        Reply { status, body, _held: None }
    }
}
