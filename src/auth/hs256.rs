//! HS256 for jsonwebtoken, built on the HMAC that signs links. The crate's own providers bring RSA
//! and three elliptic curves, none of which is needed here.

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};
use sha2::Sha256;

/// Installs this provider for the process unless one is installed. jsonwebtoken panics without a
/// provider.
pub fn install() {
    static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory: signer,
        verifier_factory: verifier,
        key_utils: KeyUtils::new_unimplemented(), // keys are never read from JSON
    };
    let _ = PROVIDER.install_default(); // an error means that it is already installed
}

fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    match (algorithm, key.family()) {
        (Algorithm::HS256, AlgorithmFamily::Hmac) => Ok(Box::new(Hs256::new(key.as_bytes())?)),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    match (algorithm, key.family()) {
        (Algorithm::HS256, AlgorithmFamily::Hmac) => {
            Ok(Box::new(Hs256::new(key.try_get_as_bytes()?)?))
        }
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

struct Hs256(Hmac<Sha256>);

impl Hs256 {
    fn new(secret: &[u8]) -> Result<Self> {
        Ok(Self(
            Hmac::new_from_slice(secret).map_err(|_| ErrorKind::InvalidKeyFormat)?,
        ))
    }

    fn over(&self, message: &[u8]) -> Hmac<Sha256> {
        self.0.clone().chain_update(message)
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        Ok(self.over(message).finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    /// Compares in constant time.
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        self.over(message)
            .verify_slice(signature)
            .map_err(|_| Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::Header;
    use serde_json::json;

    use super::*;

    /// The example of RFC 7515, appendix A.1, signed and verified.
    #[test]
    fn signatures_match_rfc_7515() {
        install();
        install();
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let message = b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let encoding = EncodingKey::from_base64_secret(&padded(key)).unwrap();
        let decoding = DecodingKey::from_base64_secret(&padded(key)).unwrap();
        assert_eq!(
            jsonwebtoken::crypto::sign(message, &encoding, Algorithm::HS256).unwrap(),
            signature
        );
        assert!(
            jsonwebtoken::crypto::verify(signature, message, &decoding, Algorithm::HS256).unwrap()
        );
        assert!(
            !jsonwebtoken::crypto::verify(signature, b"another", &decoding, Algorithm::HS256)
                .unwrap()
        );
        assert!(!jsonwebtoken::crypto::verify("", message, &decoding, Algorithm::HS256).unwrap());
    }

    #[test]
    fn another_algorithm_is_an_error() {
        install();
        let key = EncodingKey::from_secret(&[7; 32]);
        assert!(jsonwebtoken::encode(&Header::new(Algorithm::HS512), &json!({}), &key).is_err());
    }

    fn padded(base64url: &str) -> String {
        base64url.replace('-', "+").replace('_', "/") + "=="
    }
}
