//! The commands that talk to a running cloud: `linkkit-sim devices` and its like.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clap::{Subcommand, ValueEnum};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use linkkit_sim::Error;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::runtime;

use crate::cli::terminal::{exports, print};

/// Where `serve` listens for these commands unless it is told otherwise.
pub(crate) const DEFAULT_CONTROL: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 18830);

#[derive(Subcommand)]
pub(crate) enum Wish {
    /// List the devices: who has registered, and who is connected.
    Devices,
    /// Make a device registrable again, as the console does. Its secret is void.
    Reset {
        /// PRODUCT_KEY.DEVICE_NAME, or DEVICE_NAME where only one device has it.
        device: String,
    },
    /// Drop a device's connection without a word.
    Kick {
        /// PRODUCT_KEY.DEVICE_NAME, or DEVICE_NAME where only one device has it.
        device: String,
    },
    /// Send a device to the data node in another region from its next authentication over HTTPS
    /// on; its connection ends.
    Move {
        /// PRODUCT_KEY.DEVICE_NAME, or DEVICE_NAME where only one device has it.
        device: String,
        /// The region's name, such as eu-central-1.
        region: String,
    },
    /// Publish a message to the devices that subscribed.
    #[command(after_help = "Example:\n  linkkit-sim publish /a1ExpAkj9Hi/Example_dyn1/data hello")]
    Publish {
        /// The topic.
        topic: String,
        /// The message.
        #[arg(
            required_unless_present = "payload_file",
            default_value = "",
            hide_default_value = true
        )]
        payload: String,
        /// Send the bytes of this file.
        #[arg(long, value_name = "FILE", conflicts_with = "payload")]
        payload_file: Option<PathBuf>,
        /// 0 or 1.
        #[arg(long, default_value_t = 1)]
        qos: u8,
        /// Keep it for later subscribers.
        #[arg(long)]
        retain: bool,
    },
    /// Show messages as they come, until Ctrl-C.
    #[command(after_help = "Example:\n  linkkit-sim watch '/a1ExpAkj9Hi/+/data'")]
    Watch {
        /// The topic, which may have + and #.
        #[arg(default_value = "#")]
        topic: String,
    },
    /// Spoil the next answers to registrations and authentications, or give them late.
    #[command(after_help = "Example:\n  linkkit-sim fail --status 503 --count 2")]
    Fail {
        /// Fail with this HTTP status, 400 to 599.
        #[arg(long)]
        status: Option<u16>,
        /// Answer this many milliseconds late.
        #[arg(long, value_name = "MS")]
        delay: Option<u64>,
        /// How many answers.
        #[arg(long, default_value_t = 1)]
        count: u32,
    },
    /// Make every token void that authentication over HTTPS has handed out.
    Expire,
    /// Refuse everything that a device asks for, and drop its connection.
    Disable {
        /// PRODUCT_KEY.DEVICE_NAME, or DEVICE_NAME where only one device has it.
        device: String,
    },
    /// Let a disabled device in again.
    Enable {
        /// PRODUCT_KEY.DEVICE_NAME, or DEVICE_NAME where only one device has it.
        device: String,
    },
    /// Print what another MQTT client needs to log in as a device.
    #[command(after_help = "Example:\n  linkkit-sim login Example_dev1")]
    Login {
        /// PRODUCT_KEY.DEVICE_NAME, or DEVICE_NAME where only one device has it.
        device: String,
    },
    /// Print the lines by which a shell leads a firmware to the cloud.
    #[command(after_help = "Example:\n  eval \"$(linkkit-sim env)\"")]
    Env,
    /// Make MQTT packets meet a fault.
    #[command(
        after_help = "Examples:\n  linkkit-sim fault drop --chance 0.1 --device Example_dev1\n  \
                            linkkit-sim fault connack --number 3 --count 2"
    )]
    Fault {
        /// Which fault.
        kind: FaultKind,
        /// Its number: milliseconds of `delay`, the code of `connack`, bytes of `cut`, bytes a second
        /// of `slow`.
        #[arg(long, value_name = "N")]
        number: Option<u32>,
        /// One device. [default: every device]
        #[arg(long)]
        device: Option<String>,
        /// `up`, from the device, or `down`. [default: both]
        #[arg(long, value_parser = ["up", "down"])]
        direction: Option<String>,
        /// The packet's name in MQTT's specification, or `any`. [default: PUBLISH]
        #[arg(long)]
        packet: Option<String>,
        /// Messages to topics that match this filter.
        #[arg(long)]
        topic: Option<String>,
        /// How likely it is.
        #[arg(long, default_value_t = 1.0)]
        chance: f64,
        /// How often it happens at most. [default: without end]
        #[arg(long)]
        count: Option<u32>,
    },
    /// List the faults of MQTT packets, or take them back.
    Faults {
        /// Take them all back.
        #[arg(long)]
        clear: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum FaultKind {
    Drop,
    Delay,
    Duplicate,
    Reorder,
    Connack,
    NoPuback,
    HalfPacket,
    TlsAlert,
    Cut,
    Silence,
    Slow,
}

impl FaultKind {
    /// The name of its number in the API.
    fn number(self) -> Option<&'static str> {
        match self {
            FaultKind::Delay => Some("ms"),
            FaultKind::Connack => Some("code"),
            FaultKind::Cut => Some("afterBytes"),
            FaultKind::Slow => Some("bytesPerSecond"),
            _ => None,
        }
    }
}

/// The environment that leads a firmware to the running cloud.
pub(crate) fn environment(control: SocketAddr) -> Result<Vec<(String, String)>, Error> {
    runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(failed("start".into()))?
        .block_on(async {
            let body = read(send(control, &Wish::Env).await?, control).await?;
            Ok(env_of(&body))
        })
}

fn env_of(cloud: &Value) -> Vec<(String, String)> {
    let env = cloud.get("env").and_then(Value::as_object).into_iter().flatten();
    env.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// Asks the running cloud to do it, and shows what it says.
pub(crate) fn ask(control: SocketAddr, json: bool, wish: &Wish) -> Result<ExitCode, Error> {
    runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(failed("start".into()))?
        .block_on(async {
            let response = send(control, wish).await?;
            if response.status() != StatusCode::OK {
                return refused(response, control, json).await;
            }
            if let Wish::Watch { topic } = wish {
                // To standard error, so that what a script reads are messages alone.
                eprintln!("watching {topic}; Ctrl-C ends it");
                return follow(response, json).await;
            }
            let body = read(response, control).await?;
            print(if json { body.to_string() } else { in_words(wish, &body) });
            Ok(ExitCode::SUCCESS)
        })
}

fn failed(what: String) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Io { what, source }
}

fn broken(
    control: SocketAddr,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    failed(format!("talk to the cloud at {control}"))(io::Error::other(cause))
}

async fn send(control: SocketAddr, wish: &Wish) -> Result<Response<Incoming>, Error> {
    let stream = TcpStream::connect(control).await.map_err(failed(format!(
        "reach a cloud at {control}; start one by `linkkit-sim serve`, or name its --control"
    )))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|cause| broken(control, cause))?;
    tokio::spawn(connection);
    let (method, path, body) = request(wish)?;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, control.to_string())
        .header(CONTENT_TYPE, "application/json")
        .body(Full::<Bytes>::from(body.to_string()))
        .map_err(|cause| broken(control, cause))?;
    sender.send_request(request).await.map_err(|cause| broken(control, cause))
}

fn request(wish: &Wish) -> Result<(Method, String, Value), Error> {
    let post = |path: &str, body| (Method::POST, path.to_owned(), body);
    let get = |path: String| (Method::GET, path, Value::Null);
    Ok(match wish {
        Wish::Devices => get("/api/devices".into()),
        Wish::Watch { topic } => {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("topic", topic)
                .finish();
            get(format!("/api/messages?{query}"))
        }
        Wish::Reset { device } => post("/api/reset", json!({"device": device})),
        Wish::Kick { device } => post("/api/kick", json!({"device": device})),
        Wish::Move { device, region } => {
            post("/api/move", json!({"device": device, "region": region}))
        }
        Wish::Publish { topic, payload_file: Some(file), qos, retain, .. } => {
            let what = || failed(format!("read the message {}", file.display()));
            let payload = STANDARD.encode(fs::read(file).map_err(what())?);
            let body =
                json!({"topic": topic, "payloadBase64": payload, "qos": qos, "retain": retain});
            post("/api/publish", body)
        }
        Wish::Publish { topic, payload, qos, retain, .. } => post(
            "/api/publish",
            json!({"topic": topic, "payload": payload, "qos": qos, "retain": retain}),
        ),
        Wish::Fail { status, delay, count } => {
            post("/api/fail", json!({"status": status, "delayMs": delay, "count": count}))
        }
        Wish::Expire => post("/api/expire", Value::Null),
        Wish::Disable { device } => post("/api/disable", json!({"device": device})),
        Wish::Enable { device } => post("/api/enable", json!({"device": device})),
        Wish::Login { device } => post("/api/login", json!({"device": device})),
        Wish::Env => get("/api/cloud".into()),
        Wish::Faults { clear: false } => get("/api/faults".into()),
        Wish::Faults { clear: true } => post("/api/faults/clear", json!({})),
        Wish::Fault { .. } => post("/api/faults", rule(wish)?),
    })
}

/// The rule that a `fault` asks for; the cloud says what is wrong with it.
fn rule(wish: &Wish) -> Result<Value, Error> {
    let Wish::Fault { kind, number, device, direction, packet, topic, chance, count } = wish else {
        return Ok(Value::Null);
    };
    if kind.number().is_some() != number.is_some() {
        let why = if number.is_some() { "it takes no --number" } else { "say its --number" };
        return Err(failed("make that fault".into())(io::Error::other(why)));
    }
    let name = kind.to_possible_value().map(|value| value.get_name().to_owned());
    let mut rule = json!({"fault": name, "device": device, "direction": direction,
                          "packet": packet, "topic": topic, "chance": chance, "count": count});
    if let Some(rule) = rule.as_object_mut() {
        rule.retain(|_, value| !value.is_null());
        if let (Some(name), Some(number)) = (kind.number(), number) {
            rule.insert(name.into(), (*number).into());
        }
    }
    Ok(rule)
}

fn login_lines(login: &Value) -> String {
    let field = |name: &str| text(login, name).unwrap_or_default();
    let port = login.get("port").unwrap_or(&Value::Null);
    let (host, id, user, password) =
        (field("host"), field("clientId"), field("user"), field("password"));
    let device = login.get("device").unwrap_or(&Value::Null);
    let own = format!(
        "/{}/{}/user",
        text(device, "productKey").unwrap_or_default(),
        text(device, "deviceName").unwrap_or_default()
    );
    let common = format!(
        "-V mqttv311 -h {host} -p {port} --cafile ca.pem -i '{id}' -u '{user}' -P '{password}'"
    );
    format!(
        "host       {host}\nport       {port}, by TLS\nclient id  {id}\nuser       {user}\n\
         password   {password}\n\n\
         # The CA's certificate:\nlinkkit-sim login {} --json | jq -r .caPem > ca.pem\n\n\
         mosquitto_sub {common} -t '{own}/get'\n\
         mosquitto_pub {common} -t '{own}/update' -m hello\n\n\
         # paho, in Python:\n\
         client = paho.mqtt.client.Client(client_id='{id}')\n\
         client.username_pw_set('{user}', '{password}')\n\
         client.tls_set('ca.pem')\n\
         client.connect('{host}', {port})",
        text(device, "deviceName").unwrap_or_default(),
    )
}

fn fault_list(faults: &Value) -> String {
    let rules = faults.get("rules").and_then(Value::as_array).into_iter().flatten();
    let lines = rules.map(|rule| {
        let id = rule.get("id").unwrap_or(&Value::Null);
        let mut conditions = rule.clone();
        for shown in ["id", "fault", "happened"] {
            conditions.as_object_mut().map(|all| all.remove(shown));
        }
        let happened = rule.get("happened").unwrap_or(&Value::Null);
        let fault = text(rule, "fault").unwrap_or_default();
        format!("{id:>3}  {fault:<11} happened {happened} times  {conditions}")
    });
    let seed = text(faults, "seed").unwrap_or_default();
    lines.chain([format!("seed {seed}")]).collect::<Vec<_>>().join("\n")
}

async fn read(response: Response<Incoming>, control: SocketAddr) -> Result<Value, Error> {
    let body = response.into_body().collect().await.map_err(|cause| broken(control, cause))?;
    serde_json::from_slice(&body.to_bytes()).map_err(|cause| broken(control, cause))
}

async fn refused(
    response: Response<Incoming>,
    control: SocketAddr,
    json: bool,
) -> Result<ExitCode, Error> {
    let body = read(response, control).await?;
    if json {
        print(body);
    } else {
        eprintln!("linkkit-sim: {}", text(&body, "error").unwrap_or("the cloud said no"));
    }
    Ok(ExitCode::FAILURE)
}

/// Shows message after message until the cloud ends.
async fn follow(response: Response<Incoming>, json: bool) -> Result<ExitCode, Error> {
    let mut body = response.into_body();
    let mut pending = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        pending.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        while let Some(end) = pending.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=end).collect();
            // The other lines of a server-sent event are empty here.
            let Some(data) = line.strip_prefix(b"data: ") else { continue };
            let message: Value = serde_json::from_slice(data).unwrap_or_default();
            print(if json { message.to_string() } else { message_line(&message) });
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn message_line(message: &Value) -> String {
    format!(
        "{} QoS {} from {}: {}",
        text(message, "topic").unwrap_or_default(),
        message.get("qos").unwrap_or(&Value::Null),
        text(message, "from").unwrap_or("the cloud"),
        // Control characters must not reach the terminal.
        text(message, "payload").unwrap_or_default().escape_debug()
    )
}

fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

fn in_words(wish: &Wish, body: &Value) -> String {
    let number = |name: &str| body.get(name).and_then(Value::as_u64).unwrap_or_default();
    match wish {
        Wish::Devices => device_table(body),
        Wish::Reset { device } => format!("{device} can register again"),
        Wish::Kick { device } => format!("{device} is disconnected"),
        Wish::Move { device, region } => {
            format!("{device} is sent to {region} when it authenticates over HTTPS next")
        }
        Wish::Publish { .. } => {
            format!("delivered to {}, queued for {}", number("delivered"), number("queued"))
        }
        Wish::Fail { .. } => format!("HTTPS answers to be spoilt: {}", number("answers")),
        Wish::Expire => "every token is void".into(),
        Wish::Disable { device } => format!("{device} is disabled"),
        Wish::Enable { device } => format!("{device} is enabled"),
        Wish::Login { .. } => login_lines(body),
        Wish::Env => exports(env_of(body), None).join("\n"),
        Wish::Fault { .. } => format!("rule {} is in force", number("id")),
        Wish::Faults { clear: true } => format!("faults taken back: {}", number("cleared")),
        Wish::Faults { clear: false } => fault_list(body),
        Wish::Watch { .. } => String::new(),
    }
}

fn device_table(devices: &Value) -> String {
    let mut table = format!("{:<54} {:<13} {}", "DEVICE", "STANDING", "CONNECTED");
    for device in devices.as_array().into_iter().flatten() {
        let text = |name: &str| text(device, name).unwrap_or_default();
        let id = format!("{}.{}", text("productKey"), text("deviceName"));
        let online = if device.get("online") == Some(&Value::Bool(true)) { "yes" } else { "no" };
        table.push_str(&format!("\n{id:<54} {:<13} {online}", text("standing")));
    }
    table
}
