//! The cloud's own certificate authority, made at start, and the certificates of its hosts.

#![forbid(unsafe_code)]

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::config::Region;
use crate::error::Error;
use crate::faults::Certificate;

/// The authority's certificate and one TLS set-up for each [`Certificate`].
pub(crate) struct Authority {
    pem: String,
    valid: Arc<ServerConfig>,
    wrong_name: Arc<ServerConfig>,
    expired: Arc<ServerConfig>,
    unknown_ca: Arc<ServerConfig>,
}

impl Authority {
    /// Makes a new authority and its certificates; nothing of it outlives the process.
    pub(crate) fn new(regions: &[Region]) -> Result<Self, Error> {
        let hosts = hosts(regions);
        let (pem, issuer) = make_issuer("linkkit-sim CA")?;
        let (_, stranger) = make_issuer("a CA that nobody trusts")?;
        let mut expired = CertificateParams::new(hosts.clone())?;
        expired.not_before = date_time_ymd(2001, 1, 1);
        expired.not_after = date_time_ymd(2002, 1, 1);
        Ok(Authority {
            pem,
            valid: server_config(CertificateParams::new(hosts.clone())?, &issuer)?,
            wrong_name: server_config(
                CertificateParams::new(["other.example".to_owned()])?,
                &issuer,
            )?,
            expired: server_config(expired, &issuer)?,
            unknown_ca: server_config(CertificateParams::new(hosts.clone())?, &stranger)?,
        })
    }

    /// The authority's certificate, which clients have to trust.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// The TLS set-up that presents this certificate.
    pub(crate) fn server_config(&self, certificate: Certificate) -> Arc<ServerConfig> {
        Arc::clone(match certificate {
            Certificate::Valid => &self.valid,
            Certificate::WrongName => &self.wrong_name,
            Certificate::Expired => &self.expired,
            Certificate::UnknownCa => &self.unknown_ca,
        })
    }
}

/// Every name under which a firmware may ask for the cloud.
fn hosts(regions: &[Region]) -> Vec<String> {
    let mut hosts: Vec<String> =
        ["localhost", "127.0.0.1", "iot-auth-global.aliyuncs.com"].map(String::from).into();
    for region in regions {
        hosts.push(format!("iot-auth.{}.aliyuncs.com", region.name));
        hosts.push(region.mqtt_host("*"));
    }
    hosts
}

fn make_issuer(name: &str) -> Result<(String, Issuer<'static, KeyPair>), Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate()?;
    let pem = params.self_signed(&key)?.pem();
    Ok((pem, Issuer::new(params, key)))
}

fn server_config(
    mut params: CertificateParams,
    issuer: &Issuer<'static, KeyPair>,
) -> Result<Arc<ServerConfig>, Error> {
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, issuer)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )?;
    Ok(Arc::new(config))
}
