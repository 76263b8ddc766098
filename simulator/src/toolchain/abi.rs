//! The releases of the C SDK that there is a profile for.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

use super::workspace;
use crate::error::{Error, Trying as _};

/// The release of the C SDK that the library serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Abi(&'static str);

// From abi/symbols-*.txt: a constant a release, and the list of all.
include!(concat!(env!("OUT_DIR"), "/abis.rs"));

impl Abi {
    /// The one that the library is built for unless it is told otherwise.
    pub const DEFAULT: Abi = Abi::ALL[0];

    /// The release with this short number, such as `2.3`.
    pub fn from_number(number: &str) -> Option<Self> {
        Abi::ALL.into_iter().find(|abi| abi.0 == number)
    }

    /// The release's short number, `2.2`, which names its files.
    pub fn number(self) -> &'static str {
        self.0
    }

    /// The symbols that the library exports, sorted.
    pub fn symbols(self) -> Result<Vec<String>, Error> {
        names(&self.symbols_file())
    }

    /// The functions of a HAL that the release itself asks a product for, sorted.
    pub fn port(self) -> Result<Vec<String>, Error> {
        names(&workspace().join(format!("abi/hal-{}.txt", self.number())))
    }

    pub(super) fn symbols_file(self) -> PathBuf {
        workspace().join(format!("abi/symbols-{}.txt", self.number()))
    }

    pub(super) fn soname(self) -> String {
        format!("libiot_sdk.so.{}", self.number())
    }
}

/// The names in a list, one a line.
fn names(file: &Path) -> Result<Vec<String>, Error> {
    let list = fs::read_to_string(file)
        .trying(|| format!("read the list of symbols {}", file.display()))?;
    Ok(list.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_lists_of_symbols_name_the_releases() {
        assert_eq!(Abi::from_number("2.3"), Some(Abi::V2_3));
        assert_eq!(Abi::from_number("9.9"), None);
        assert!(Abi::ALL.is_sorted_by_key(|abi| abi.number()));
    }

    #[test]
    fn the_lists_of_symbols_are_sorted_and_free_of_repetitions() {
        for abi in Abi::ALL {
            for list in [abi.symbols().unwrap(), abi.port().unwrap()] {
                let sorted: BTreeSet<String> = list.iter().cloned().collect();
                assert!(list.into_iter().eq(sorted));
            }
        }
    }
}
