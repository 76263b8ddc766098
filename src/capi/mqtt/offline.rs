//! Subscriptions that the firmware makes before it connects.

use std::ffi::{c_char, c_int, c_void};
use std::sync::Mutex;

use crate::base::sync::lock;
use crate::capi::abi::{
    IOT_RETURN_CODES as Code, SUCCESS_RETURN, iotx_mqtt_event_handle_func_fpt, iotx_mqtt_qos_t,
};
use crate::capi::mqtt;
use crate::ffi::context::Context;
use crate::ffi::objects::Handle;
use crate::mqtt::client::Client;
use crate::mqtt::topic;

static KEPT: Mutex<Vec<Subscription>> = Mutex::new(Vec::new());

struct Subscription {
    filter: String,
    qos: iotx_mqtt_qos_t,
    function: iotx_mqtt_event_handle_func_fpt,
    context: Context,
}

/// Keeps a subscription for the next client; 0, or the code of what is wrong with it. A second one
/// with the same filter takes the place of the first.
///
/// # Safety
/// `topic_filter` is either NULL or ends with a NUL.
pub(crate) unsafe fn keep(
    topic_filter: *const c_char,
    qos: iotx_mqtt_qos_t,
    function: iotx_mqtt_event_handle_func_fpt,
    context: *mut c_void,
) -> c_int {
    mqtt::checked(c"IOT_MQTT_Subscribe", || {
        // SAFETY: as the caller promises.
        let filter = unsafe { mqtt::text("topic_filter", topic_filter) }?;
        if function.is_none() {
            return Err(mqtt::NO_HANDLER.into());
        }
        if let Err(why) = topic::check_filter(filter) {
            ::log::error!(target: "IOT_MQTT_Subscribe", "topic format is error: {why}");
            return Ok(Code::MQTT_TOPIC_FORMAT_ERROR as c_int);
        }
        let subscription = Subscription {
            filter: filter.to_owned(),
            qos,
            function,
            context: Context::new(context),
        };
        let mut kept = lock(&KEPT);
        match kept.iter_mut().find(|known| known.filter == filter) {
            Some(known) => *known = subscription,
            None => kept.push(subscription),
        }
        Ok(SUCCESS_RETURN)
    })
}

/// Asks for everything that was kept. It stays kept, for a client after this one.
pub(crate) fn subscribe_all(client: &Client, handle: Handle) {
    let wanted = |kept: &Subscription| {
        let handler = mqtt::topic_handler(handle, kept.function, kept.context.pointer()).ok()?;
        Some((kept.filter.clone(), mqtt::subscription_qos(kept.qos), handler))
    };
    let subscriptions: Vec<_> = lock(&KEPT).iter().filter_map(wanted).collect();
    for (filter, qos, handler) in subscriptions {
        if let Err(error) = client.subscribe(&filter, qos, handler) {
            ::log::error!(target: "IOT_MQTT_Subscribe", "'{filter}': {error}");
        }
    }
}
