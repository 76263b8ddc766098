//! The SDK's log: `[inf] function(line): text` and CR LF, printed by `HAL_Printf`.
//!
//! Library code logs by the macros of the `log` crate and names as `target` the C function under
//! which users of the C SDK know the line: `log::info!(target: "IOT_SetupConnInfo", "…")`.
//! Records of other crates are not ours to print and are dropped.

#![forbid(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use log::{LevelFilter, Log, Metadata, Record};

use crate::base::identity::Secret;
use crate::base::sync::lock;

/// The longest text of one line, in bytes; the C SDK on Linux cuts there too and adds ` ...`.
const TEXT_MAX: usize = 512;

/// The SDK's log levels, by their numbers in the C interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Level {
    /// The system is unusable.
    Emergency = 0,
    /// The program is about to end.
    Critical = 1,
    /// Something failed.
    Error = 2,
    /// Something is not as it should be.
    Warning = 3,
    /// What a user looks for.
    Info = 4,
    /// What a developer looks for.
    Debug = 5,
}

impl Level {
    /// The level with this number, `None` when there is none.
    pub fn from_number(number: i32) -> Option<Self> {
        Some(match number {
            0 => Level::Emergency,
            1 => Level::Critical,
            2 => Level::Error,
            3 => Level::Warning,
            4 => Level::Info,
            5 => Level::Debug,
            _ => return None,
        })
    }

    /// Whether lines of this level are printed at the moment.
    pub fn is_printed(self) -> bool {
        log::max_level() >= self.filter()
    }

    fn filter(self) -> LevelFilter {
        match self {
            // The library logs nothing at these two.
            Level::Emergency | Level::Critical => LevelFilter::Off,
            Level::Error => LevelFilter::Error,
            Level::Warning => LevelFilter::Warn,
            Level::Info => LevelFilter::Info,
            Level::Debug => LevelFilter::Debug,
        }
    }
}

/// What carries lines out of the library.
pub trait Printer: Send + Sync {
    /// Prints text as it is (`HAL_Printf`).
    fn print(&self, text: &str);
}

/// Whether the log is open: between `IOT_OpenLog` and `IOT_CloseLog`.
static OPEN: AtomicBool = AtomicBool::new(false);
static LOGGER: OnceLock<Logger> = OnceLock::new();

/// Opens the log, silent until [`set_level`] is called.
///
/// A program that installed a `log` logger of its own keeps it: the lines go there.
pub fn open(printer: &'static dyn Printer) {
    // A second logger is refused; the first one stays, and that is what is wanted.
    let _ = log::set_logger(LOGGER.get_or_init(|| Logger { printer }));
    log::set_max_level(LevelFilter::Off);
    OPEN.store(true, Ordering::Relaxed);
}

/// Closes the log: nothing is printed until it is opened again.
pub fn close() {
    OPEN.store(false, Ordering::Relaxed);
    log::set_max_level(LevelFilter::Off);
}

/// Prints lines of this level and of all more urgent ones from now on.
pub fn set_level(level: Level) {
    log::set_max_level(level.filter());
}

/// The secrets that are known, which no line may hold, whatever brought them there.
static HIDDEN: Mutex<Vec<Hidden>> = Mutex::new(Vec::new());
/// How many are kept, of which a device has three or four; the oldest gives way.
const HIDDEN_MAX: usize = 32;
/// Shorter ones, in bytes, are in too many lines by chance; the platform's have 16 and more.
const HIDDEN_LEN_MIN: usize = 8;

/// What a secret is known by. Not the secret, which would stay in memory for as long as the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hidden {
    len: usize,
    hash: u64,
}

impl Hidden {
    fn of(text: &[u8]) -> Self {
        static KEY: OnceLock<RandomState> = OnceLock::new();
        Hidden { len: text.len(), hash: KEY.get_or_init(RandomState::new).hash_one(text) }
    }

    /// The secret, if the line holds it.
    fn find(self, line: &str) -> Option<Secret> {
        let start =
            line.as_bytes().windows(self.len).position(|window| Self::of(window) == self)?;
        line.get(start..start + self.len).map(Secret::new)
    }
}

/// Masks this secret in all lines that are printed from now on, the held ones among them.
pub(crate) fn hide(secret: &str) {
    if secret.len() < HIDDEN_LEN_MIN || cfg!(feature = "log-secrets") {
        return;
    }
    let new = Hidden::of(secret.as_bytes());
    let mut hidden = lock(&HIDDEN);
    if !hidden.contains(&new) {
        if hidden.len() == HIDDEN_MAX {
            hidden.remove(0);
        }
        hidden.push(new);
    }
}

fn masked(mut line: String) -> String {
    for hidden in lock(&HIDDEN).iter() {
        if let Some(secret) = hidden.find(&line) {
            line = line.replace(secret.expose(), &secret.masked());
        }
    }
    line
}

thread_local! {
    static HOLDS: Cell<Holds> = const { Cell::new(Holds { depth: 0, any: false }) };
    /// The lines that this thread holds back.
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What a thread holds back. Apart from the lines themselves, because every message that goes or
/// comes asks for this, and next to none has a line.
#[derive(Clone, Copy)]
struct Holds {
    /// How many [`Held`] there are.
    depth: usize,
    /// Whether there are lines.
    any: bool,
}

/// Holds back the lines of this thread for as long as it lives.
///
/// Printing ends in the firmware's `HAL_Printf`, which may call the library: it must not happen
/// under a lock. Whoever locks holds first, and so prints after it has unlocked.
pub(crate) struct Held(());

/// Holds back the lines of this thread until the result is dropped.
pub(crate) fn hold() -> Held {
    let holds = HOLDS.get();
    HOLDS.set(Holds { depth: holds.depth + 1, ..holds });
    Held(())
}

impl Drop for Held {
    fn drop(&mut self) {
        let Holds { depth, any } = HOLDS.get();
        let outermost = depth == 1;
        HOLDS.set(Holds { depth: depth - 1, any: any && !outermost });
        if outermost
            && any
            && let Some(logger) = LOGGER.get()
        {
            LINES.take().into_iter().for_each(|line| logger.printer.print(&masked(line)));
        }
    }
}

/// An error that there may be reason to print again and again: it is printed once and then counted,
/// since a device may be without its cloud for weeks.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    printed: Option<Printed>,
}

#[derive(Debug)]
struct Printed {
    target: &'static str,
    text: String,
    at: Instant,
    /// How many times more there was reason to print it.
    more: u32,
}

impl Repeated {
    /// Prints the error, unless it is the one that was printed last.
    pub(crate) fn error(&mut self, target: &'static str, text: &str) {
        match &mut self.printed {
            Some(printed) if printed.text == text => printed.more = printed.more.saturating_add(1),
            _ => {
                self.end();
                log::error!(target: target, "{text}");
                self.printed =
                    Some(Printed { target, text: text.to_owned(), at: Instant::now(), more: 0 });
            }
        }
    }

    /// The reason is gone for now: like [`Repeated::end`], if the error was printed so long ago.
    pub(crate) fn end_after(&mut self, rest: Duration) {
        if self.printed.as_ref().is_some_and(|printed| printed.at.elapsed() >= rest) {
            self.end();
        }
    }

    /// The reason is gone: prints how often the last error came again.
    pub(crate) fn end(&mut self) {
        if let Some(Printed { target, text, more: more @ 1.., .. }) = self.printed.take() {
            log::error!(target: target, "{text} ({more} times more)");
        }
    }
}

struct Logger {
    printer: &'static dyn Printer,
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        OPEN.load(Ordering::Relaxed) && metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        let ours =
            record.module_path().is_some_and(|path| path.starts_with(env!("CARGO_CRATE_NAME")));
        if ours && self.enabled(record.metadata()) {
            let level = match record.level() {
                log::Level::Error => Level::Error,
                log::Level::Warn => Level::Warning,
                log::Level::Info => Level::Info,
                log::Level::Debug | log::Level::Trace => Level::Debug,
            };
            let line = i64::from(record.line().unwrap_or(0));
            self.print(compose(level, record.target(), line, &record.args().to_string()));
        }
    }

    fn flush(&self) {}
}

impl Logger {
    /// One call a line, so that the lines of two threads do not mix.
    fn print(&self, line: String) {
        let holds = HOLDS.get();
        if holds.depth == 0 {
            self.printer.print(&masked(line));
        } else {
            LINES.with_borrow_mut(|lines| lines.push(line));
            HOLDS.set(Holds { any: true, ..holds });
        }
    }
}

/// Prints what a product's own HAL has to say, if the log is open for its level.
pub fn print(level: Level, function: &str, line: i64, text: &str) {
    if OPEN.load(Ordering::Relaxed)
        && level.is_printed()
        && let Some(logger) = LOGGER.get()
    {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        logger.print(compose(level, function, line, text));
    }
}

fn compose(level: Level, function: &str, line: i64, text: &str) -> String {
    let level = match level {
        Level::Emergency => "emg",
        Level::Critical => "crt",
        Level::Error => "err",
        Level::Warning => "wrn",
        Level::Info => "inf",
        Level::Debug => "dbg",
    };
    let mut line = format!("[{level}] {function}({line}): ");
    // A record may hold several lines, such as the head of an HTTP message; the limit is for each.
    for text in text.split("\r\n") {
        if text.len() > TEXT_MAX {
            line.push_str(text.get(..text.floor_char_boundary(TEXT_MAX)).unwrap_or_default());
            line.push_str(" ...");
        } else {
            line.push_str(text);
        }
        line.push_str("\r\n");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> String {
        compose(Level::Info, "IOT_SetupConnInfo", 114, text)
    }

    #[test]
    fn a_line_has_the_form_of_the_c_sdk() {
        assert_eq!(printed("hello"), "[inf] IOT_SetupConnInfo(114): hello\r\n");
    }

    #[test]
    fn a_long_text_is_cut_as_the_c_sdk_cuts_it() {
        let line = printed(&"ä".repeat(TEXT_MAX));
        assert!(line.ends_with("ä ...\r\n"));
        assert_eq!(line.matches('ä').count(), TEXT_MAX / 2);
    }

    #[test]
    fn the_limit_is_for_each_line_of_a_record() {
        let long = "x".repeat(TEXT_MAX);
        let text = format!("{long}\r\n{long}x\r\n{long}");
        let expected = format!("[inf] IOT_SetupConnInfo(114): {long}\r\n{long} ...\r\n{long}\r\n");
        assert_eq!(printed(&text), expected);
    }

    #[test]
    fn a_line_of_a_products_hal_ends_once() {
        let hal = crate::hal::fake::shared_log();
        for text in ["ends by itself\r\n", "ends by a newline\n", "does not end"] {
            print(Level::Critical, "product_hal", -1, text);
            let end = text.trim_end();
            assert!(hal.printed().contains(&format!("[crt] product_hal(-1): {end}\r\n")), "{end}");
        }
        assert!(!hal.printed().contains("itself\r\n\r\n"));
    }

    #[cfg(not(feature = "log-secrets"))]
    #[test]
    fn a_known_secret_is_masked_wherever_it_turns_up() {
        let hal = crate::hal::fake::shared_log();
        let held = hold();
        log::info!(target: "hidden", "< X-Debug: 0f1e2d3c4b5a69788796a5b4c3d2e1f0");
        hide("0f1e2d3c4b5a69788796a5b4c3d2e1f0");
        hide("hidden");
        drop(held);
        log::info!(target: "hidden", "again (0f1e2d3c4b5a69788796a5b4c3d2e1f0)");
        assert!(hal.printed().contains("< X-Debug: 0f1e****e1f0"));
        assert!(hal.printed().contains("again (0f1e****e1f0)"));
    }

    #[test]
    fn a_repeated_error_is_printed_once_and_then_counted() {
        let hal = crate::hal::fake::shared_log();
        let mut repeated = Repeated::default();
        let printed = || {
            let lines = hal.printed();
            ["(2 times more)", "one error", "another error"].map(|text| {
                lines
                    .lines()
                    .filter(|line| line.contains("repeated_error") && line.contains(text))
                    .count()
            })
        };
        for _ in 0..3 {
            repeated.error("repeated_error", "one error");
        }
        assert_eq!(printed(), [0, 1, 0]);
        repeated.error("repeated_error", "another error");
        assert_eq!(printed(), [1, 2, 1]);
        repeated.end();
        repeated.end();
        assert_eq!(printed(), [1, 2, 1], "it came only once");
    }

    #[test]
    fn held_lines_are_printed_when_the_outermost_lets_go() {
        let hal = crate::hal::fake::shared_log();
        let outer = hold();
        {
            let _inner = hold();
            log::info!(target: "held_lines", "held by this test");
        }
        assert!(!hal.printed().contains("held by this test"));
        drop(outer);
        assert!(hal.printed().contains("held by this test"));
        log::info!(target: "held_lines", "at once");
        assert!(hal.printed().contains("at once"));
    }
}
