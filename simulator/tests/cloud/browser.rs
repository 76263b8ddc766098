//! The console page in a real browser: Debian's chromium, headless, by its driver.
//!
//! The driver is spoken to directly, a POST a command: the crates for it bring fifty others.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use linkkit_sim::{Cloud, QoS};
use serde_json::{Value, json};

use crate::control::start;
use crate::support::{Device, Login, register};

/// A browser's start on a machine that is busy takes a while.
const TIMEOUT: Duration = Duration::from_secs(60);
const DATA: &str = "/a1ExpAkj9Hi/Example_dyn1/data";

struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Opens a page in a window of this width.
    fn open(url: &str, width: u32, dark: bool) -> Self {
        let mut driver =
            Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| {
                let line = line.unwrap();
                line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
            })
            .unwrap();
        // Whatever it says later has somewhere to go.
        std::thread::spawn(move || lines.for_each(drop));
        let profile = tempfile::tempdir().unwrap();
        let mut arguments = vec![
            "--headless".to_owned(),
            "--no-sandbox".into(),
            "--disable-gpu".into(),
            "--disable-dev-shm-usage".into(),
            "--disable-quic".into(),
            "--no-first-run".into(),
            "--disable-background-networking".into(),
            "--disable-component-update".into(),
            "--disable-sync".into(),
            "--hide-scrollbars".into(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        if dark {
            arguments.push("--blink-settings=preferredColorScheme=0".into());
        }
        let metrics =
            json!({"width": width, "height": 900, "pixelRatio": 1, "mobile": width < 500});
        let mut browser = Browser { driver, port, session: String::new(), _profile: profile };
        let session = browser.call(
            "",
            &json!({"capabilities": {"alwaysMatch": {
                "browserName": "chrome",
                "goog:loggingPrefs": {"browser": "ALL"},
                "goog:chromeOptions": {
                    "args": arguments,
                    "mobileEmulation": {"deviceMetrics": metrics}}}}}),
        );
        browser.session = format!("/{}", session["sessionId"].as_str().unwrap());
        browser.call("/url", &json!({"url": url}));
        browser
    }

    fn call(&self, command: &str, body: &Value) -> Value {
        self.send("POST", command, body)
    }

    /// Sends the driver a command and returns its value.
    fn send(&self, method: &str, command: &str, body: &Value) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        let (session, body) = (&self.session, body.to_string());
        write!(
            stream,
            "{method} /session{session}{command} HTTP/1.1\r\nHost: 127.0.0.1\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            match line.trim().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().unwrap();
                }
                _ if line.trim().is_empty() => break,
                _ => {}
            }
        }
        let mut reply = vec![0; length];
        reader.read_exact(&mut reply).unwrap();
        let reply: Value = serde_json::from_slice(&reply).unwrap();
        assert!(reply["value"]["error"].is_null(), "{command}: {reply}");
        reply["value"].clone()
    }

    fn run(&self, script: &str) -> Value {
        self.call("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Waits until an expression is true in the page.
    #[track_caller]
    fn wait(&self, expression: &str) {
        let deadline = Instant::now() + TIMEOUT;
        while self.run(&format!("return Boolean({expression})")) != true {
            if Instant::now() > deadline {
                panic!(
                    "never true: {expression}\n{}",
                    self.run("return document.body.innerText.slice(0, 2000)")
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Keeps a picture of the page for the documentation, when it is asked for by an environment
    /// variable: two pictures of the same page differ in their times.
    fn keep_picture(&self, name: &str) {
        if std::env::var_os("UPDATE_SCREENSHOTS").is_none() {
            return;
        }
        let picture = self.send("GET", "/screenshot", &json!({}));
        let picture = picture.as_str().unwrap();
        let picture = base64::engine::general_purpose::STANDARD.decode(picture).unwrap();
        let file = format!("{}/../docs/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(file, picture).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // To end the session ends the browser, which the driver's own end does not.
        if !self.session.is_empty() && !std::thread::panicking() {
            self.send("DELETE", "", &json!({}));
        } else if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let end =
                format!("DELETE /session{} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", self.session);
            let _ = stream.write_all(end.as_bytes());
            let _ = stream.read(&mut [0; 64]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn page(cloud: &Cloud) -> String {
    format!("http://{}/", cloud.control_addr().unwrap())
}

/// The device's row in the list of devices.
fn row(words: &str) -> String {
    format!(
        "document.querySelector('[data-device$=\".Example_dyn1\"]').textContent.includes('{words}')"
    )
}

fn stream_shows(words: &str) -> String {
    format!("document.querySelector('#stream .entries').textContent.includes({})", json!(words))
}

#[test]
fn an_engineer_sees_a_device_come_talks_to_it_and_makes_trouble() {
    let cloud = start();
    let browser = Browser::open(&page(&cloud), 1280, false);
    browser.wait("document.querySelector('#devices li[data-device]')");
    browser.wait(&row("offline"));

    register(&cloud, "Example_dyn1");
    let login = Login::of(&cloud, "Example_dyn1");
    let (mut device, _) = Device::connect(&cloud, &login);
    device.subscribe(DATA);
    browser.wait(&row("online"));
    browser.wait(&stream_shows("POST /auth/register/device"));

    // The topic is suggested from what the device subscribed to.
    browser.wait(&format!("document.querySelector('#publish input').value === '{DATA}'"));
    browser.run(
        "document.querySelector('#publish textarea').value = 'from the page';
         document.querySelector('#publish .main').click()",
    );
    assert_eq!(device.message().payload, "from the page");
    browser.wait("document.getElementById('notes').textContent.includes('Delivered to 1')");
    device.publish("/a1ExpAkj9Hi/Example_dyn1/update", "the answer", QoS::AtLeastOnce, false);
    device.receive();
    browser.wait(&stream_shows("the answer"));

    // HTML stays text.
    let html = "<img src=x onerror=\"document.title='broken'\">";
    device.publish("/a1ExpAkj9Hi/Example_dyn1/<b>/x", html, QoS::AtMostOnce, false);
    browser.wait(&stream_shows(html));
    browser.wait(&stream_shows("/a1ExpAkj9Hi/Example_dyn1/<b>/x"));
    assert_eq!(
        browser.run("return document.querySelectorAll('#stream img, #stream b b').length"),
        0
    );

    browser.run("document.querySelector('[data-device$=\".Example_dyn1\"] button').click()");
    browser.run(
        "const fault = document.querySelector('#faults select');
         fault.value = 'half-packet';
         fault.dispatchEvent(new Event('input'));
         document.querySelector('#faults .main').click()",
    );
    browser.wait("document.querySelector('#faults .rules').textContent.includes('half a packet')");
    let rules = cloud.faults().rules();
    assert_eq!(rules[0].rule.device.as_deref(), Some("a1ExpAkj9Hi.Example_dyn1"));
    cloud.publish(DATA, "in two", QoS::AtMostOnce, false);
    assert_eq!(device.receive(), None);
    browser.wait(&row("offline"));
    browser.wait(&stream_shows("half a packet, PUBLISH"));
    browser.run("document.querySelector('#faults .tools button').click()");
    browser.wait("!document.querySelector('#faults .rules li')");
    assert_eq!(cloud.faults().rules().len(), 0);
    let (mut device, _) = Device::connect(&cloud, &login);
    browser.wait(&row("online"));

    for number in 0..5 {
        let payload = json!({"id": number, "params": {"temperature": 20 + number}}).to_string();
        device.publish("/a1ExpAkj9Hi/Example_dyn1/update", &payload, QoS::AtMostOnce, false);
    }
    browser.wait(&stream_shows("\"temperature\":24"));
    browser.run("[...document.querySelectorAll('#stream .entry')].at(-1).click()");
    browser.run("document.querySelector('#stream .entries').scrollTop = 1e6");
    browser
        .wait("document.querySelector('.inspect pre').textContent.includes('temperature\": 24')");
    browser.wait("!document.querySelector('.note')");
    browser.keep_picture("console.png");
    let log = browser.call("/se/log", &json!({"type": "browser"}));
    assert_eq!(log, json!([]), "the browser complains about nothing");
}

#[test]
fn a_narrow_dark_screen_has_everything_and_no_overhang() {
    let cloud = start();
    register(&cloud, "Example_dyn1");
    let browser = Browser::open(&page(&cloud), 360, true);
    browser.wait("document.querySelector('#devices li[data-device]')");
    let (mut device, _) = Device::connect(&cloud, &Login::of(&cloud, "Example_dyn1"));
    device.publish("/a1ExpAkj9Hi/Example_dyn1/update", "{\"a\": 1}", QoS::AtMostOnce, false);
    browser.wait(&row("online"));
    browser.wait(&stream_shows("PUBLISH"));
    assert_eq!(browser.run("return document.documentElement.scrollWidth"), 360);
    for section in ["devices", "plot", "stream", "publish", "faults"] {
        let width = browser.run(&format!(
            "return document.getElementById('{section}').getBoundingClientRect().right"
        ));
        assert!(width.as_f64().unwrap() <= 360.0, "{section}: {width}");
    }
    browser.keep_picture("console-narrow.png");
    // By the keyboard alone: the list of keys, then the first device.
    let press = |key: &str| {
        browser.run(&format!(
            "document.body.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true}}))"
        ));
    };
    press("?");
    browser.wait("document.getElementById('keys').open");
    browser.run("document.getElementById('keys').close()");
    press("d");
    browser.wait("document.activeElement.classList.contains('device')");
}

#[test]
fn a_flood_leaves_the_page_responsive() {
    let cloud = start();
    let browser = Browser::open(&page(&cloud), 1280, false);
    browser.wait("document.querySelector('#devices li[data-device]')");
    let mut device = Device::connect(&cloud, &Login::of(&cloud, "Example_dev1")).0;
    for number in 0..6000 {
        let payload = format!("message {number}");
        device.publish("/a1ExpAkj9Hi/Example_dev1/update", &payload, QoS::AtMostOnce, false);
        if number % 500 == 499 {
            device.ping();
        }
    }
    browser.wait(&stream_shows("message 5999"));
    let lines = browser.run("return document.querySelectorAll('#stream .entries > li').length");
    assert!(lines.as_u64().unwrap() <= 400, "{lines}");
    browser.wait(
        "document.querySelector('[data-device$=\".Example_dev1\"]').textContent.includes('6000')",
    );
}
