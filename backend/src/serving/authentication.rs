//! Who is let in on addresses that others can reach: by a token, a password, or the word of a reverse proxy.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use anyhow::{Context, bail};
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use axum::http::{HeaderMap, HeaderName, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use crate::commands::serve::ListenArgs;

/// The shortest token that is taken: 16 random bytes in hex are 32 characters.
const MIN_TOKEN_CHARS: usize = 16;
/// In place of `--token-file`, where a secret is given to a process by its environment.
const TOKEN_VARIABLE: &str = "ROLLCALL_TOKEN";

/// The ways in; any of them is enough. Without one everybody is let in.
#[derive(Default)]
pub struct Authentication {
    token: Option<String>,
    people: Option<People>,
    proxy: Option<Proxy>,
}

/// Those who have a password.
struct People {
    /// By name, as PHC strings of Argon2.
    hashes: HashMap<String, String>,
    /// By name, a digest of the hash and of the password that was right for it: browsers send it with every request, and
    /// Argon2 is slow on purpose.
    known: Mutex<HashMap<String, blake3::Hash>>,
    /// One password is tried at a time: each try takes 19 MB, and whoever guesses shall wait.
    turn: tokio::sync::Mutex<()>,
}

/// A server before this one that asks people who they are.
struct Proxy {
    address: IpAddr,
    header: HeaderName,
}

impl Authentication {
    /// # Errors
    /// When a token is too short, or a file cannot be read or is not what it should be.
    pub fn new(args: &ListenArgs) -> anyhow::Result<Authentication> {
        Ok(Authentication {
            token: token(args.token_file.as_deref())?,
            people: args.password_file.as_deref().map(People::read).transpose()?,
            proxy: args.proxy.map(|address| Proxy {
                address,
                header: args.proxy_header.clone(),
            }),
        })
    }

    /// Whether there is any way in but the open door.
    pub fn is_asked(&self) -> bool {
        self.token.is_some() || self.people.is_some() || self.proxy.is_some()
    }

    /// Whether a request from this address may be answered.
    pub async fn admits(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> bool {
        if !self.is_asked() || self.proxy.as_ref().is_some_and(|proxy| proxy.vouches(peer, headers)) {
            return true;
        }
        let presented = Presented::of(headers);
        let is_token = |text: &str| {
            let token = self.token.as_ref();
            token.is_some_and(|token| token.as_bytes().ct_eq(text.as_bytes()).into())
        };
        match (presented, &self.people) {
            (Presented::Nothing, _) => false,
            (Presented::Bearer(text), _) => is_token(&text),
            (Presented::Basic { password, .. }, _) if is_token(&password) => true,
            (Presented::Basic { name, password }, Some(people)) => people.know(name, password).await,
            (Presented::Basic { .. }, None) => false,
        }
    }
}

fn token(file: Option<&Path>) -> anyhow::Result<Option<String>> {
    let text = match file {
        Some(path) => {
            fs::read_to_string(path).with_context(|| format!("cannot read the token file `{}`", path.display()))?
        }
        None => match env::var(TOKEN_VARIABLE) {
            Ok(text) => text,
            Err(_) => return Ok(None),
        },
    };
    let token = text.trim().to_owned();
    if token.len() < MIN_TOKEN_CHARS {
        bail!(
            "the token is too short; use at least {MIN_TOKEN_CHARS} characters, for example from `openssl rand -hex 16`"
        );
    }
    Ok(Some(token))
}

/// What a request says of who asks.
enum Presented {
    Nothing,
    Bearer(String),
    /// HTTP basic, which browsers ask people for.
    Basic {
        name: String,
        password: String,
    },
}

impl Presented {
    fn of(headers: &HeaderMap) -> Presented {
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        match given.split_once(' ') {
            Some((scheme, bearer)) if scheme.eq_ignore_ascii_case("bearer") => {
                Presented::Bearer(bearer.trim().to_owned())
            }
            Some((scheme, basic)) if scheme.eq_ignore_ascii_case("basic") => {
                let decoded = STANDARD.decode(basic.trim()).ok();
                let pair = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
                match pair.as_deref().and_then(|pair| pair.split_once(':')) {
                    Some((name, password)) => Presented::Basic {
                        name: name.to_owned(),
                        password: password.to_owned(),
                    },
                    None => Presented::Nothing,
                }
            }
            Some(_) | None => Presented::Nothing,
        }
    }
}

impl Proxy {
    fn vouches(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> bool {
        let is_proxy = peer.is_some_and(|peer| peer.to_canonical() == self.address.to_canonical());
        is_proxy && headers.get(&self.header).is_some_and(|name| !name.is_empty())
    }
}

impl People {
    fn read(path: &Path) -> anyhow::Result<People> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read the password file `{}`", path.display()))?;
        let mut hashes = HashMap::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let pair = line.trim_end().split_once(':');
            let Some((name, hash)) = pair.filter(|(_, hash)| argon2::PasswordHash::new(hash).is_ok()) else {
                bail!(
                    "line {} of the password file `{}` is not `NAME:HASH` with an Argon2 hash; \
                     `rollcall password NAME` writes such a line",
                    index + 1,
                    path.display()
                );
            };
            hashes.insert(name.to_owned(), hash.to_owned());
        }
        if hashes.is_empty() {
            bail!("nobody is in the password file `{}`", path.display());
        }
        Ok(People {
            hashes,
            known: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        })
    }

    async fn know(&self, name: String, password: String) -> bool {
        // For a name that nobody has, somebody's hash is tried all the same: how long it takes tells nothing.
        let hash = self.hashes.get(&name).or_else(|| self.hashes.values().next());
        let Some(hash) = hash.cloned() else { return false };
        let digest = blake3::hash([hash.as_bytes(), password.as_bytes()].concat().as_slice());
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known().get(&name) == Some(&digest) {
            return true;
        }
        let _turn = self.turn.lock().await;
        let is_right = tokio::task::spawn_blocking(move || is_password(&password, &hash)).await;
        let is_known = self.hashes.contains_key(&name) && is_right.unwrap_or(false);
        if is_known {
            known().insert(name, digest);
        }
        is_known
    }
}

fn is_password(password: &str, hash: &str) -> bool {
    argon2::PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// What the password file holds of a password: Argon2id with a random salt.
///
/// # Errors
/// When the system has no random numbers.
pub fn password_hash(password: &str) -> anyhow::Result<String> {
    match Argon2::default().hash_password(password.as_bytes()) {
        Ok(hash) => Ok(hash.to_string()),
        Err(problem) => bail!("the password cannot be hashed: {problem}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn admits(authentication: &Authentication, peer: &str, pairs: &[(&'static str, &str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(authentication.admits(Some(peer.parse().unwrap()), &headers))
    }

    fn basic(name: &str, password: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
    }

    fn people(lines: &str) -> anyhow::Result<People> {
        let file = tempfile::NamedTempFile::new()?;
        fs::write(file.path(), lines)?;
        People::read(file.path())
    }

    #[test]
    fn a_token_is_taken_as_bearer_and_as_password() {
        let authentication = Authentication {
            token: Some(TOKEN.to_owned()),
            ..Authentication::default()
        };
        let check = |value: &str| admits(&authentication, "192.0.2.1", &[("authorization", value)]);
        assert!(check(&format!("Bearer {TOKEN}")));
        assert!(check(&basic("anyone", TOKEN)));
        assert!(!check("Bearer 0123456789abcdee"));
        assert!(!check(&basic("anyone", "")));
        assert!(!check(TOKEN));
        assert!(!check(""));
    }

    #[test]
    fn a_person_is_known_by_name_and_password() {
        let hash = password_hash("correct horse").unwrap();
        let authentication = Authentication {
            people: Some(people(&format!("# who may look\n\nada:{hash}\n")).unwrap()),
            ..Authentication::default()
        };
        let check = |name: &str, password: &str| {
            let value = basic(name, password);
            admits(&authentication, "192.0.2.1", &[("authorization", &value)])
        };
        // What was right once is remembered, and nothing else is.
        for _ in 0..2 {
            assert!(check("ada", "correct horse"));
            assert!(!check("ada", "correct hors"));
            assert!(!check("ada", ""));
            assert!(!check("bob", "correct horse"));
            assert!(!check("ada", &hash));
        }
        assert!(!admits(&authentication, "192.0.2.1", &[]));
    }

    #[test]
    fn a_password_file_that_is_none_is_refused_with_its_line() {
        let refusal = |lines: &str| people(lines).err().unwrap().to_string();
        assert!(refusal("# nobody\n").contains("nobody is in"));
        let refusal = refusal("\nada:secret\n");
        assert!(refusal.contains("line 2") && !refusal.contains("secret"), "{refusal}");
    }

    #[test]
    fn only_the_named_proxy_vouches_for_people() {
        let authentication = Authentication {
            proxy: Some(Proxy {
                address: "192.0.2.9".parse().unwrap(),
                header: HeaderName::from_static("x-forwarded-user"),
            }),
            ..Authentication::default()
        };
        assert!(admits(&authentication, "192.0.2.9", &[("x-forwarded-user", "ada")]));
        assert!(admits(
            &authentication,
            "::ffff:192.0.2.9",
            &[("x-forwarded-user", "ada")]
        ));
        assert!(!admits(&authentication, "192.0.2.8", &[("x-forwarded-user", "ada")]));
        assert!(!admits(&authentication, "192.0.2.9", &[("x-forwarded-user", "")]));
        assert!(!admits(&authentication, "192.0.2.9", &[]));
    }
}
