//! The cloud as a whole: two ports, one thread, gone when dropped.

#![forbid(unsafe_code)]

use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use rumqttc::QoS;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::broker::Broker;
use crate::ca::Authority;
use crate::config::{Config, DeviceId, Listen};
use crate::connection::{self, Ends};
use crate::error::{Error, Trying as _};
use crate::faults::Faults;
use crate::https::Service;
use crate::redirect;
use crate::state::Registry;
use crate::trace::{Event, From, Trace};

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A running cloud. Every method may be called from any thread; none blocks on the network.
///
/// Dropping it closes every connection and frees both ports before it returns.
pub struct Cloud {
    https_addr: SocketAddr,
    mqtt_addr: SocketAddr,
    authority: Arc<Authority>,
    registry: Arc<Registry>,
    faults: Arc<Faults>,
    broker: Arc<Broker>,
    trace: Trace,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// What outlives a restart.
struct Memory {
    registry: Arc<Registry>,
    authority: Arc<Authority>,
    faults: Arc<Faults>,
    trace: Trace,
}

impl Cloud {
    /// Starts a cloud. When this returns, both ports accept connections.
    pub fn start(config: &Config) -> Result<Self, Error> {
        let memory = Memory {
            registry: Arc::new(Registry::open(config)?),
            authority: Arc::new(Authority::new()?),
            faults: Arc::default(),
            trace: Trace::new(),
        };
        Self::open(&config.listen, memory)
    }

    /// Ends, is away for `pause`, and starts again at the same addresses. Its MQTT sessions and
    /// retained messages are gone; its CA, its devices, its faults and its trace are as before.
    pub fn restart(self, pause: Duration) -> Result<Self, Error> {
        let listen = Listen { https: self.https_addr, mqtt: self.mqtt_addr };
        let memory = Memory {
            registry: Arc::clone(&self.registry),
            authority: Arc::clone(&self.authority),
            faults: Arc::clone(&self.faults),
            trace: self.trace.clone(),
        };
        drop(self);
        thread::sleep(pause);
        Self::open(&listen, memory)
    }

    fn open(listen_at: &Listen, memory: Memory) -> Result<Self, Error> {
        let Memory { registry, authority, faults, trace } = memory;
        let broker =
            Arc::new(Broker::new(Arc::clone(&registry), Arc::clone(&faults), trace.clone()));
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .trying(|| "start the runtime".into())?;
        let (https, https_addr) = listen(listen_at.https)?;
        let (mqtt, mqtt_addr) = listen(listen_at.mqtt)?;
        let service = Arc::new(Service {
            registry: Arc::clone(&registry),
            faults: Arc::clone(&faults),
            trace: trace.clone(),
        });
        let door = Door {
            authority: Arc::clone(&authority),
            faults: Arc::clone(&faults),
            trace: trace.clone(),
        };
        let (stop, stopped) = oneshot::channel();
        let serve = run(door, https, service, mqtt, Arc::clone(&broker));
        let thread = thread::Builder::new()
            .name("linkkit-sim".into())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        result = serve => if let Err(error) = result {
                            eprintln!("linkkit-sim: {error}");
                        },
                        // The sender is never used: that it is dropped is the signal.
                        _ = stopped => {}
                    }
                });
            })
            .trying(|| "start a thread".into())?;
        Ok(Cloud {
            https_addr,
            mqtt_addr,
            authority,
            registry,
            faults,
            broker,
            trace,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where the authentication service listens.
    pub fn https_addr(&self) -> SocketAddr {
        self.https_addr
    }

    /// Where the MQTT broker listens.
    pub fn mqtt_addr(&self) -> SocketAddr {
        self.mqtt_addr
    }

    /// The certificate of the cloud's CA, as PEM.
    pub fn ca_pem(&self) -> &str {
        self.authority.pem()
    }

    /// The environment that makes a program linked with [`redirect::SOURCE`] find this cloud.
    pub fn redirect_env(&self) -> [(&'static str, String); 3] {
        [
            (redirect::HTTPS_PORT, self.https_addr.port().to_string()),
            (redirect::MQTT_PORT, self.mqtt_addr.port().to_string()),
            (redirect::CA_PEM, self.ca_pem().to_owned()),
        ]
    }

    /// The cloud's view of everything that happens.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The switches that make the cloud misbehave.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The secret of a device, `None` while it has none.
    pub fn device_secret(&self, product_key: &str, device_name: &str) -> Option<String> {
        self.registry.secret(&DeviceId::new(product_key, device_name))
    }

    /// Publishes to every device that subscribed to a filter that matches `topic`.
    ///
    /// A device that is away gets a QoS 1 message later when its session is persistent. QoS 2
    /// counts as QoS 1, and `retain` keeps the message for later subscribers.
    pub fn publish(&self, topic: &str, payload: impl Into<Bytes>, qos: QoS, retain: bool) {
        self.broker.publish(topic, payload.into(), qos, retain);
    }

    /// Drops a device's MQTT connection without a word; returns whether it had one.
    pub fn kick(&self, product_key: &str, device_name: &str) -> bool {
        self.broker.kick(&DeviceId::new(product_key, device_name))
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed when it happened.
            let _ = thread.join();
        }
    }
}

fn listen(addr: SocketAddr) -> Result<(StdListener, SocketAddr), Error> {
    let bind = || {
        let listener = StdListener::bind(addr)?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        Ok((listener, addr))
    };
    bind().trying(|| format!("listen on {addr}"))
}

async fn run(
    door: Door,
    https: StdListener,
    service: Arc<Service>,
    mqtt: StdListener,
    broker: Arc<Broker>,
) -> Result<(), Error> {
    let door = Arc::new(door);
    let listener = |std| TcpListener::from_std(std).trying(|| "use a socket".into());
    let (https, mqtt) = (listener(https)?, listener(mqtt)?);
    loop {
        tokio::select! {
            Ok((stream, peer)) = https.accept() => {
                let (door, service) = (Arc::clone(&door), Arc::clone(&service));
                tokio::spawn(async move {
                    if let Some(stream) = door.admit(stream, peer).await {
                        service.serve(stream, &peer.to_string()).await;
                    }
                });
            }
            Ok((stream, peer)) = mqtt.accept() => {
                let (door, broker) = (Arc::clone(&door), Arc::clone(&broker));
                tokio::spawn(async move {
                    if let Some(stream) = door.admit(stream, peer).await {
                        let local = stream.get_ref().0.local_addr();
                        let local = local.map(|addr| addr.to_string()).unwrap_or_default();
                        let ends = Ends { peer: peer.to_string(), local };
                        connection::serve(stream, ends, &broker).await;
                    }
                });
            }
            // Neither port could accept, for want of file descriptors: some may come free.
            else => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Lets connections in: TLS with the certificate of the moment.
struct Door {
    authority: Arc<Authority>,
    faults: Arc<Faults>,
    trace: Trace,
}

impl Door {
    async fn admit(&self, stream: TcpStream, peer: SocketAddr) -> Option<TlsStream<TcpStream>> {
        // Without this, a small packet can wait for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let acceptor = TlsAcceptor::from(self.authority.server_config(self.faults.certificate()));
        let why = match timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => format!("no TLS: {error}"),
            Err(_) => "no TLS: the handshake took longer than 10 s".into(),
        };
        self.trace.record(peer, From::Device, Event::Closed { why });
        None
    }
}
