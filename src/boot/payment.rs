//! Who is asked for money: from settings, files and variables to a till.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::{Config, PaymentProvider};
use crate::outward::UnusableAddress;
use crate::payment::{Hosted, HostedSettings, Provider, Till, TillSettings};
use crate::webhooks::SecretError;

/// The shortest secret that is worth the name, in bytes.
const LEAST_SECRET_BYTES: usize = 8;

/// Why payments, or webhooks, cannot be as they are set.
#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    /// A file with a secret cannot be read.
    #[error("cannot read {path} (--{setting}): {error}", path = .path.display())]
    Unreadable {
        /// Which setting names it.
        setting: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// There is no secret, or one that is none.
    #[error(
        "there is no usable secret: give one of at least 8 printable characters by \
         --{setting} or {variable}"
    )]
    NoSecret {
        /// Which setting names a file with it.
        setting: &'static str,
        /// Which variable has it.
        variable: &'static str,
    },
    /// What should sign webhooks is no secret.
    #[error("--webhook-secrets-file or RINGSIDE_WEBHOOK_SECRETS: {0}")]
    Secret(#[from] SecretError),
    /// How far webhooks were sent is not known any more.
    #[error(
        "cannot read how far webhooks were sent: {0}; to begin anew from now, remove \
         webhook-cursor from the data directory"
    )]
    Cursor(io::Error),
    /// An address cannot be used.
    #[error("--{setting}: {error}")]
    Address {
        /// Which setting.
        setting: &'static str,
        /// What is wrong.
        error: UnusableAddress,
    },
}

/// The till that the settings ask for. `http`: where HTTP is served.
pub(super) fn till(config: &Config, http: &[SocketAddr]) -> Result<Till, PaymentError> {
    let site = site(config, http);
    let is_hosted = config.payment_provider == PaymentProvider::Hosted;
    let settings = TillSettings {
        site: site.clone(),
        payment_seconds: u32::try_from(config.payment_time.0.as_secs()).unwrap_or(u32::MAX),
        timeout: config.payment_timeout.0,
        queue: config.payment_queue,
        // Without a provider there is next to nothing to do.
        threads: if is_hosted { config.payment_threads } else { 1 },
        lookup: config.payment_lookup.0,
    };
    let (name, provider) = match config.payment_provider {
        PaymentProvider::None => ("none", None),
        PaymentProvider::Test => ("test", None),
        PaymentProvider::Hosted => ("hosted", Some(hosted(config, site)?)),
    };
    Ok(Till::new(name, provider, settings))
}

fn hosted(config: &Config, site: String) -> Result<Arc<dyn Provider>, PaymentError> {
    let key = secrets(
        "payment-key-file",
        &config.payment_key_file,
        "RINGSIDE_PAYMENT_KEY",
    )?;
    let secrets = secrets(
        "payment-secrets-file",
        &config.payment_secrets_file,
        "RINGSIDE_PAYMENT_SECRETS",
    )?;
    let settings = HostedSettings {
        url: config.payment_url.clone(),
        key: key.into_iter().next().unwrap_or_default(),
        secrets: secrets.into_iter().map(String::into_bytes).collect(),
        site,
        timeout: config.payment_timeout.0,
        connections: config.payment_threads,
    };
    let hosted = Hosted::new(settings).map_err(|error| PaymentError::Address {
        setting: "payment-url",
        error,
    })?;
    Ok(Arc::new(hosted))
}

/// Where buyers reach this server.
fn site(config: &Config, http: &[SocketAddr]) -> String {
    if !config.public_url.is_empty() {
        return config.public_url.trim_end_matches('/').to_owned();
    }
    let port = http.first().map_or(config.http_port, SocketAddr::port);
    format!("http://localhost:{port}")
}

/// The secrets in a file, or else in a variable: one a line, or between
/// commas; never on the command line, which everybody on the machine can see.
pub(super) fn secrets(
    setting: &'static str,
    path: &str,
    variable: &'static str,
) -> Result<Vec<String>, PaymentError> {
    let text = if path.is_empty() {
        std::env::var(variable).unwrap_or_default()
    } else {
        let path = PathBuf::from(path);
        std::fs::read_to_string(&path).map_err(|error| PaymentError::Unreadable {
            setting,
            path,
            error,
        })?
    };
    let lines = text.split(['\n', ',']).map(str::trim);
    let secrets: Vec<String> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let is_usable = |secret: &String| {
        secret.len() >= LEAST_SECRET_BYTES && secret.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if secrets.is_empty() || !secrets.iter().all(is_usable) {
        return Err(PaymentError::NoSecret { setting, variable });
    }
    Ok(secrets)
}

/// Says who takes money here, if somebody does.
pub(super) fn say(till: &Till) {
    if till.provider().is_some() {
        tracing::info!(
            "payments are taken by the hosted provider; its webhooks go to \
             {}/webhooks/payments/hosted",
            till.settings().site
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stand_in_lines() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secrets");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            secrets(
                "payment-key-file",
                path.to_str().unwrap(),
                "NO_SUCH_VARIABLE",
            )
        };
        let both = read("# old and new\nwhsec_one\n\n whsec_two \n").unwrap();
        assert_eq!(both, ["whsec_one", "whsec_two"]);
        for text in ["", "\n# none\n", "short", "whsec_one\nwith a space"] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("--payment-key-file"), "{error}");
        }
        let error = secrets("payment-key-file", "/nowhere", "NO_SUCH_VARIABLE").unwrap_err();
        assert!(error.to_string().contains("/nowhere"));
    }

    #[test]
    fn a_hosted_provider_needs_a_key_and_a_safe_address() {
        let config = Config {
            payment_provider: PaymentProvider::Hosted,
            payment_key_file: "/nowhere".to_owned(),
            ..Config::default()
        };
        assert!(matches!(
            till(&config, &[]),
            Err(PaymentError::Unreadable { .. })
        ));
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret").display().to_string();
        std::fs::write(&path, "sk_test_1234").unwrap();
        let config = Config {
            payment_key_file: path.clone(),
            payment_secrets_file: path,
            payment_url: "http://pay.example".to_owned(),
            ..config
        };
        assert!(matches!(
            till(&config, &[]),
            Err(PaymentError::Address { .. })
        ));
        let till = till(
            &Config {
                payment_url: "https://pay.example".to_owned(),
                ..config
            },
            &[],
        );
        assert_eq!(till.unwrap().settings().site, "http://localhost:3000");
    }
}
