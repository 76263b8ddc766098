//! A certificate authority of the test's own, and a server's certificate of it.

use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// What a server on loopback needs, and the authority that its clients trust in.
pub(crate) struct Certificates {
    pub(crate) authority: Certificate,
    pub(crate) server: Certificate,
    pub(crate) server_key: KeyPair,
}

impl Certificates {
    pub(crate) fn new() -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // By default it would have the name of the server's own, which OpenSSL takes for self-signed then.
        authority.distinguished_name.push(DnType::CommonName, "test authority");
        let authority_key = KeyPair::generate().unwrap();
        let authority_certificate = authority.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(authority, authority_key);

        let server = CertificateParams::new(["localhost".into(), "127.0.0.1".into()]).unwrap();
        let server_key = KeyPair::generate().unwrap();
        let server = server.signed_by(&server_key, &issuer).unwrap();
        Certificates { authority: authority_certificate, server, server_key }
    }
}
