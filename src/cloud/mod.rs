//! The platform's services over HTTPS: where they are, what is asked of them, and what their answers
//! mean.

pub mod answer;
pub mod bootstrap;
pub mod dynreg;
pub mod error_code;
pub mod https_auth;
pub mod region;
pub mod retry;
pub mod servers;
