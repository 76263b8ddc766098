//! The commands of `linkkit-sim`, from the terminal's side.

pub(crate) mod client;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod terminal;
