//! The secret that signs the tokens of checkouts: in the data directory, so that
//! buyers keep their places and baskets over a restart.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::rand::{GetRandomFlags, getrandom};

/// What the file is called in a data directory.
const NAME: &str = "token-secret";
/// What it is called until it is whole.
const NEXT_NAME: &str = "token-secret.new";
const BYTES: usize = 32;

/// Why the secret of a data directory cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TokenSecretError {
    /// The file cannot be read, made or copied.
    #[error("cannot {what} {path}: {error}", path = .path.display())]
    Io {
        /// Read, make or copy.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// What it holds is no secret.
    #[error(
        "{path} holds no secret: restore it from a backup, or delete it to have a new one, with \
         which no buyer's token of before is valid",
        path = .0.display()
    )]
    Invalid(PathBuf),
}

/// The secret of a data directory, made if it has none yet; without a directory
/// one for this life.
pub(super) fn load(data_dir: &str) -> Result<[u8; BYTES], TokenSecretError> {
    if data_dir.is_empty() {
        return draw().map_err(|error| failed("draw", Path::new(NAME), error));
    }
    let data = Path::new(data_dir);
    let path = data.join(NAME);
    match fs::read_to_string(&path) {
        Ok(text) => parse(&text).ok_or(TokenSecretError::Invalid(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = draw().map_err(|error| failed("make", &path, error))?;
            write(data, &secret).map_err(|error| failed("make", &path, error))?;
            Ok(secret)
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(TokenSecretError::Invalid(path))
        }
        Err(error) => Err(failed("read", &path, error)),
    }
}

/// Copies the secret of a data directory, if it has one, into a copy of that.
///
/// # Errors
/// [`TokenSecretError`]
pub fn copy_token_secret(data: &Path, copy: &Path) -> Result<(), TokenSecretError> {
    let path = data.join(NAME);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("read", &path, error)),
    };
    let secret = parse(&text).ok_or(TokenSecretError::Invalid(path))?;
    write(copy, &secret).map_err(|error| failed("copy", &copy.join(NAME), error))
}

fn failed(what: &'static str, path: &Path, error: io::Error) -> TokenSecretError {
    let path = path.to_owned();
    TokenSecretError::Io { what, path, error }
}

fn draw() -> io::Result<[u8; BYTES]> {
    let mut secret = [0; BYTES];
    let mut drawn = 0;
    while drawn < BYTES {
        drawn += getrandom(&mut secret[drawn..], GetRandomFlags::empty())?;
    }
    Ok(secret)
}

/// Puts it on stable storage, whole or not at all.
fn write(directory: &Path, secret: &[u8; BYTES]) -> io::Result<()> {
    let next = directory.join(NEXT_NAME);
    // Left over from a crash.
    match fs::remove_file(&next) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&next)?;
    let digits: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    writeln!(file, "{digits}")?;
    file.sync_all()?;
    fs::rename(&next, directory.join(NAME))?;
    File::open(directory)?.sync_all()
}

fn parse(text: &str) -> Option<[u8; BYTES]> {
    let digits = text.trim().as_bytes();
    let mut secret = [0; BYTES];
    if digits.len() != 2 * BYTES {
        return None;
    }
    for (byte, pair) in secret.iter_mut().zip(digits.chunks(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(secret)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn it_is_made_once_for_its_owner_only_and_goes_with_a_copy() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path();
        fs::write(data.join(NEXT_NAME), "half").unwrap();
        let secret = load(data.to_str().unwrap()).unwrap();
        assert_eq!(load(data.to_str().unwrap()).unwrap(), secret);
        let mode = fs::metadata(data.join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!data.join(NEXT_NAME).exists());

        let copy = tempfile::tempdir().unwrap();
        copy_token_secret(data, copy.path()).unwrap();
        assert_eq!(load(copy.path().to_str().unwrap()).unwrap(), secret);
        let mode = fs::metadata(copy.path().join(NAME)).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);
        assert_ne!(load("").unwrap(), load("").unwrap());
        let empty = tempfile::tempdir().unwrap();
        copy_token_secret(empty.path(), copy.path()).unwrap();
        assert_eq!(load(copy.path().to_str().unwrap()).unwrap(), secret);
    }

    #[test]
    fn what_is_no_secret_is_not_used() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path();
        let whole = "0f".repeat(BYTES);
        for wrong in [
            "",
            "x",
            &whole[2..],
            &whole.replace('f', "g"),
            &"é".repeat(BYTES),
        ] {
            fs::write(data.join(NAME), wrong).unwrap();
            let error = load(data.to_str().unwrap()).unwrap_err();
            assert!(matches!(error, TokenSecretError::Invalid(_)), "{error}");
            assert_eq!(fs::read_to_string(data.join(NAME)).unwrap(), wrong);
        }
        fs::write(data.join(NAME), [0xff]).unwrap();
        assert!(load(data.to_str().unwrap()).is_err());
        fs::write(data.join(NAME), format!("{whole}\n")).unwrap();
        assert_eq!(load(data.to_str().unwrap()).unwrap(), [0x0f; BYTES]);
    }
}
