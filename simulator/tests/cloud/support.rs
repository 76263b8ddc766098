//! A device that talks to the cloud under test: TLS, one HTTPS request, MQTT packet by packet.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use hmac::{Hmac, KeyInit as _, Mac as _};
use linkkit_sim::{Cloud, QoS};
use rumqttc::{
    ConnAck, Connect, Packet, PubAck, Publish, Subscribe, SubscribeReasonCode, Unsubscribe,
};
use sha1::Sha1;
use sha2::Sha256;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Everything on loopback is quicker than this by far; only a failing test waits so long.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) const PRODUCT: &str = "a1ExpAkj9Hi";
pub(crate) const AUTH_HOST: &str = "iot-auth.cn-shanghai.aliyuncs.com";
pub(crate) const MQTT_HOST: &str = "a1ExpAkj9Hi.iot-as-mqtt.cn-shanghai.aliyuncs.com";

pub(crate) type Tls = StreamOwned<ClientConnection, TcpStream>;

/// Connects by TLS and verifies the cloud's certificate against its CA and `host`.
pub(crate) fn tls(cloud: &Cloud, addr: SocketAddr, host: &str) -> std::io::Result<Tls> {
    tls_trusting(cloud.ca_pem(), addr, host)
}

/// The same, against this CA.
pub(crate) fn tls_trusting(ca_pem: &str, addr: SocketAddr, host: &str) -> std::io::Result<Tls> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut tcp = tcp(addr)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut tcp)?;
    }
    Ok(StreamOwned::new(connection, tcp))
}

pub(crate) fn hmac_sha256(key: &str, text: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap().chain_update(text);
    base16ct::lower::encode_string(&mac.finalize().into_bytes())
}

fn hmac_sha1(key: &str, text: &str) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap().chain_update(text);
    base16ct::lower::encode_string(&mac.finalize().into_bytes())
}

/// The request of a device that registers, as the C SDK writes it.
pub(crate) fn register_request(product_secret: &str, device_name: &str) -> String {
    let text = format!("deviceName{device_name}productKey{PRODUCT}random0123456789abcde");
    let body = format!(
        "productKey={PRODUCT}&deviceName={device_name}&random=0123456789abcde&sign={}\
         &signMethod=hmacsha256",
        hmac_sha256(product_secret, &text)
    );
    format!(
        "POST /auth/register/device HTTP/1.1\r\nHost: {AUTH_HOST}\r\n\
         Accept: text/xml,text/javascript,text/html,application/json\r\n\
         Content-Length: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
        body.len()
    )
}

/// Sends a request and returns everything that comes back until the cloud closes.
pub(crate) fn https(cloud: &Cloud, request: &str) -> Vec<u8> {
    let mut stream = tls(cloud, cloud.https_addr(), AUTH_HOST).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = Vec::new();
    match stream.read_to_end(&mut reply) {
        Ok(_) => reply,
        // A connection that is cut without the end of TLS; what came before counts.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => reply,
        Err(error) => panic!("{error}"),
    }
}

/// Registers a device and returns the body of the reply.
pub(crate) fn register(cloud: &Cloud, device_name: &str) -> serde_json::Value {
    let reply = https(cloud, &register_request("ffFnFlKQW3HYjjPR", device_name));
    let reply = String::from_utf8(reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    serde_json::from_str(body).unwrap()
}

/// How a device logs in.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) name: String,
    pub(crate) secret: String,
    pub(crate) method: &'static str,
    pub(crate) upper_case: bool,
    pub(crate) clean: bool,
    pub(crate) keepalive: u16,
    /// Over plain TCP, by securemode 3.
    pub(crate) plain: bool,
}

impl Login {
    /// The login of a device that has a secret at the cloud.
    pub(crate) fn of(cloud: &Cloud, name: &str) -> Self {
        Login {
            name: name.into(),
            secret: cloud.device_secret(PRODUCT, name).unwrap(),
            method: "hmacsha256",
            upper_case: false,
            clean: false,
            keepalive: 60,
            plain: false,
        }
    }

    fn packet(&self) -> Connect {
        let name = &self.name;
        let text = format!(
            "clientId{PRODUCT}.{name}deviceName{name}productKey{PRODUCT}timestamp2524608000000"
        );
        let password = match self.method {
            "hmacsha1" => hmac_sha1(&self.secret, &text),
            _ => hmac_sha256(&self.secret, &text),
        };
        let password = if self.upper_case { password.to_uppercase() } else { password };
        let mut connect = Connect::new(format!(
            "{PRODUCT}.{name}|securemode={},timestamp=2524608000000,signmethod={},lan=C|",
            if self.plain { 3 } else { 2 },
            self.method
        ));
        connect.clean_session = self.clean;
        connect.keep_alive = self.keepalive;
        connect.set_login(format!("{name}&{PRODUCT}"), password);
        connect
    }
}

/// What carries a device's bytes.
trait Carrier: Read + Write {}
impl<T: Read + Write> Carrier for T {}

fn tcp(addr: SocketAddr) -> std::io::Result<TcpStream> {
    let tcp = TcpStream::connect(addr)?;
    tcp.set_read_timeout(Some(TIMEOUT))?;
    tcp.set_write_timeout(Some(TIMEOUT))?;
    Ok(tcp)
}

/// A connected device.
pub(crate) struct Device {
    stream: Box<dyn Carrier>,
    buffer: BytesMut,
    last_id: u16,
}

impl Device {
    /// Sends CONNECT and returns what came back.
    pub(crate) fn try_connect(cloud: &Cloud, login: &Login) -> (Self, ConnAck) {
        Self::try_connect_by(cloud, login.packet(), login.plain)
    }

    /// The same, with this packet, over TLS or plain TCP.
    pub(crate) fn try_connect_by(cloud: &Cloud, connect: Connect, plain: bool) -> (Self, ConnAck) {
        let stream: Box<dyn Carrier> = if plain {
            Box::new(tcp(cloud.mqtt_tcp_addr()).unwrap())
        } else {
            Box::new(tls(cloud, cloud.mqtt_addr(), MQTT_HOST).unwrap())
        };
        let mut device = Device { stream, buffer: BytesMut::new(), last_id: 0 };
        device.send(Packet::Connect(connect));
        match device.receive() {
            Some(Packet::ConnAck(ack)) => (device, ack),
            other => panic!("no CONNACK but {other:?}"),
        }
    }

    /// Connects, and returns whether the cloud had a session.
    pub(crate) fn connect(cloud: &Cloud, login: &Login) -> (Self, bool) {
        let (device, ack) = Self::try_connect(cloud, login);
        assert_eq!(ack.code, rumqttc::ConnectReturnCode::Success);
        (device, ack.session_present)
    }

    pub(crate) fn send(&mut self, packet: Packet) {
        let mut bytes = BytesMut::new();
        packet.write(&mut bytes, usize::MAX).unwrap();
        self.stream.write_all(&bytes).unwrap();
    }

    /// The next packet, `None` when the cloud closed the connection.
    pub(crate) fn receive(&mut self) -> Option<Packet> {
        match self.try_receive() {
            Ok(packet) => packet,
            Err(error) => match error.kind() {
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset => None,
                _ => panic!("{error}"),
            },
        }
    }

    /// The same, with the words of what went wrong.
    pub(crate) fn try_receive(&mut self) -> std::io::Result<Option<Packet>> {
        loop {
            match Packet::read(&mut self.buffer, usize::MAX) {
                Ok(packet) => return Ok(Some(packet)),
                Err(rumqttc::Error::InsufficientBytes(_)) => {}
                Err(error) => panic!("{error}"),
            }
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes)? {
                0 => return Ok(None),
                count => self.buffer.extend_from_slice(&bytes[..count]),
            }
        }
    }

    fn id(&mut self) -> u16 {
        self.last_id += 1;
        self.last_id
    }

    /// Subscribes at QoS 1 and returns what was granted.
    pub(crate) fn subscribe(&mut self, filter: &str) -> Vec<SubscribeReasonCode> {
        let mut subscribe = Subscribe::new(filter, QoS::AtLeastOnce);
        subscribe.pkid = self.id();
        let id = subscribe.pkid;
        self.send(Packet::Subscribe(subscribe));
        match self.receive() {
            Some(Packet::SubAck(ack)) if ack.pkid == id => ack.return_codes,
            other => panic!("no SUBACK but {other:?}"),
        }
    }

    pub(crate) fn unsubscribe(&mut self, filter: &str) {
        let mut unsubscribe = Unsubscribe::new(filter);
        unsubscribe.pkid = self.id();
        let id = unsubscribe.pkid;
        self.send(Packet::Unsubscribe(unsubscribe));
        match self.receive() {
            Some(Packet::UnsubAck(ack)) if ack.pkid == id => {}
            other => panic!("no UNSUBACK but {other:?}"),
        }
    }

    /// Sends a PUBLISH and returns its id, 0 at QoS 0.
    pub(crate) fn publish(&mut self, topic: &str, payload: &str, qos: QoS, retain: bool) -> u16 {
        let mut publish = Publish::new(topic, qos, payload);
        publish.pkid = if qos == QoS::AtMostOnce { 0 } else { self.id() };
        publish.retain = retain;
        let id = publish.pkid;
        self.send(Packet::Publish(publish));
        id
    }

    /// The next packet, which has to be a PUBLISH; acknowledged when it asks for that.
    pub(crate) fn message(&mut self) -> Publish {
        match self.receive() {
            Some(Packet::Publish(publish)) => {
                if publish.pkid != 0 {
                    self.send(Packet::PubAck(PubAck::new(publish.pkid)));
                }
                publish
            }
            other => panic!("no PUBLISH but {other:?}"),
        }
    }

    /// Makes sure that the cloud has dealt with everything sent so far and sent nothing else.
    pub(crate) fn ping(&mut self) {
        self.send(Packet::PingReq);
        assert_eq!(self.receive(), Some(Packet::PingResp));
    }
}
