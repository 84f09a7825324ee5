//! The page's files, in the binary, as they are sent.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use hyper::body::Bytes;
use hyper::header::HeaderValue;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

/// What the pages call the folder of the assets, in place of its hash.
const PLACEHOLDER: &str = "/assets/current/";

/// As much of a hash tells files apart, in hexadecimal digits.
const HASH_DIGITS: usize = 16;

#[derive(RustEmbed)]
#[folder = "web/assets/"]
struct Assets;

const PAGES: [(&str, &str); 4] = [
    ("index.html", include_str!("../../../web/index.html")),
    ("event.html", include_str!("../../../web/event.html")),
    ("booking.html", include_str!("../../../web/booking.html")),
    ("admin.html", include_str!("../../../web/admin.html")),
];

/// A page or an asset.
#[derive(Debug)]
pub(super) struct File {
    pub(super) bytes: Bytes,
    /// Its media type.
    pub(super) kind: &'static str,
    /// Names its content.
    pub(super) tag: HeaderValue,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Files {
    /// Of all assets together, so that whatever changes has a new address.
    hash: String,
    pages: HashMap<String, File>,
    assets: HashMap<String, File>,
}

/// Read and hashed when the first page is asked for; the bytes are those of the
/// program, shared by all answers.
pub(super) static FILES: LazyLock<Files> = LazyLock::new(Files::read);

impl Files {
    fn read() -> Self {
        let mut names: Vec<String> = Assets::iter().map(Into::into).collect();
        names.sort_unstable();
        let assets: Vec<(String, Bytes)> = names
            .into_iter()
            .filter_map(|name| Assets::get(&name).map(|asset| (name, asset.data)))
            .map(|(name, data)| match data {
                Cow::Borrowed(bytes) => (name, Bytes::from_static(bytes)),
                Cow::Owned(bytes) => (name, bytes.into()),
            })
            .collect();
        let mut hasher = Sha256::new();
        for (name, bytes) in &assets {
            for part in [name.as_bytes(), bytes] {
                hasher.update(part.len().to_le_bytes());
                hasher.update(part);
            }
        }
        let hash = digits(&hasher.finalize());
        let pages = PAGES.map(|(name, text)| {
            let text = text.replace(PLACEHOLDER, &format!("/assets/{hash}/"));
            (name.to_owned(), File::new(name, text.into()))
        });
        Self {
            hash,
            pages: pages.into(),
            assets: (assets.into_iter())
                .map(|(name, bytes)| {
                    let file = File::new(&name, bytes);
                    (name, file)
                })
                .collect(),
        }
    }

    /// A page, by the name of its file.
    pub(super) fn page(&self, name: &str) -> Option<&File> {
        self.pages.get(name)
    }

    /// An asset, by the path of its address; only of this very content.
    pub(super) fn asset(&self, path: &str) -> Option<&File> {
        let (hash, name) = path.strip_prefix("/assets/")?.split_once('/')?;
        (hash == self.hash).then(|| self.assets.get(name))?
    }
}

impl File {
    fn new(name: &str, bytes: Bytes) -> Self {
        let tag = format!("\"{}\"", digits(&Sha256::digest(&bytes)));
        Self {
            bytes,
            kind: kind(name),
            tag: HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\"")),
        }
    }
}

fn digits(hash: &[u8]) -> String {
    let mut digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.truncate(HASH_DIGITS);
    digits
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_names_only_assets_that_are_there() {
        let mut named = 0;
        for page in ["index.html", "event.html", "booking.html", "admin.html"] {
            let text = std::str::from_utf8(&FILES.page(page).unwrap().bytes).unwrap();
            assert!(!text.contains("current"), "{page}");
            for part in text.split("\"/assets/").skip(1) {
                let path = format!("/assets/{}", part.split('"').next().unwrap());
                assert!(FILES.asset(&path).is_some(), "{page}: {path}");
                named += 1;
            }
        }
        assert!(named > 10);
    }

    #[test]
    fn assets_are_found_under_their_hash_only() {
        let path = format!("/assets/{}/base.css", FILES.hash);
        assert_eq!(FILES.asset(&path).unwrap().kind, "text/css; charset=utf-8");
        assert_eq!(FILES.hash.len(), HASH_DIGITS);
        for path in [
            "/assets/current/base.css",
            "/assets/0000000000000000/base.css",
            &format!("/assets/{}/none.css", FILES.hash),
            &format!("/assets/{}/../index.html", FILES.hash),
            &format!("/assets/{}", FILES.hash),
        ] {
            assert!(FILES.asset(path).is_none(), "{path}");
        }
    }

    #[test]
    fn every_asset_is_of_a_kind_that_browsers_are_told() {
        for (name, file) in &FILES.assets {
            assert_ne!(file.kind, "application/octet-stream", "{name}");
        }
    }
}
