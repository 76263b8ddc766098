//! The cloud as a whole: three ports in every region, one thread, gone when dropped.

#![forbid(unsafe_code)]

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use rumqttc::QoS;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::ca::Authority;
use crate::config::{Config, DeviceId, Listen, Region};
use crate::control;
use crate::control::operator::{DeviceState, Operator, Place, Refusal};
use crate::error::{Error, Trying as _};
use crate::faults::Faults;
use crate::https::Service;
use crate::listen::{Door, Listeners, accept_each, listen, listen_for_control, send_at_once};
use crate::mqtt::broker::Broker;
use crate::mqtt::connection::{self, Ends};
use crate::registry::{Registry, replace};
use crate::services::login::Carrier;
use crate::trace::Trace;

/// A running cloud. Every method may be called from any thread; none blocks on the network.
///
/// Dropping it closes every connection and frees its ports before it returns.
pub struct Cloud {
    control_addr: Option<SocketAddr>,
    authority: Arc<Authority>,
    operator: Operator,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// The name of the file of ports in the state folder.
const PORTS: &str = "ports.json";

/// What outlives a restart.
struct Memory {
    registry: Arc<Registry>,
    authority: Arc<Authority>,
    faults: Arc<Faults>,
    trace: Trace,
}

impl Cloud {
    /// Starts a cloud. When this returns, its ports accept connections in every region.
    pub fn start(config: &Config) -> Result<Self, Error> {
        let state = config.state.as_deref();
        if let Some(folder) = state {
            fs::create_dir_all(folder)
                .trying(|| format!("make the folder {}", folder.display()))?;
        }
        let memory = Memory {
            registry: Arc::new(Registry::open(config)?),
            authority: Arc::new(Authority::open(&config.regions, state)?),
            faults: Arc::new(faults(config)?),
            trace: Trace::new(),
        };
        let cloud = Self::open(&kept_ports(config)?, config.control, memory)?;
        if let Some(folder) = state {
            let ports = cloud.operator.place.listen();
            let text = serde_json::to_vec(&ports).map_err(std::io::Error::other);
            replace(&folder.join(PORTS), &text.trying(|| "write the ports".into())?)?;
        }
        Ok(cloud)
    }

    /// Ends, is away for `pause`, and starts again at the same addresses. Its MQTT sessions and
    /// retained messages are gone; its CA, its devices, its faults and its trace are as before.
    pub fn restart(self, pause: Duration) -> Result<Self, Error> {
        let listen = self.operator.place.listen();
        let memory = Memory {
            registry: Arc::clone(&self.operator.registry),
            authority: Arc::clone(&self.authority),
            faults: Arc::clone(&self.operator.faults),
            trace: self.operator.trace.clone(),
        };
        let control = self.control_addr;
        drop(self);
        thread::sleep(pause);
        Self::open(&listen, control, memory)
    }

    fn open(
        listen_at: &Listen,
        control_at: Option<SocketAddr>,
        memory: Memory,
    ) -> Result<Self, Error> {
        let Memory { registry, authority, faults, trace } = memory;
        let broker =
            Arc::new(Broker::new(Arc::clone(&registry), Arc::clone(&faults), trace.clone()));
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .trying(|| "start the runtime".into())?;
        let regions = &registry.config.regions;
        let (https, https_port) = listen(regions, listen_at.https)?;
        let (mqtt, mqtt_port) = listen(regions, listen_at.mqtt)?;
        let (mqtt_tcp, mqtt_tcp_port) = listen(regions, listen_at.mqtt_tcp)?;
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
        let (control, control_addr) = control_at.map(listen_for_control).transpose()?.unzip();
        let place =
            Place { https_port, mqtt_port, mqtt_tcp_port, ca_pem: authority.pem().to_owned() };
        let operator =
            Operator { registry, faults, broker: Arc::clone(&broker), trace, place: place.into() };
        let (stop, stopped) = oneshot::channel();
        let doors = Doors { https, mqtt, mqtt_tcp, control };
        let serve = run(door, doors, service, operator.clone());
        let thread = thread::Builder::new()
            .name("linkkit-sim".into())
            .spawn(move || runtime.block_on(until_stopped(serve, stopped)))
            .trying(|| "start a thread".into())?;
        Ok(Cloud { control_addr, authority, operator, stop: Some(stop), thread: Some(thread) })
    }

    /// Where the authentication service of the first region listens.
    pub fn https_addr(&self) -> SocketAddr {
        (self.first_address(), self.operator.place.https_port).into()
    }

    /// Where the MQTT broker of the first region listens.
    pub fn mqtt_addr(&self) -> SocketAddr {
        (self.first_address(), self.operator.place.mqtt_port).into()
    }

    /// Where the MQTT broker of the first region listens without TLS.
    pub fn mqtt_tcp_addr(&self) -> SocketAddr {
        (self.first_address(), self.operator.place.mqtt_tcp_port).into()
    }

    /// The regions. Each has the ports of the first one at an address of its own.
    pub fn regions(&self) -> &[Region] {
        &self.operator.registry.config.regions
    }

    fn first_address(&self) -> Ipv4Addr {
        self.regions().first().map_or(Ipv4Addr::LOCALHOST, |region| region.address)
    }

    /// The certificate of the cloud's CA, as PEM.
    pub fn ca_pem(&self) -> &str {
        self.authority.pem()
    }

    /// The environment that makes a program linked with [`redirect::SOURCE`](crate::redirect::SOURCE) find this cloud.
    pub fn redirect_env(&self) -> [(&'static str, String); 4] {
        self.operator.place.redirect_env(self.regions())
    }

    /// The cloud's view of everything that happens.
    pub fn trace(&self) -> &Trace {
        &self.operator.trace
    }

    /// The switches that make the cloud misbehave.
    pub fn faults(&self) -> &Faults {
        &self.operator.faults
    }

    /// The secret of a device, `None` while it has none.
    pub fn device_secret(&self, product_key: &str, device_name: &str) -> Option<String> {
        self.operator.registry.secret(&DeviceId::new(product_key, device_name))
    }

    /// Where the control API listens, if the configuration asked for it.
    pub fn control_addr(&self) -> Option<SocketAddr> {
        self.control_addr
    }

    /// Makes a device registrable again, as the console does; its connection ends.
    pub fn reset(&self, product_key: &str, device_name: &str) -> Result<(), Refusal> {
        self.operator.reset(&DeviceId::new(product_key, device_name))
    }

    /// Every device that was created or has registered, and where it stands.
    pub fn devices(&self) -> Vec<DeviceState> {
        self.operator.devices()
    }

    /// Sends a device to the data node in this region from its next HTTPS authentication on; its
    /// connection ends.
    pub fn move_to(
        &self,
        product_key: &str,
        device_name: &str,
        region: &str,
    ) -> Result<(), Refusal> {
        self.operator.move_to(&DeviceId::new(product_key, device_name), region)
    }

    /// Makes every token that HTTPS authentication has handed out void.
    pub fn expire_tokens(&self) {
        self.operator.registry.expire_tokens();
    }

    /// Publishes to every device that subscribed to a filter that matches `topic`.
    ///
    /// A device that is away gets a QoS 1 message later when its session is persistent. QoS 2
    /// counts as QoS 1, and `retain` keeps the message for later subscribers.
    pub fn publish(&self, topic: &str, payload: impl Into<Bytes>, qos: QoS, retain: bool) {
        self.operator.broker.publish(topic, payload.into(), qos, retain);
    }

    /// Drops a device's MQTT connection without a word; returns whether it had one.
    pub fn kick(&self, product_key: &str, device_name: &str) -> bool {
        self.operator.broker.kick(&DeviceId::new(product_key, device_name), "kicked")
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

/// The ports of the configuration; those that it leaves open are the last time's.
fn kept_ports(config: &Config) -> Result<Listen, Error> {
    let Some(path) = config.state.as_ref().map(|folder| folder.join(PORTS)) else {
        return Ok(config.listen.clone());
    };
    let kept = match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text)
            .map_err(|e| Error::Content { file: path.display().to_string(), why: e.to_string() })?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Listen::default(),
        Err(error) => return Err(error).trying(|| format!("read {}", path.display())),
    };
    let or = |wanted, kept| if wanted == 0 { kept } else { wanted };
    Ok(Listen {
        https: or(config.listen.https, kept.https),
        mqtt: or(config.listen.mqtt, kept.mqtt),
        mqtt_tcp: or(config.listen.mqtt_tcp, kept.mqtt_tcp),
    })
}

fn faults(config: &Config) -> Result<Faults, Error> {
    let seed = match config.seed {
        Some(seed) => seed,
        None => getrandom::u64().map_err(std::io::Error::other).trying(|| "get a seed".into())?,
    };
    let wrong = |why| Error::Content { file: "configuration".into(), why };
    Faults::new(seed, &config.faults).map_err(wrong)
}

/// Everything that is listened on.
struct Doors {
    https: Listeners,
    mqtt: Listeners,
    mqtt_tcp: Listeners,
    control: Option<StdListener>,
}

/// Serves until the other end of `stopped` is dropped; it is never used otherwise.
async fn until_stopped(
    serve: impl Future<Output = Result<(), Error>>,
    stopped: oneshot::Receiver<()>,
) {
    tokio::select! {
        result = serve => if let Err(error) = result {
            eprintln!("linkkit-sim: {error}");
        },
        _ = stopped => {}
    }
}

async fn run(
    door: Door,
    doors: Doors,
    service: Arc<Service>,
    operator: Operator,
) -> Result<(), Error> {
    let Doors { https, mqtt, mqtt_tcp, control } = doors;
    let broker = Arc::clone(&operator.broker);
    let door = Arc::new(door);
    let listener = |std| TcpListener::from_std(std).trying(|| "use a socket".into());
    let mut accepting = JoinSet::new();
    for (region, socket) in https {
        let (door, service) = (Arc::clone(&door), Arc::clone(&service));
        accepting.spawn(accept_each(listener(socket)?, move |stream, peer| {
            let (door, service, region) = (Arc::clone(&door), Arc::clone(&service), region.clone());
            async move {
                if let Some(stream) = door.admit(stream, peer).await {
                    service.serve(stream, &peer.to_string(), &region).await;
                }
            }
        }));
    }
    for (region, socket) in mqtt {
        let (door, broker) = (Arc::clone(&door), Arc::clone(&broker));
        accepting.spawn(accept_each(listener(socket)?, move |stream, peer| {
            let (door, broker, region) = (Arc::clone(&door), Arc::clone(&broker), region.clone());
            async move {
                let ends = ends(&stream, peer, region, Carrier::Tls);
                if let Some(stream) = door.admit(stream, peer).await {
                    connection::serve(stream, ends, &broker).await;
                }
            }
        }));
    }
    for (region, socket) in mqtt_tcp {
        let broker = Arc::clone(&broker);
        accepting.spawn(accept_each(listener(socket)?, move |stream, peer| {
            let (broker, region) = (Arc::clone(&broker), region.clone());
            async move {
                send_at_once(&stream);
                let ends = ends(&stream, peer, region, Carrier::Tcp);
                connection::serve(stream, ends, &broker).await;
            }
        }));
    }
    if let Some(socket) = control {
        accepting.spawn(accept_each(listener(socket)?, move |stream, _| {
            let operator = operator.clone();
            async move { control::serve(stream, &operator).await }
        }));
    }
    // They end only by a panic, which was printed when it happened.
    while accepting.join_next().await.is_some() {}
    Ok(())
}

fn ends(stream: &TcpStream, peer: SocketAddr, region: String, carrier: Carrier) -> Ends {
    let local = stream.local_addr().map(|addr| addr.to_string()).unwrap_or_default();
    Ends { peer: peer.to_string(), local, region, carrier }
}
