//! What every floor stands on: errors in words, deadlines, locks, the log, who a device is and how it
//! signs. It knows nothing of C, of the network and of the platform's services.

pub mod deadline;
pub mod error;
pub mod identity;
pub mod lite_json;
pub mod log;
pub(crate) mod salvage;
pub mod sign;
pub(crate) mod sync;
pub(crate) mod waiting;
