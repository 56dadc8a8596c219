//! `callboard healthy`: asks the server that these settings describe whether it is alive, for health checks of containers.
//!
//! Needs neither the database nor `curl`.

use std::process::ExitCode;
use std::time::Duration;

use super::say;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::http::paths::HEALTHZ;

/// Shorter than the interval of any health check.
const PATIENCE: Duration = Duration::from_secs(5);

/// The exit code is 0 if the server answers.
pub async fn run(config: &Config) -> Result<ExitCode> {
    let address = match config.metrics_listen.0 {
        Some(address) => address.to_string(),
        None => config.listen.clone(),
    };
    let url = format!("http://{}{HEALTHZ}", reachable(&address));
    // A client asks for one even without TLS.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .no_proxy()
        .build();
    let answer = client.map_err(Error::internal)?.get(&url).send().await;
    match answer {
        Ok(answer) if answer.status().is_success() => {
            say(format_args!("{url} answers"));
            Ok(ExitCode::SUCCESS)
        }
        Ok(answer) => Err(Error::setup(format!("{url} answers {}", answer.status()))),
        Err(error) => Err(Error::setup(format!("{url}: {error}"))),
    }
}

/// A server that listens on every address is reached on its own.
fn reachable(address: &str) -> String {
    match address.rsplit_once(':') {
        Some(("0.0.0.0", port)) => format!("127.0.0.1:{port}"),
        Some(("[::]", port)) => format!("[::1]:{port}"),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::reachable;

    #[test]
    fn a_server_on_every_address_is_asked_on_its_own() {
        for (listen, asked) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("10.0.0.7:80", "10.0.0.7:80"),
            ("localhost:8080", "localhost:8080"),
        ] {
            assert_eq!(reachable(listen), asked);
        }
    }
}
