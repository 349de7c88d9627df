//! [`PublicKeys`]: the keys of a token issuer, read from a file of `JWT_PUBLIC_KEY`.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

/// The smallest RSA key that RFC 7518 allows, as the bytes of its modulus.
const MIN_RSA: usize = 256;
/// An uncompressed point on P-256: a mark and two coordinates.
const P256_POINT: usize = 65;

/// One or more public keys, each with the one algorithm that it is for.
#[derive(Clone)]
pub struct PublicKeys(pub(super) Arc<[PublicKey]>);

/// A key that checks signatures.
#[derive(Clone)]
pub(super) struct PublicKey {
    /// The `kid` of tokens that it signs; without one, it is tried on every token.
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

impl PublicKeys {
    /// The keys of a file: one public key in PEM, or a JWK Set (RFC 7517). RSA keys of at least 2048 bits check RS256,
    /// P-256 keys ES256, Ed25519 keys `EdDSA`; of a set, keys for anything else are left out. `None` if no key is left.
    pub fn read(file: &Path) -> Option<PublicKeys> {
        let text = std::fs::read_to_string(file).ok()?;
        let keys: Vec<PublicKey> = match serde_json::from_str::<JwkSet>(&text) {
            Ok(set) => set.keys.iter().filter_map(of_set).collect(),
            Err(_) => of_pem(&text).into_iter().collect(),
        };
        (!keys.is_empty()).then(|| PublicKeys(keys.into()))
    }
}

impl fmt::Debug for PublicKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.0.iter().map(|key| (&key.id, key.algorithm))).finish()
    }
}

fn of_pem(text: &str) -> Option<PublicKey> {
    // A private key has no business on a server that only checks, and a certificate is no key.
    if !text.contains("PUBLIC KEY-----") {
        return None;
    }
    let kinds = [
        (Algorithm::RS256, DecodingKey::from_rsa_pem(text.as_bytes())),
        (Algorithm::ES256, DecodingKey::from_ec_pem(text.as_bytes())),
        (Algorithm::EdDSA, DecodingKey::from_ed_pem(text.as_bytes())),
    ];
    let (algorithm, decoding) = kinds.into_iter().find_map(|(algorithm, key)| Some((algorithm, key.ok()?)))?;
    let length = decoding.try_get_as_bytes().ok()?.len();
    let strong = match algorithm {
        Algorithm::RS256 => length > MIN_RSA,
        Algorithm::ES256 => length == P256_POINT,
        _ => true,
    };
    strong.then_some(PublicKey { id: None, algorithm, decoding })
}

fn of_set(key: &Jwk) -> Option<PublicKey> {
    let (algorithm, named) = match &key.algorithm {
        AlgorithmParameters::RSA(parameters) => {
            // Base64 has four characters for three bytes.
            let strong = parameters.n.len() * 3 / 4 >= MIN_RSA;
            strong.then_some((Algorithm::RS256, KeyAlgorithm::RS256))?
        }
        AlgorithmParameters::EllipticCurve(parameters) if parameters.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(parameters) if parameters.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    let signs = !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption | PublicKeyUse::Other(_)));
    let fits = key.common.key_algorithm.is_none_or(|algorithm| algorithm == named);
    let decoding = DecodingKey::from_jwk(key).ok()?;
    (signs && fits).then(|| PublicKey { id: key.common.key_id.clone(), algorithm, decoding })
}
