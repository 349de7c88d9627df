//! Public keys: tokens of an issuer that this service cannot imitate.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PublicKeyData};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{SECRET, Service};

/// Somebody who signs tokens.
pub struct Issuer {
    algorithm: Algorithm,
    private: EncodingKey,
    public_pem: String,
    jwk: Value,
}

impl Issuer {
    pub fn es256() -> Issuer {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let (x, y) = pair.der_bytes()[1..].split_at(32);
        Issuer {
            algorithm: Algorithm::ES256,
            private: EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap(),
            public_pem: pair.public_key_pem(),
            jwk: json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)}),
        }
    }

    fn eddsa() -> Issuer {
        let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        Issuer {
            algorithm: Algorithm::EdDSA,
            private: EncodingKey::from_ed_pem(pair.serialize_pem().as_bytes()).unwrap(),
            public_pem: pair.public_key_pem(),
            jwk: json!({"kty": "OKP", "crv": "Ed25519", "x": text(pair.der_bytes())}),
        }
    }

    fn rs256() -> Issuer {
        let pair = RsaPrivateKey::new(&mut OsRng, 2048).unwrap();
        let public = pair.to_public_key();
        Issuer {
            algorithm: Algorithm::RS256,
            private: EncodingKey::from_rsa_pem(pair.to_pkcs8_pem(LineEnding::LF).unwrap().as_bytes()).unwrap(),
            public_pem: public.to_public_key_pem(LineEnding::LF).unwrap(),
            jwk: json!({"kty": "RSA", "n": text(&public.n().to_bytes_be()), "e": text(&public.e().to_bytes_be())}),
        }
    }

    pub fn sign(&self, claims: &Value) -> String {
        encode(&Header::new(self.algorithm), claims, &self.private).unwrap()
    }

    fn sign_as(&self, id: &str, claims: &Value) -> String {
        let header = Header { kid: Some(id.to_owned()), ..Header::new(self.algorithm) };
        encode(&header, claims, &self.private).unwrap()
    }

    fn jwk(&self, more: &Value) -> Value {
        let mut jwk = self.jwk.clone();
        jwk.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        jwk
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn claims() -> Value {
    json!({"sub": "taro", "scope": "jobs:read", "exp": (Utc::now() + TimeDelta::hours(1)).timestamp()})
}

/// A service that has this file for its key.
async fn service_with(key: &str, more: &[(&str, &str)]) -> (Service, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    fs::write(&file, key).unwrap();
    let own = [("JWT_SECRET", ""), ("JWT_PUBLIC_KEY", file.to_str().unwrap())];
    (Service::with(&[&own, more].concat()).await, folder)
}

async fn status(service: &Service, token: &str) -> u16 {
    service.get_as(token, "/jobs").await.status
}

#[tokio::test]
async fn a_token_counts_under_the_key_that_signed_it_and_no_other() {
    let issuers = [Issuer::rs256(), Issuer::es256(), Issuer::eddsa()];
    for owner in &issuers {
        let (service, _folder) = service_with(&owner.public_pem, &[]).await;
        for issuer in &issuers {
            let expected = if issuer.algorithm == owner.algorithm { 200 } else { 401 };
            let found = status(&service, &issuer.sign(&claims())).await;
            assert_eq!(found, expected, "{:?} under {:?}", issuer.algorithm, owner.algorithm);
        }
        // The public key is no secret: whoever knows it must not be able to sign with it.
        for secret in [owner.public_pem.as_bytes(), owner.public_pem.trim_end().as_bytes(), SECRET.as_bytes()] {
            let forged = encode(&Header::new(Algorithm::HS256), &claims(), &EncodingKey::from_secret(secret)).unwrap();
            assert_eq!(status(&service, &forged).await, 401);
        }
    }
    let (service, _folder) = service_with(&Issuer::es256().public_pem, &[]).await;
    assert_eq!(status(&service, &issuers[1].sign(&claims())).await, 401, "another key of the same kind");
}

#[tokio::test]
async fn of_a_set_the_key_that_the_token_names_counts() {
    let (old, new, ed) = (Issuer::es256(), Issuer::es256(), Issuer::eddsa());
    let set = json!({"keys": [
        old.jwk(&json!({"kid": "old", "use": "sig"})),
        new.jwk(&json!({"kid": "new", "alg": "ES256"})),
        ed.jwk(&json!({"kid": "ed"})),
        Issuer::es256().jwk(&json!({"kid": "for encryption", "use": "enc"})),
        {"kty": "oct", "k": text(SECRET.as_bytes()), "kid": "secret"},
    ]});
    let (service, _folder) = service_with(&set.to_string(), &[]).await;
    assert_eq!(status(&service, &old.sign_as("old", &claims())).await, 200);
    assert_eq!(status(&service, &new.sign_as("new", &claims())).await, 200);
    assert_eq!(status(&service, &ed.sign_as("ed", &claims())).await, 200);
    assert_eq!(status(&service, &new.sign(&claims())).await, 200, "without a name, each key is tried");
    assert_eq!(status(&service, &old.sign_as("new", &claims())).await, 401);
    assert_eq!(status(&service, &old.sign_as("unknown", &claims())).await, 401);
    let forged = encode(
        &Header { kid: Some("secret".to_owned()), ..Header::new(Algorithm::HS256) },
        &claims(),
        &EncodingKey::from_secret(SECRET.as_bytes()),
    );
    assert_eq!(status(&service, &forged.unwrap()).await, 401, "a set of public keys has no secrets");
}

#[tokio::test]
async fn issuer_and_audience_are_wanted_where_they_are_configured() {
    let issuer = Issuer::es256();
    let wanted = [("JWT_ISSUER", "https://id.example"), ("JWT_AUDIENCE", "keiyaku")];
    let (service, _folder) = service_with(&issuer.public_pem, &wanted).await;
    let with = |iss: Value, aud: Value| {
        let mut claims = claims();
        claims["iss"] = iss;
        claims["aud"] = aud;
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        issuer.sign(&claims)
    };
    let (iss, aud) = (json!("https://id.example"), json!("keiyaku"));
    assert_eq!(status(&service, &with(iss.clone(), aud.clone())).await, 200);
    assert_eq!(status(&service, &with(iss.clone(), json!(["other", "keiyaku"]))).await, 200);
    for (iss, aud) in [
        (Value::Null, aud.clone()),
        (iss.clone(), Value::Null),
        (json!("https://evil.example"), aud.clone()),
        (iss.clone(), json!("other")),
        (iss.clone(), json!([])),
    ] {
        assert_eq!(status(&service, &with(iss.clone(), aud.clone())).await, 401, "{iss} {aud}");
    }
    let (careless, _folder) = service_with(&issuer.public_pem, &[]).await;
    assert_eq!(status(&careless, &with(json!("anyone"), Value::Null)).await, 200);
    assert_eq!(status(&careless, &with(Value::Null, aud)).await, 401, "a token for somebody else");
}

#[test]
fn a_file_that_is_no_public_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let p384 = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let weak = RsaPrivateKey::new(&mut OsRng, 1024).unwrap().to_public_key();
    let weak_set = json!({"keys": [{"kty": "RSA", "n": text(&weak.n().to_bytes_be()), "e": "AQAB"}]});
    for (name, content) in [
        ("nothing", String::new()),
        ("words", "a secret".to_owned()),
        ("a private key", pair.serialize_pem()),
        ("another curve", p384.public_key_pem()),
        ("a weak key", weak.to_public_key_pem(LineEnding::LF).unwrap()),
        ("a set with a weak key", weak_set.to_string()),
        ("an empty set", r#"{"keys":[]}"#.to_owned()),
        ("a set of secrets", json!({"keys": [{"kty": "oct", "k": "AAAA"}]}).to_string()),
    ] {
        fs::write(&file, content).unwrap();
        assert!(keiyaku::contract::PublicKeys::read(&file).is_none(), "{name}");
    }
    assert!(keiyaku::contract::PublicKeys::read(&folder.path().join("none")).is_none());
}
