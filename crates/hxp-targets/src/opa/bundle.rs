//! The generated policy as one signed file that OPA loads: a bundle.
//!
//! A gzipped tar archive with the files of `policy/`, and, when it is signed, `.signatures.json`: a JWT whose payload
//! lists every file with its digest (OPA's documentation, "Bundles", section "Signature format"). What OPA reads as data
//! (`data.json`, `.manifest`) is digested as JSON without white space, keys sorted; every other file as its bytes. Equal
//! policies give equal bundles to the byte: nothing in them tells when, where or by whom they were made.

use std::io::Write as _;

use flate2::{Compression, GzBuilder};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::OutputTree;

/// Who signs a bundle.
pub struct Signer {
    key: EncodingKey,
    algorithm: Algorithm,
    key_id: String,
    scope: Option<String>,
}

/// Algorithms that can sign, by the names that OPA gives them.
pub const ALGORITHMS: [(&str, Algorithm); 11] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("HS256", Algorithm::HS256),
    ("HS384", Algorithm::HS384),
    ("HS512", Algorithm::HS512),
];

/// Why a bundle cannot be made.
#[derive(Debug, PartialEq, Eq)]
pub enum BundleError {
    /// There is no algorithm of that name.
    Algorithm(String),
    /// The key is none of the algorithm's.
    Key(&'static str, String),
    /// The archive cannot be put together.
    Archive(String),
}

impl std::fmt::Display for BundleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Algorithm(name) => {
                let known = ALGORITHMS.map(|(name, _)| name);
                let near = hxp_diagnostics::nearest(name, known);
                let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                write!(f, "`{name}` is no signing algorithm{near}; there are {}", hxp_diagnostics::list_names(&known))
            }
            Self::Key(form, why) => write!(f, "the signing key is not {form}: {why}"),
            Self::Archive(why) => write!(f, "the bundle cannot be put together: {why}"),
        }
    }
}

impl std::error::Error for BundleError {}

impl Signer {
    /// A signer by the text of its key: a private key in PEM for the `RS`, `PS` and `ES` algorithms, the secret itself
    /// for `HS`. OPA looks the public key up by `key_id`; `scope` must be the one that it is told to expect.
    ///
    /// # Errors
    /// An unknown algorithm; a key that is not of its form.
    pub fn new(algorithm: &str, key: &[u8], key_id: &str, scope: Option<&str>) -> Result<Self, BundleError> {
        let known = ALGORITHMS.into_iter().find(|(name, _)| *name == algorithm).map(|(_, algorithm)| algorithm);
        let known = known.ok_or_else(|| BundleError::Algorithm(algorithm.to_owned()))?;
        let form = "a private key in PEM of the kind that the algorithm takes";
        let broken = |e: jsonwebtoken::errors::Error| BundleError::Key(form, e.to_string());
        let key = match known {
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
                let secret = key.strip_suffix(b"\n").unwrap_or(key);
                if secret.is_empty() {
                    return Err(BundleError::Key("a secret", "it is empty".to_owned()));
                }
                EncodingKey::from_secret(secret)
            }
            Algorithm::ES256 | Algorithm::ES384 => EncodingKey::from_ec_pem(key).map_err(broken)?,
            _ => EncodingKey::from_rsa_pem(key).map_err(broken)?,
        };
        let signer = Self { key, algorithm: known, key_id: key_id.to_owned(), scope: scope.map(ToOwned::to_owned) };
        // A key of another kind shows only when it is used.
        signer.sign(&[]).map_err(|e| match e {
            BundleError::Key(_, why) => BundleError::Key(form, why),
            other => other,
        })?;
        Ok(signer)
    }

    fn sign(&self, files: &[SignedFile<'_>]) -> Result<String, BundleError> {
        #[derive(Serialize)]
        struct Payload<'a> {
            files: &'a [SignedFile<'a>],
            keyid: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            scope: Option<&'a str>,
        }
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(self.algorithm) };
        let payload = Payload { files, keyid: &self.key_id, scope: self.scope.as_deref() };
        jsonwebtoken::encode(&header, &payload, &self.key).map_err(|e| BundleError::Key("usable", e.to_string()))
    }
}

#[derive(Serialize)]
struct SignedFile<'a> {
    name: &'a str,
    hash: String,
    algorithm: &'static str,
}

/// The bundle of the generated files (those of [`super::Opa`], by their paths below the output folder).
///
/// # Errors
/// The key cannot sign.
pub fn bundle(files: &OutputTree, signer: Option<&Signer>) -> Result<Vec<u8>, BundleError> {
    let files = || {
        files.iter().filter_map(|(path, file)| {
            let name = path.strip_prefix(super::FOLDER)?.strip_prefix('/')?;
            Some((name, file.text.as_str()))
        })
    };
    let mut archive = Archive::new();
    for (name, text) in files() {
        archive.add(name, text)?;
    }
    if let Some(signer) = signer {
        let signed: Vec<SignedFile<'_>> =
            files().map(|(name, text)| SignedFile { name, hash: digest(name, text), algorithm: "SHA-256" }).collect();
        let token = signer.sign(&signed)?;
        archive.add(".signatures.json", &serde_json::json!({ "signatures": [token] }).to_string())?;
    }
    archive.finish()
}

/// The digest of a file as OPA reads it.
fn digest(name: &str, text: &str) -> String {
    let structured = matches!(name.rsplit('/').next(), Some("data.json" | ".manifest"));
    let canonical = structured.then(|| serde_json::from_str(text).ok().map(canonical)).flatten();
    let digest = Sha256::digest(canonical.as_deref().unwrap_or(text).as_bytes());
    digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// JSON without white space, keys sorted, as Go's encoder writes it without its escapes for HTML: U+2028 and U+2029 are
/// escaped all the same.
fn canonical(mut value: serde_json::Value) -> String {
    value.sort_all_objects();
    value.to_string().replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// A gzipped tar archive in which nothing depends on the machine or the hour.
struct Archive {
    tar: tar::Builder<flate2::write::GzEncoder<Vec<u8>>>,
}

impl Archive {
    fn new() -> Self {
        /// "Unknown" in the field of RFC 1952 for the operating system.
        const NO_SYSTEM: u8 = 255;
        let gzip = GzBuilder::new().mtime(0).operating_system(NO_SYSTEM).write(Vec::new(), Compression::best());
        Self { tar: tar::Builder::new(gzip) }
    }

    fn add(&mut self, name: &str, text: &str) -> Result<(), BundleError> {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        let added = self.tar.append_data(&mut header, name, text.as_bytes());
        added.map_err(|e| BundleError::Archive(e.to_string()))
    }

    fn finish(self) -> Result<Vec<u8>, BundleError> {
        let broken = |e: std::io::Error| BundleError::Archive(e.to_string());
        let mut gzip = self.tar.into_inner().map_err(broken)?;
        gzip.flush().map_err(broken)?;
        gzip.finish().map_err(broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_digested_by_its_meaning_and_rego_by_its_bytes() {
        assert_eq!(
            digest("data.json", "{\"b\": [1, 2],\n \"a\": \"<\u{2028}\"}"),
            digest("data.json", "{\"a\":\"<\u{2028}\",\"b\":[1,2]}")
        );
        assert_eq!(canonical(serde_json::json!({ "b": 1, "a": "\u{2028}<" })), "{\"a\":\"\\u2028<\",\"b\":1}");
        assert_ne!(digest("lib.rego", "{ }"), digest("lib.rego", "{}"));
    }

    #[test]
    fn keys_that_cannot_sign_are_told() {
        let error = |algorithm: &str, key: &str| Signer::new(algorithm, key.as_bytes(), "default", None).err();
        assert_eq!(error("HS256", "secret"), None);
        assert_eq!(error("HS256", "\n"), Some(BundleError::Key("a secret", "it is empty".to_owned())));
        assert!(matches!(error("RS256", "secret"), Some(BundleError::Key(..))));
        let unknown = error("RS265", "secret").map(|e| e.to_string()).unwrap_or_default();
        assert!(unknown.contains("did you mean `RS256`?"), "{unknown}");
    }
}
