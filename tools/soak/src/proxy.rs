//! The network between the device and the cloud, with a weather of its own.

#![forbid(unsafe_code)]

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// What happens to bytes on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weather {
    /// They arrive.
    Fair,
    /// They arrive this much later.
    Slow(Duration),
    /// They wait until the weather changes.
    Silent,
}

/// A proxy on loopback. It works until the process ends.
pub(crate) struct Proxy {
    address: SocketAddr,
    sky: Arc<Sky>,
}

struct Sky {
    weather: Mutex<Weather>,
    changed: Condvar,
    /// Both ends of every connection since the last cut.
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Passes connections on to `cloud`.
    pub(crate) fn start(cloud: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let sky = Arc::new(Sky {
            weather: Mutex::new(Weather::Fair),
            changed: Condvar::new(),
            open: Mutex::default(),
        });
        let accepting = Arc::clone(&sky);
        thread::spawn(move || {
            for device in listener.incoming().flatten() {
                // Without a cloud behind it, the connection just ends.
                let _ = accepting.connect(device, cloud);
            }
        });
        Ok(Proxy { address, sky })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn set(&self, weather: Weather) {
        *lock(&self.sky.weather) = weather;
        self.sky.changed.notify_all();
    }

    /// Ends all connections, wherever they are in what they say.
    pub(crate) fn cut(&self) {
        for end in lock(&self.sky.open).drain(..) {
            // One that has ended already is no failure.
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

impl Sky {
    fn connect(self: &Arc<Self>, device: TcpStream, cloud: SocketAddr) -> io::Result<()> {
        let cloud = TcpStream::connect(cloud)?;
        let mut open = lock(&self.open);
        for (from, to) in [(&device, &cloud), (&cloud, &device)] {
            from.set_nodelay(true)?;
            let (mut from, mut to) = (from.try_clone()?, to.try_clone()?);
            open.push(from.try_clone()?);
            let sky = Arc::clone(self);
            thread::spawn(move || {
                // Either end may go at any time; then the other goes too.
                let _ = sky.carry(&mut from, &mut to);
                let _ = from.shutdown(Shutdown::Both);
                let _ = to.shutdown(Shutdown::Both);
            });
        }
        Ok(())
    }

    fn carry(&self, from: &mut TcpStream, to: &mut TcpStream) -> io::Result<()> {
        let mut buffer = [0; 4096];
        loop {
            let count = from.read(&mut buffer)?;
            if count == 0 {
                return Ok(());
            }
            thread::sleep(self.delay());
            to.write_all(buffer.get(..count).unwrap_or_default())?;
        }
    }

    /// Waits while it is silent, and returns how long the bytes still take.
    fn delay(&self) -> Duration {
        let mut weather = lock(&self.weather);
        while *weather == Weather::Silent {
            weather = self.changed.wait(weather).unwrap_or_else(PoisonError::into_inner);
        }
        match *weather {
            Weather::Slow(delay) => delay,
            Weather::Fair | Weather::Silent => Duration::ZERO,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
