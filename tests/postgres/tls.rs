//! TLS to the server, which takes a build with `--features postgres-tls`: `make test-tls`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use diesel::connection::SimpleConnection;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::opening::refused;
use crate::postgres::{self, admin};
use crate::support::{Scene, eventually};

/// One that signs certificates.
fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// Has the server of this run offer TLS, with a certificate for `localhost`.
fn offer_tls(authority: &CertifiedIssuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
    parameters.distinguished_name.push(DnType::CommonName, "the server");
    let certificate = parameters.signed_by(&key, authority).unwrap();
    for (setting, text) in [("ssl_cert_file", certificate.pem()), ("ssl_key_file", key.serialize_pem())] {
        let file = Path::new(postgres::folder()).join(setting);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        postgres::give(&file);
        admin().batch_execute(&format!("ALTER SYSTEM SET {setting} = '{}'", file.display())).unwrap();
    }
    admin().batch_execute("ALTER SYSTEM SET ssl = on").unwrap();
    admin().batch_execute("SELECT pg_reload_conf()").unwrap();
    eventually("the server offers TLS", || {
        (postgres::texts(&mut admin(), "SELECT current_setting('ssl') AS value") == ["on"]).then_some(())
    });
}

/// The address under this name, with these parameters.
fn url(scene: &Scene, host: &str, parameters: &str) -> String {
    format!("{}?{parameters}", scene.url().replace("@127.0.0.1:", &format!("@{host}:")))
}

/// In one test, because it is about one server before and after it has a certificate.
#[test]
fn a_connection_is_as_safe_as_the_address_asks_for_or_there_is_none() {
    let scene = Scene::new();
    let says = |url: String, said: &str| {
        let (code, line) = refused(&scene, &url);
        assert!(code == 1 && line.starts_with("cannot open the database postgres://") && line.contains(said), "{line}");
    };
    says(url(&scene, "localhost", "sslmode=require"), "server does not support SSL, but SSL was required");

    let (ours, other) = (authority("ours"), authority("another"));
    fs::write(scene.path("ours.pem"), ours.pem()).unwrap();
    fs::write(scene.path("other.pem"), other.pem()).unwrap();
    offer_tls(&ours);
    let full = |authority: &str| format!("sslmode=verify-full&sslrootcert={}", scene.path(authority).display());
    says(url(&scene, "localhost", &full("other.pem")), "certificate verify failed");
    says(url(&scene, "127.0.0.1", &full("ours.pem")), "does not match host name \"127.0.0.1\"");
    says(url(&scene, "localhost", &full("missing.pem")), "missing.pem\" does not exist");

    let server = scene.start(&[("DATABASE_URL", &url(&scene, "localhost", &full("ours.pem")))]);
    assert_eq!(scene.client(&server).sign_up("taro@example.com").status, 201);
    server.drained();
    let connections = |is_safe: &str| {
        let own = format!("datname = '{}' AND application_name = 'keiyaku'", scene.database().name());
        scene.count(&format!("pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE {own} AND {is_safe}"))
    };
    // Those of the pool, and those that listen and tell.
    assert!(connections("ssl") > 1 && connections("NOT ssl") == 0);
    server.stop().assert_untroubled();
}
