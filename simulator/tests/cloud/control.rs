//! The commands that talk to a running cloud, from a terminal's side.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use linkkit_sim::{Cloud, Config, QoS};
use serde_json::{Value, json};

use crate::support::{Device, Login, PRODUCT, TIMEOUT, register};

const DATA: &str = "/a1ExpAkj9Hi/Example_dev1/data";

pub(crate) fn start() -> Cloud {
    let control = Some("127.0.0.1:0".parse().unwrap());
    Cloud::start(&Config { control, ..Config::default() }).unwrap()
}

fn command(control: SocketAddr, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linkkit-sim"));
    // A developer's own cloud is none of this test's business.
    command.env_remove("LINKKIT_SIM_CONTROL");
    command.arg("--control").arg(control.to_string()).args(arguments);
    command
}

/// Exit code, standard output, standard error.
fn ask(cloud: &Cloud, arguments: &[&str]) -> (i32, String, String) {
    let output = command(cloud.control_addr().unwrap(), arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[track_caller]
fn done(cloud: &Cloud, arguments: &[&str]) -> String {
    let (code, out, err) = ask(cloud, arguments);
    assert_eq!((code, err.as_str()), (0, ""));
    out
}

#[track_caller]
fn refused(cloud: &Cloud, arguments: &[&str], words: &str) {
    let (code, out, err) = ask(cloud, arguments);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("linkkit-sim: ") && err.contains(words), "{err}");
}

#[test]
fn devices_are_listed_with_what_became_of_them() {
    let cloud = start();
    let (_device, _) = Device::connect(&cloud, &Login::of(&cloud, "Example_dev1"));
    let table = done(&cloud, &["devices"]);
    let rows: Vec<Vec<&str>> =
        table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        rows,
        [
            ["DEVICE", "STANDING", "CONNECTED"],
            ["a1ExpAkj9Hi.Example_dev1", "burned", "yes"],
            ["a1ExpAkj9Hi.Example_dyn1", "unregistered", "no"],
        ]
    );
    register(&cloud, "Example_dyn1");
    let listed: Value = serde_json::from_str(&done(&cloud, &["devices", "--json"])).unwrap();
    let device = &listed[1];
    assert_eq!(device["deviceName"], "Example_dyn1");
    assert_eq!((&device["standing"], &device["online"]), (&json!("registered"), &json!(false)));
    let secret = cloud.device_secret(PRODUCT, "Example_dyn1").unwrap();
    assert_eq!(device["secret"], format!("{}****{}", &secret[..4], &secret[28..]));
}

#[test]
fn a_reset_device_registers_again() {
    let cloud = start();
    refused(&cloud, &["reset", "Example_dyn1"], "has not registered");
    refused(&cloud, &["reset", "Example_dev1"], "the secret of a1ExpAkj9Hi.Example_dev1 is in the");
    refused(&cloud, &["reset", "nobody"], "there is no device nobody; `linkkit-sim devices` lists");
    assert_eq!(register(&cloud, "Example_dyn1")["code"], 200);
    let whole_name = "a1ExpAkj9Hi.Example_dyn1";
    assert_eq!(done(&cloud, &["reset", whole_name]), format!("{whole_name} can register again\n"));
    assert_eq!(register(&cloud, "Example_dyn1")["code"], 200);
}

#[test]
fn messages_are_published_and_watched() {
    let cloud = start();
    let (mut device, _) = Device::connect(&cloud, &Login::of(&cloud, "Example_dev1"));
    device.subscribe(DATA);
    let control = cloud.control_addr().unwrap();
    let mut watch = Watch::start(control, &["watch", "/a1ExpAkj9Hi/+/data"]);
    let mut watch_json = Watch::start(control, &["watch", "--json"]);

    assert_eq!(
        done(&cloud, &["publish", DATA, "from the cloud"]),
        "delivered to 1, queued for 0\n"
    );
    assert_eq!(device.message().payload, "from the cloud");
    device.publish(DATA, "from\nthe device", QoS::AtMostOnce, false);
    assert_eq!(watch.line(), format!("{DATA} QoS 1 from the cloud: from the cloud"));
    assert_eq!(
        watch.line(),
        format!("{DATA} QoS 0 from a1ExpAkj9Hi.Example_dev1: from\\nthe device")
    );
    let message: Value = serde_json::from_str(&watch_json.line()).unwrap();
    assert_eq!(
        message,
        json!({"from": null, "topic": DATA, "qos": 1, "retain": false,
               "payload": "from the cloud"})
    );
    refused(&cloud, &["publish", "data", "x"], "'data' is not a topic: it starts with /");
    refused(&cloud, &["publish", DATA, "x", "--qos", "2"], "the platform has 0 and 1");
    refused(&cloud, &["watch", "/a#"], "'/a#' is not a topic filter");
}

/// A `watch` that runs, ended when dropped.
struct Watch {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Watch {
    /// Returns once it watches, which it says on standard error.
    fn start(control: SocketAddr, arguments: &[&str]) -> Self {
        let mut child = command(control, arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut said).unwrap();
        assert!(said.starts_with("watching "), "{said}");
        let lines = BufReader::new(child.stdout.take().unwrap());
        Watch { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn connections_are_dropped_and_devices_moved() {
    let cloud = start();
    refused(&cloud, &["kick", "Example_dev1"], "is not connected");
    let login = Login::of(&cloud, "Example_dev1");
    let (mut device, _) = Device::connect(&cloud, &login);
    assert_eq!(done(&cloud, &["kick", "Example_dev1"]), "Example_dev1 is disconnected\n");
    assert_eq!(device.receive(), None);
    let (mut device, _) = Device::connect(&cloud, &login);
    done(&cloud, &["move", "Example_dev1", "eu-central-1"]);
    assert_eq!(device.receive(), None);
    refused(&cloud, &["move", "Example_dev1", "mars"], "no region mars, but cn-shanghai, ");
    done(&cloud, &["expire"]);
}

#[test]
fn answers_fail_on_demand() {
    let cloud = start();
    done(&cloud, &["fail", "--status", "503", "--count", "2"]);
    let request = crate::support::register_request("ffFnFlKQW3HYjjPR", "Example_dyn1");
    for _ in 0..2 {
        assert!(crate::support::https(&cloud, &request).starts_with(b"HTTP/1.1 503 "));
    }
    done(&cloud, &["fail", "--delay", "300"]);
    let start = std::time::Instant::now();
    assert_eq!(register(&cloud, "Example_dyn1")["code"], 200);
    assert!(start.elapsed().as_millis() >= 300);
    done(&cloud, &["fail", "--status", "503", "--delay", "300"]);
    let start = std::time::Instant::now();
    assert!(crate::support::https(&cloud, &request).starts_with(b"HTTP/1.1 503 "));
    assert!(start.elapsed().as_millis() >= 300, "it is late and fails");
    assert_eq!(register(&cloud, "Example_dyn1")["code"], 6289);
    refused(&cloud, &["fail"], "say how to fail");
    refused(&cloud, &["fail", "--status", "200"], "from 400 to 599");
}

#[test]
fn every_command_answers_in_json_when_asked() {
    let cloud = start();
    let login = Login::of(&cloud, "Example_dev1");
    let (mut device, _) = Device::connect(&cloud, &login);
    device.subscribe(DATA);
    register(&cloud, "Example_dyn1");
    let (dev, dyn1) = (device_json("Example_dev1"), device_json("Example_dyn1"));
    for (arguments, answer) in [
        (&["publish", DATA, "x"][..], json!({"delivered": 1, "queued": 0})),
        (&["kick", "Example_dev1"], json!({"kicked": dev})),
        (&["reset", "Example_dyn1"], json!({"reset": dyn1})),
        (&["move", "Example_dyn1", "us-west-1"], json!({"moved": dyn1, "region": "us-west-1"})),
        (&["fail", "--status", "500", "--count", "3"], json!({"answers": 3})),
        (&["expire"], json!({})),
    ] {
        let printed = done(&cloud, &[arguments, &["--json"]].concat());
        assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), answer, "{arguments:?}");
    }
    let (code, printed, err) = ask(&cloud, &["kick", "nobody", "--json"]);
    assert_eq!((code, err.as_str()), (1, ""));
    let refusal: Value = serde_json::from_str(&printed).unwrap();
    assert!(refusal["error"].as_str().unwrap().contains("there is no device nobody"), "{refusal}");
}

fn device_json(name: &str) -> Value {
    json!({"productKey": PRODUCT, "deviceName": name})
}

#[test]
fn a_cloud_that_is_not_there_is_named() {
    let closed = start().control_addr().unwrap();
    let output = command(closed, &["devices"]).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains(&format!("cannot reach a cloud at {closed}; start one by")), "{err}");
    let output = command(closed, &["redirect", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn nobody_but_this_machine_is_listened_to() {
    let output = command("0.0.0.0:0".parse().unwrap(), &["serve"]).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("it is for this machine alone: give a loopback address"), "{err}");
}

#[test]
fn a_page_in_a_browser_does_not_get_in() {
    let cloud = start();
    let raw = |request: &str| {
        let mut stream = TcpStream::connect(cloud.control_addr().unwrap()).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    };
    let end = "Connection: close\r\n";
    let foreign = raw(&format!("GET /api/devices HTTP/1.1\r\nHost: evil.example\r\n{end}\r\n"));
    assert!(foreign.starts_with("HTTP/1.1 403"), "{foreign}");
    let simple = raw(&format!(
        "POST /api/expire HTTP/1.1\r\nHost: localhost:1\r\nContent-Type: text/plain\r\n{end}Content-Length: 0\r\n\r\n"
    ));
    assert!(simple.starts_with("HTTP/1.1 400"), "{simple}");
    let other = raw(&format!(
        "GET /api/events HTTP/1.1\r\nHost: localhost:1\r\nOrigin: http://localhost:2\r\n{end}\r\n"
    ));
    assert!(other.starts_with("HTTP/1.1 403"), "{other}");
    let good = raw(&format!("GET /api/devices HTTP/1.1\r\nHost: localhost:1\r\n{end}\r\n"));
    assert!(good.starts_with("HTTP/1.1 200"), "{good}");
}

/// A `serve` that runs, ended when dropped.
struct Serve {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Serve {
    fn start(arguments: &[&str]) -> Self {
        let mut child = command("127.0.0.1:0".parse().unwrap(), &[&["serve"], arguments].concat())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Serve { child, lines }
    }

    /// What it says at first.
    fn told(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        for line in self.lines.by_ref().map(Result::unwrap) {
            let last = line.contains("Ctrl-C ends it");
            told.push(line);
            if last {
                return told;
            }
        }
        panic!("it ended: {told:?}");
    }

    /// Ends it as a service manager does, and returns its exit code.
    fn terminate(mut self) -> Option<i32> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // It has ended when the test was done with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn serve_says_where_everything_is() {
    let mut serve = Serve::start(&[]);
    let shown = serve.told();
    let control = shown[6].strip_prefix("cloud  | Control http://").unwrap();
    let output = command(control.parse().unwrap(), &["devices"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    for (line, region) in shown.iter().zip(Config::default().regions) {
        let wanted = format!("{:<15} HTTPS https://{}:", region.name, region.address);
        assert!(line.contains(&wanted), "{line}");
    }
    // The lines are a shell's, and lead to the CA's certificate.
    let exports: Vec<&str> =
        shown.iter().filter_map(|line| line.strip_prefix("cloud  |   ")).collect();
    let script = format!("{}\nprintf %s \"$LINKKIT_SIM_CA_PEM\"", exports.join("\n"));
    let sourced = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(sourced.stdout.starts_with(b"-----BEGIN CERTIFICATE-----"), "{sourced:?}");
    // `env` prints them again, complete in themselves.
    let env = command(control.parse().unwrap(), &["env"]).output().unwrap();
    let script = "eval \"$0\"; printf %s \"$LINKKIT_SIM_CA_PEM\"";
    let env = String::from_utf8(env.stdout).unwrap();
    let again = Command::new("sh").args(["-c", script, &env]).output().unwrap();
    assert_eq!(again.stdout.trim_ascii_end(), sourced.stdout);
    let ca = shown[5].strip_prefix("cloud  | CA     ").unwrap();
    assert!(std::path::Path::new(ca).exists());
    assert_eq!(serve.terminate(), Some(0));
    assert!(!std::path::Path::new(ca).exists(), "it cleans up");
}

#[test]
fn a_state_folder_keeps_ports_and_ca() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let start = || {
        let mut serve = Serve::start(&["--state", state.to_str().unwrap()]);
        let told = serve.told();
        let ca = std::fs::read_to_string(state.join("ca.pem")).unwrap();
        assert_eq!(serve.terminate(), Some(0));
        (told[..6].to_vec(), ca)
    };
    let (first, first_ca) = start();
    let (second, _) = start();
    assert_eq!(first, second);
    // A device that trusts the first certificate trusts the cloud that was started again.
    let config = Config { state: Some(state), ..Config::default() };
    let cloud = Cloud::start(&config).unwrap();
    crate::support::tls_trusting(&first_ca, cloud.mqtt_addr(), crate::support::MQTT_HOST).unwrap();
}

#[test]
fn serve_writes_its_log_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let mut serve = Serve::start(&["--state", state, "--json"]);
    let ports = folder.path().join("ports.json");
    let deadline = std::time::Instant::now() + TIMEOUT;
    while !ports.exists() {
        assert!(std::time::Instant::now() < deadline);
        std::thread::yield_now();
    }
    let ports: Value = serde_json::from_slice(&std::fs::read(ports).unwrap()).unwrap();
    let port = u16::try_from(ports["mqtt"].as_u64().unwrap()).unwrap();
    // What is no TLS is told too.
    TcpStream::connect(("127.0.0.1", port)).unwrap().write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let line: Value = serde_json::from_str(&serve.lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(line["ev"], "closed", "{line}");
    assert!(line["time"].as_u64().unwrap() > 1_600_000_000_000, "{line}");
}

#[test]
fn another_client_gets_what_it_needs_to_log_in() {
    let cloud = start();
    let lines = done(&cloud, &["login", "Example_dev1"]);
    let login: Value =
        serde_json::from_str(&done(&cloud, &["login", "Example_dev1", "--json"])).unwrap();
    let secret = cloud.device_secret(PRODUCT, "Example_dev1").unwrap();
    assert!(!lines.contains(&secret) && !login.to_string().contains(&secret));
    assert!(lines.contains("mosquitto_sub -V mqttv311 -h 127.0.0.1 -p "), "{lines}");
    let field = |name: &str| login[name].as_str().unwrap();
    let mut connect = rumqttc::Connect::new(field("clientId"));
    connect.set_login(field("user"), field("password"));
    let (_device, ack) = Device::try_connect_by(&cloud, connect, false);
    assert_eq!(ack.code, linkkit_sim::ConnectReturnCode::Success);
    refused(&cloud, &["login", "Example_dyn1"], "has no secret to log in with");
}

#[test]
fn faults_are_made_listed_and_taken_back() {
    let cloud = start();
    assert_eq!(done(&cloud, &["fault", "delay", "--number", "20"]), "rule 1 is in force\n");
    done(&cloud, &["fault", "no-puback", "--device", "Example_dev1", "--count", "2"]);
    let list = done(&cloud, &["faults"]);
    assert!(
        list.contains("delay") && list.contains("\"device\":\"a1ExpAkj9Hi.Example_dev1\""),
        "{list}"
    );
    assert_eq!(done(&cloud, &["faults", "--clear"]), "faults taken back: 2\n");
    refused(&cloud, &["fault", "delay"], "say its --number");
    refused(&cloud, &["fault", "drop", "--number", "3"], "it takes no --number");
    refused(&cloud, &["fault", "drop", "--device", "nobody"], "there is no device nobody");
}

#[test]
fn a_file_of_any_bytes_is_published() {
    let cloud = start();
    let (mut device, _) = Device::connect(&cloud, &Login::of(&cloud, "Example_dev1"));
    device.subscribe(DATA);
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().write_all(&[0xff, 0, 0x80]).unwrap();
    done(&cloud, &["publish", DATA, "--payload-file", file.path().to_str().unwrap()]);
    assert_eq!(device.message().payload, &[0xff, 0, 0x80][..]);
    drop(device);
    // It is away, its session is kept.
    while cloud.devices().iter().any(|device| device.online) {
        std::thread::yield_now();
    }
    assert_eq!(done(&cloud, &["publish", DATA, "later"]), "delivered to 0, queued for 1\n");
}

#[test]
fn a_shell_and_man_learn_the_commands() {
    let none = "127.0.0.1:1".parse().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = command(none, &["completions", shell]).output().unwrap();
        assert!(String::from_utf8(output.stdout).unwrap().contains("payload-file"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    let output = command(none, &["man", folder.path().to_str().unwrap()]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let page = std::fs::read_to_string(folder.path().join("linkkit-sim-publish.1")).unwrap();
    assert!(page.contains("Publish a message"), "{page}");
    let redirect = command(none, &["redirect"]).output().unwrap();
    assert_eq!(redirect.stdout, std::fs::read(linkkit_sim::redirect::SOURCE).unwrap());
}
