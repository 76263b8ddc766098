//! A broker for one client, in the test's own process: it keeps the session across connections
//! and remembers what it was sent.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::wire::{Kind, Packet};

const DUP: u8 = 0b1000;
const QOS_1: u8 = 0b010;
const QOS_2: u8 = 0b100;
const CLEAN_SESSION: u8 = 0b10;

/// A broker that runs until the test ends.
#[derive(Clone)]
pub(crate) struct Broker {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Whether there is a session, and what the client has not acknowledged of it.
    session: bool,
    waiting: Vec<(u16, Packet)>,
    last_id: u16,
    /// The connection of the moment.
    stream: Option<TcpStream>,
    /// What CONNACK says; 0 accepts.
    connack: u8,
    connections: usize,
    subscribes: usize,
    published: Vec<String>,
}

impl Broker {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let broker = Broker { address: listener.local_addr().unwrap(), state: Arc::default() };
        let own = broker.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let broker = own.clone();
                thread::spawn(move || broker.serve(stream.unwrap()));
            }
        });
        broker
    }

    /// Answers further CONNECTs by this code; 0 accepts.
    pub(crate) fn answer_connect_by(&self, code: u8) {
        self.state.lock().unwrap().connack = code;
    }

    /// Forgets the session, as a broker does that lost its disk.
    pub(crate) fn forget(&self) {
        let mut state = self.state.lock().unwrap();
        state.session = false;
        state.waiting.clear();
    }

    /// Sends the client a message by QoS 1, until it is acknowledged.
    pub(crate) fn deliver(&self, topic: &str, payload: &[u8]) {
        self.state.lock().unwrap().deliver(topic, payload, QOS_1);
    }

    /// Sends the client a message by QoS 2, until it is acknowledged twice.
    pub(crate) fn deliver_once(&self, topic: &str, payload: &[u8]) {
        self.state.lock().unwrap().deliver(topic, payload, QOS_2);
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&self, bytes: &[u8]) {
        self.state.lock().unwrap().send_bytes(bytes);
    }

    /// Ends the connection, if there is one.
    pub(crate) fn hang_up(&self) {
        if let Some(stream) = self.state.lock().unwrap().stream.take() {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }

    /// The payloads that came, in order, repetitions included.
    pub(crate) fn published(&self) -> Vec<String> {
        self.state.lock().unwrap().published.clone()
    }

    /// How many messages the client has not acknowledged.
    pub(crate) fn waiting(&self) -> usize {
        self.state.lock().unwrap().waiting.len()
    }

    /// How many CONNECTs and SUBSCRIBEs came.
    pub(crate) fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    pub(crate) fn subscribes(&self) -> usize {
        self.state.lock().unwrap().subscribes
    }

    fn serve(&self, mut stream: TcpStream) {
        stream.set_nodelay(true).unwrap();
        while let Ok(packet) = Packet::read(&mut stream) {
            let mut state = self.state.lock().unwrap();
            if packet.kind() == Some(Kind::Connect) {
                state.connect(&packet, stream.try_clone().unwrap());
            } else {
                state.take(&packet);
            }
        }
    }
}

impl State {
    fn connect(&mut self, packet: &Packet, stream: TcpStream) {
        self.connections += 1;
        self.stream = Some(stream);
        // The flags follow the protocol's name and level.
        let present = self.session && packet.body()[7] & CLEAN_SESSION == 0;
        let accepted = self.connack == 0;
        let connack = [u8::from(present && accepted), self.connack];
        self.send(&Packet::new(Kind::ConnAck, 0, &connack));
        if !accepted {
            return;
        }
        self.session = true;
        if !present {
            self.waiting.clear();
        }
        for (_, mut packet) in self.waiting.clone() {
            if packet.kind() == Some(Kind::Publish) {
                packet.bytes[0] |= DUP;
            }
            self.send(&packet);
        }
    }

    fn deliver(&mut self, topic: &str, payload: &[u8], qos: u8) {
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        let mut packet = Packet::publish(topic, self.last_id, payload);
        packet.bytes[0] ^= QOS_1 ^ qos;
        self.send(&packet);
        self.waiting.push((self.last_id, packet));
    }

    fn take(&mut self, packet: &Packet) {
        match packet.kind() {
            Some(Kind::Publish) => {
                let (id, payload) = packet.published();
                self.published.push(String::from_utf8_lossy(payload).into_owned());
                if id != 0 {
                    self.send(&Packet::answer(Kind::PubAck, id));
                }
            }
            Some(Kind::PubRec) => {
                let release = Packet::new(Kind::PubRel, 0b10, packet.body());
                for (id, waiting) in &mut self.waiting {
                    if *id == packet.id() {
                        *waiting = release.clone();
                    }
                }
                self.send(&release);
            }
            Some(Kind::PubAck | Kind::PubComp) => {
                let id = packet.id();
                self.waiting.retain(|(waiting, _)| *waiting != id);
            }
            Some(Kind::Subscribe) => {
                self.subscribes += 1;
                let mut body = packet.id().to_be_bytes().to_vec();
                body.resize(2 + packet.filters(), 1);
                self.send(&Packet::new(Kind::SubAck, 0, &body));
            }
            Some(Kind::Unsubscribe) => self.send(&Packet::answer(Kind::UnsubAck, packet.id())),
            Some(Kind::PingReq) => self.send(&Packet::new(Kind::PingResp, 0, &[])),
            Some(Kind::Disconnect) => self.stream = None,
            other => panic!("the client sent {other:?}"),
        }
    }

    fn send(&mut self, packet: &Packet) {
        self.send_bytes(&packet.bytes);
    }

    fn send_bytes(&mut self, bytes: &[u8]) {
        // What a lost connection does not take is sent again over the next one.
        if let Some(stream) = &mut self.stream {
            let _ = stream.write_all(bytes);
        }
    }
}
