//! Bearer tokens: JSON Web Tokens that say who calls (`sub`) and what they may do (`scope`).

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::{Caller, PublicKeys};

/// The shortest secret: RFC 7518 asks for a key as long as the hash it feeds.
const MIN_SECRET: usize = 32;

/// How far clocks may lie apart, in seconds.
const LEEWAY: u64 = 30;

/// The keys that check tokens, and sign them where they can. The algorithm belongs to the key, never to what a token says
/// of itself.
pub struct TokenKeys {
    keys: Vec<Key>,
    encoding: Option<EncodingKey>,
    issuer: Option<String>,
    audience: Option<String>,
}

struct Key {
    id: Option<String>,
    decoding: DecodingKey,
    validation: Validation,
}

/// Why a key or a token to sign is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// A short secret can be found by trying.
    #[error("a secret of {0} bytes is too short: at least {MIN_SECRET} are required")]
    ShortSecret(usize),
    /// Only a secret signs; whoever has the private key makes the tokens that a public key checks.
    #[error("tokens cannot be signed with a public key")]
    CannotSign,
    /// The library could not sign.
    #[error("the token could not be signed: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    #[serde(default)]
    scope: String,
    /// Only written, like the rest: the library itself checks what has to be.
    #[serde(skip_deserializing)]
    iat: i64,
    /// It may have a fraction of a second.
    exp: Number,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
}

impl TokenKeys {
    /// HMAC with SHA-256 under a shared secret.
    ///
    /// # Errors
    ///
    /// If the secret has fewer than 32 bytes.
    pub fn hs256(secret: &[u8]) -> Result<TokenKeys, TokenError> {
        if secret.len() < MIN_SECRET {
            return Err(TokenError::ShortSecret(secret.len()));
        }
        Ok(TokenKeys::of_secret(secret))
    }

    pub(super) fn of_secret(secret: &[u8]) -> TokenKeys {
        let decoding = DecodingKey::from_secret(secret);
        let key = Key { id: None, decoding, validation: validation(Algorithm::HS256) };
        let encoding = Some(EncodingKey::from_secret(secret));
        TokenKeys { keys: vec![key], encoding, issuer: None, audience: None }
    }

    /// Signatures that only the holder of the private key can make.
    #[must_use]
    pub fn public(keys: &PublicKeys) -> TokenKeys {
        let key = |key: &super::public_keys::PublicKey| Key {
            id: key.id.clone(),
            decoding: key.decoding.clone(),
            validation: validation(key.algorithm),
        };
        TokenKeys { keys: keys.0.iter().map(key).collect(), encoding: None, issuer: None, audience: None }
    }

    /// Takes only tokens of this issuer (`iss`) and for this audience (`aud`), where they are given, and signs such.
    /// Without an audience, a token that names any is refused, as RFC 7519 says.
    #[must_use]
    pub fn expecting(mut self, issuer: Option<String>, audience: Option<String>) -> TokenKeys {
        for Key { validation, .. } in &mut self.keys {
            if let Some(issuer) = &issuer {
                validation.set_issuer(&[issuer]);
                validation.required_spec_claims.insert("iss".to_owned());
            }
            if let Some(audience) = &audience {
                validation.set_audience(&[audience]);
                validation.required_spec_claims.insert("aud".to_owned());
            }
        }
        TokenKeys { issuer, audience, ..self }
    }

    /// Signs a token for `subject` that is good from `now` for as long as `ttl`.
    ///
    /// # Errors
    ///
    /// If there is no secret to sign with.
    pub fn sign(
        &self,
        subject: &str,
        scopes: &[String],
        ttl: Duration,
        now: DateTime<Utc>,
    ) -> Result<String, TokenError> {
        let encoding = self.encoding.as_ref().ok_or(TokenError::CannotSign)?;
        let iat = now.timestamp();
        let claims = Claims {
            sub: subject.to_owned(),
            scope: scopes.join(" "),
            iat,
            exp: iat.saturating_add_unsigned(ttl.as_secs()).into(),
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
        };
        Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, encoding)?)
    }

    /// The caller that a token names, if the token counts. Why it does not is for the log, not for the client.
    pub(super) fn verify(&self, token: &str) -> Result<Caller, jsonwebtoken::errors::Error> {
        let id = decode_header(token)?.kid;
        let named = |key: &&Key| id.is_none() || key.id.is_none() || key.id == id;
        let mut refused = jsonwebtoken::errors::ErrorKind::InvalidSignature.into();
        for key in self.keys.iter().filter(named) {
            match decode::<Claims>(token, &key.decoding, &key.validation) {
                // RFC 7515: a header that must be understood and is not makes the token invalid, and we know none.
                Ok(token) if token.header.crit.is_some() || token.claims.sub.is_empty() => {
                    return Err(jsonwebtoken::errors::ErrorKind::InvalidToken.into());
                }
                Ok(token) => {
                    let scopes = token.claims.scope.split_ascii_whitespace().map(str::to_owned).collect();
                    // The library takes it until the leeway's last second is over.
                    let expires_at =
                        token.claims.exp.as_f64().map(|exp| (exp as i64).saturating_add_unsigned(LEEWAY + 1));
                    return Ok(Caller { subject: token.claims.sub, scopes, expires_at });
                }
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}

/// What every token must fulfil, and the one algorithm that its key is for.
fn validation(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_required_spec_claims(&["exp", "sub"]);
    validation.validate_nbf = true;
    validation.leeway = LEEWAY;
    validation
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithms: Vec<_> = self.keys.iter().flat_map(|key| &key.validation.algorithms).collect();
        formatter.debug_struct("TokenKeys").field("algorithms", &algorithms).finish_non_exhaustive()
    }
}
