//! The cloud's own certificate authority and the certificates of its hosts.

#![forbid(unsafe_code)]

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::config::Region;
use crate::error::{Error, Trying as _};
use crate::faults::Certificate;
use crate::registry::replace;

/// The authority's certificate and one TLS set-up for each [`Certificate`].
pub(crate) struct Authority {
    pem: String,
    valid: Arc<ServerConfig>,
    wrong_name: Arc<ServerConfig>,
    expired: Arc<ServerConfig>,
    unknown_ca: Arc<ServerConfig>,
}

impl Authority {
    /// Makes the authority's certificates. It is the one that the state folder remembers, or a new
    /// one.
    pub(crate) fn open(regions: &[Region], state: Option<&Path>) -> Result<Self, Error> {
        let hosts = hosts(regions);
        let (pem, issuer) = match state {
            Some(folder) => kept_issuer(folder)?,
            None => make_issuer("linkkit-sim CA", KeyPair::generate()?)?,
        };
        let (_, stranger) = make_issuer("a CA that nobody trusts", KeyPair::generate()?)?;
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

/// The authority of a state folder. What trusts it trusts its name and its key, so that its
/// certificate may be made anew from them.
fn kept_issuer(folder: &Path) -> Result<(String, Issuer<'static, KeyPair>), Error> {
    let path = folder.join("ca-key.pem");
    let key = match fs::read_to_string(&path) {
        Ok(pem) => KeyPair::from_pem(&pem)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = KeyPair::generate()?;
            replace(&path, key.serialize_pem().as_bytes())?;
            key
        }
        Err(error) => return Err(error).trying(|| format!("read {}", path.display())),
    };
    let (pem, issuer) = make_issuer("linkkit-sim CA", key)?;
    replace(&folder.join("ca.pem"), pem.as_bytes())?;
    Ok((pem, issuer))
}

fn make_issuer(name: &str, key: KeyPair) -> Result<(String, Issuer<'static, KeyPair>), Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
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
