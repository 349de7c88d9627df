//! Bearer tokens: JSON Web Tokens that say who calls (`sub`) and what they may do (`scope`).

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::Caller;

/// The shortest secret: RFC 7518 asks for a key as long as the hash it feeds.
const MIN_SECRET: usize = 32;

/// How far clocks may lie apart, in seconds.
const LEEWAY: u64 = 30;

/// The key that signs and checks tokens. The algorithm belongs to the key, never to what a token says of itself.
pub struct TokenKeys {
    decoding: DecodingKey,
    encoding: EncodingKey,
    algorithm: Algorithm,
    validation: Validation,
}

/// Why a key or a token to sign is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// A short secret can be found by trying.
    #[error("a secret of {0} bytes is too short: at least {MIN_SECRET} are required")]
    ShortSecret(usize),
    /// The library could not sign.
    #[error("the token could not be signed: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    #[serde(default)]
    scope: String,
    /// Only written: the library itself checks it, and accepts a fraction of a second as well.
    #[serde(skip_deserializing)]
    iat: i64,
    #[serde(skip_deserializing)]
    exp: i64,
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
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY;
        Ok(TokenKeys {
            decoding: DecodingKey::from_secret(secret),
            encoding: EncodingKey::from_secret(secret),
            algorithm: Algorithm::HS256,
            validation,
        })
    }

    /// Signs a token for `subject` that is good from `now` for as long as `ttl`.
    ///
    /// # Errors
    ///
    /// If the library fails to sign, which a secret key never makes it do.
    pub fn sign(
        &self,
        subject: &str,
        scopes: &[String],
        ttl: Duration,
        now: DateTime<Utc>,
    ) -> Result<String, TokenError> {
        let iat = now.timestamp();
        let exp = iat.saturating_add_unsigned(ttl.as_secs());
        let claims = Claims { sub: subject.to_owned(), scope: scopes.join(" "), iat, exp };
        Ok(jsonwebtoken::encode(&Header::new(self.algorithm), &claims, &self.encoding)?)
    }

    /// The caller that a token names, if the token counts. Why it does not is for the log, not for the client.
    pub(super) fn verify(&self, token: &str) -> Result<Caller, jsonwebtoken::errors::Error> {
        let token = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)?;
        // RFC 7515: a header that must be understood and is not makes the token invalid, and we know none.
        if token.header.crit.is_some() || token.claims.sub.is_empty() {
            return Err(jsonwebtoken::errors::ErrorKind::InvalidToken.into());
        }
        let scopes = token.claims.scope.split_ascii_whitespace().map(str::to_owned).collect();
        Ok(Caller { subject: token.claims.sub, scopes })
    }
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenKeys").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
