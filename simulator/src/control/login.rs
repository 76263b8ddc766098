//! What another MQTT client needs to log in as a device.

#![forbid(unsafe_code)]

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::config::Region;
use crate::control::operator::{Operator, Refusal};

/// Host, port and credentials of a device. The password proves its secret and is not the secret.
pub(crate) fn lines(operator: &Operator, device: &str) -> Result<Value, Refusal> {
    let id = operator.find(device)?;
    let secret = operator.registry.secret(&id).ok_or_else(|| {
        Refusal::NotNow(format!("{id} has not registered, so it has no secret to log in with"))
    })?;
    let name = format!("{}.{}", id.product_key, id.device_name);
    let signed = format!("clientId{name}deviceName{}productKey{}", id.device_name, id.product_key);
    // A secret of any length is a key.
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map_err(|error| Refusal::Invalid(error.to_string()))?
        .chain_update(signed);
    let regions = &operator.registry.config.regions;
    Ok(json!({
        "device": id,
        "host": regions.first().map(|region| region.address),
        "port": operator.place.mqtt_port,
        "serverName": regions.first().map(|region: &Region| region.mqtt_host(&id.product_key)),
        "clientId": format!("{name}|securemode=2,signmethod=hmacsha256|"),
        "user": format!("{}&{}", id.device_name, id.product_key),
        "password": base16ct::lower::encode_string(&mac.finalize().into_bytes()),
        "caPem": operator.place.ca_pem,
    }))
}
