//! Ids and secrets, all from one seeded source so that a run can be repeated.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// Makes ids and secrets.
#[derive(Debug, Clone)]
pub(crate) struct Mint(fastrand::Rng);

impl Mint {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A version 4 GUID, lower case.
    pub(crate) fn guid(&mut self) -> String {
        uuid::Builder::from_random_bytes(self.0.u128(..).to_be_bytes())
            .into_uuid()
            .to_string()
    }

    /// A PAT in today's format: 84 characters, the signature `AZDO` at 76 to 80.
    pub(crate) fn pat_secret(&mut self) -> String {
        let head: String = (0..76).map(|_| self.0.alphanumeric()).collect();
        let tail: String = (0..4).map(|_| self.0.alphanumeric()).collect();
        format!("{head}AZDO{tail}")
    }

    /// A client secret in today's format: 40 characters with `8Q~` near the start.
    pub(crate) fn client_secret(&mut self) -> String {
        let head: String = (0..3).map(|_| self.0.alphanumeric()).collect();
        let tail: String = (0..34).map(|_| self.0.alphanumeric()).collect();
        format!("{head}8Q~{tail}")
    }

    /// `start` and so many more characters that mean nothing to a client.
    pub(crate) fn opaque(&mut self, start: &str, length: usize) -> String {
        let tail: String = (0..length)
            .map(|at| match at % 97 {
                46 => '_',
                91 => '-',
                _ => self.0.alphanumeric(),
            })
            .collect();
        format!("{start}{tail}")
    }

    /// What a person types at the device page: 9 characters that cannot be mistaken for each other.
    pub(crate) fn user_code(&mut self) -> String {
        const LETTERS: &[char] = &[
            'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'U',
            'V', 'W', 'X', 'Y', 'Z', '2', '3', '4', '5', '6', '7', '8', '9',
        ];
        (0..9).filter_map(|_| self.0.choice(LETTERS)).collect()
    }

    /// A JSON web token with these claims. It is not signed: the third part only looks like a signature.
    pub(crate) fn jwt(&mut self, claims: &Value) -> String {
        let header = r#"{"typ":"JWT","alg":"RS256","kid":"patkeeper-simulator"}"#;
        let signature: Vec<u8> = (0..48).map(|_| self.0.u8(..)).collect();
        [header.as_bytes(), claims.to_string().as_bytes(), &signature]
            .map(|part| URL_SAFE_NO_PAD.encode(part))
            .join(".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pat_has_the_published_length_and_signature_and_differs_each_time() {
        let mut mint = Mint::new(7);
        let (first, second) = (mint.pat_secret(), mint.pat_secret());
        assert_eq!(first.len(), 84);
        assert_eq!(&first[76..80], "AZDO");
        assert_ne!(first, second);
        assert_eq!(Mint::new(7).pat_secret(), first);
    }
}
