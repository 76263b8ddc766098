//! The cloud's replies, as they come over the wire and as JSON.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::base::deadline::Deadline;
use crate::base::error::TransportError;
use crate::base::identity::{DEVICE_SECRET_LEN, Identity};
use crate::cloud::{dynreg, https_auth};
use crate::http::{self, BODY_MAX, FormPost, Reply};
use crate::transport::Connection;

/// Longer than any reply takes whose end is there.
const PATIENCE: Duration = Duration::from_secs(60);
const REQUEST: FormPost<'static> =
    FormPost { host: "host", path: "/", content_type: "text/plain", body: "body" };

/// The first byte says in pieces of what size the rest comes, which is the reply.
pub fn replies(data: &[u8]) {
    let Some((size, bytes)) = data.split_first() else { return };
    read(&Reply::of(200, Zeroizing::new(bytes.to_vec())));
    let peer = Peer { bytes: Mutex::new(BytesMut::from(bytes)), size: usize::from(*size) + 1 };
    if let Ok(reply) = http::reply_over(&REQUEST, Arc::new(peer), Deadline::after(PATIENCE)) {
        assert!(reply.body.len() <= BODY_MAX);
        assert!(reply.body.len() <= bytes.len());
        read(&reply);
    }
}

fn read(reply: &Reply) {
    let identity = Identity::new("a1ExpAkj9Hi", "Example_dyn1").unwrap();
    let json = || serde_json::from_slice::<Value>(&reply.body).unwrap();
    if let Ok(secret) = dynreg::secret_in(reply, &identity) {
        let json = json();
        assert!(json["code"] == 200 || json["code"] == "200");
        let data = &json["data"];
        assert_eq!(data["deviceSecret"], secret.expose());
        assert!((1..=DEVICE_SECRET_LEN).contains(&secret.expose().len()));
        assert!(secret.expose().bytes().all(|byte| byte.is_ascii_graphic()));
        for (name, own) in
            [("productKey", identity.product_key()), ("deviceName", identity.device_name())]
        {
            assert!(data.get(name).is_none_or(|given| given == own));
        }
    }
    if let Ok(grant) = https_auth::grant_in(reply) {
        let json = json();
        assert!(json["code"] == 200 || json["code"] == "200");
        let data = &json["data"];
        let mqtt = &data["resources"]["mqtt"];
        let server = &grant.server;
        assert_eq!(mqtt["host"], server.host);
        assert_eq!(mqtt["port"], server.port);
        assert_eq!(data["iotId"], grant.iot_id);
        assert_eq!(data["iotToken"], grant.iot_token.expose());
        assert!(!server.host.contains(|part: char| part.is_control() || part == '/'));
        assert!(server.port != 0 && !server.host.is_empty());
    }
}

/// A peer that sends this and closes.
struct Peer {
    bytes: Mutex<BytesMut>,
    size: usize,
}

impl Connection for Peer {
    fn send(&self, bytes: &[u8], _deadline: Deadline) -> Result<usize, TransportError> {
        Ok(bytes.len())
    }

    fn flush(&self, _deadline: Deadline) -> Result<bool, TransportError> {
        Ok(true)
    }

    fn receive(&self, into: &mut BytesMut, _timeout: Duration) -> Result<usize, TransportError> {
        let mut bytes = self.bytes.lock().unwrap();
        let size = self.size.min(bytes.len());
        into.extend_from_slice(&bytes.split_to(size));
        if size == 0 { Err(TransportError::Closed) } else { Ok(size) }
    }

    fn receives_at_once(&self) -> bool {
        true
    }

    fn greeted(&self) {}

    fn close(&self) {}
}
