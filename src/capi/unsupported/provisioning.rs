//! Wi-Fi provisioning, and binding to a user: not supported yet.

use super::unsupported;

unsupported! {
    int {
        awss_config_press
        awss_report_cloud
        awss_report_enrollee
        awss_report_enrollee_reply
        awss_report_reset
        awss_report_reset_reply
        awss_report_set_interval
        awss_report_token
        awss_report_token_reply
        awss_start
        awss_stop
        awss_stop_timer
    }
    data {
        awss_report_token_cnt
        awss_report_token_suc
        awss_stop_connecting
    }
}

#[cfg(abi = "2.3")]
unsupported! {
    int {
        awss_dev_ap_start
        awss_dev_ap_stop
        awss_report_reset_to_cloud
        awss_start_bind
        awss_stop_report_reset
        awss_stop_report_token
    }
}
