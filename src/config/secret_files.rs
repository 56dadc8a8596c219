//! Secrets that come as files, as orchestrators mount them: the environment of a process can be read in more places.

use std::fs;
use std::path::Path;

use super::{Config, Hidden};
use crate::error::{Cause, Error, Result};

impl Config {
    /// Takes the secrets that files hold. Setup errors for a file that cannot be read or is empty, and for a secret that is
    /// given in both ways.
    pub fn with_secret_files(mut self) -> Result<Self> {
        let files = [
            (
                "DATABASE_URL",
                &self.database_url_file,
                &mut self.database_url,
            ),
            ("CALLBOARD_SECRET", &self.secret_file, &mut self.secret),
            (
                "CALLBOARD_SMTP_URL",
                &self.smtp_url_file,
                &mut self.smtp_url,
            ),
        ];
        for (name, file, secret) in files {
            let Some(file) = file.as_deref().filter(|it| !it.as_os_str().is_empty()) else {
                continue;
            };
            if secret.as_ref().is_some_and(|it| !it.reveal().is_empty()) {
                return Err(Error::setup(format!(
                    "{name} and {name}_FILE are both set: keep one of them"
                )));
            }
            *secret = Some(read(name, file)?);
        }
        Ok(self)
    }
}

/// The text of a file without the line end that editors add.
fn read(name: &str, file: &Path) -> Result<Hidden> {
    let text = fs::read_to_string(file).map_err(|error| {
        let place = format!("{name}_FILE {}", file.display());
        Error::Setup(Cause::from(error).context(place))
    })?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        let empty = format!("{name}_FILE {} is empty", file.display());
        return Err(Error::setup(empty));
    }
    Ok(Hidden(text.to_owned()))
}
