//! `rollcall serve`: the dashboard.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use axum::http::HeaderName;
use clap::Args;

use super::Format;
use crate::cli::EstateArgs;
use crate::serving::{Guard, Listening, TlsFiles, serve};

#[derive(Args)]
pub struct ServeArgs {
    #[command(flatten)]
    pub estate: EstateArgs,
    #[command(flatten)]
    pub listen: ListenArgs,
}

/// Where and for whom to listen.
#[derive(Args)]
pub struct ListenArgs {
    /// Address to listen on; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:7878", env = "ROLLCALL_LISTEN", value_parser = parse_listen)]
    pub listen: SocketAddr,
    /// A file with a token, to be sent as a bearer token or as the password of HTTP basic. On any address that is not
    /// loopback this, the variable ROLLCALL_TOKEN, a password file or a proxy is required
    #[arg(long, value_name = "FILE", env = "ROLLCALL_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
    /// A file of those who may sign in by HTTP basic, a line for each, written by `rollcall password NAME`
    #[arg(long, value_name = "FILE", env = "ROLLCALL_PASSWORD_FILE")]
    pub password_file: Option<PathBuf>,
    /// The address of a reverse proxy that signs people in: what comes from it with their name is answered
    #[arg(long, value_name = "ADDRESS", env = "ROLLCALL_PROXY")]
    pub proxy: Option<IpAddr>,
    /// The header in which the proxy says who it is; it must not pass on one that was sent to it
    #[arg(
        long,
        value_name = "NAME",
        default_value = "x-forwarded-user",
        env = "ROLLCALL_PROXY_HEADER"
    )]
    pub proxy_header: HeaderName,
    /// The server's certificate, and those between it and the root, in PEM: serves TLS
    #[arg(long, value_name = "FILE", env = "ROLLCALL_TLS_CERTIFICATE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// The private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", env = "ROLLCALL_TLS_KEY", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// Another name under which browsers may reach this server; repeat for several
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,
    /// How log lines are written. Which ones is said by the variable ROLLCALL_LOG, such as `rollcall=debug`
    #[arg(long, env = "ROLLCALL_LOG_FORMAT", value_enum, default_value_t = Format::Text)]
    pub log_format: Format,
}

impl ListenArgs {
    /// # Errors
    /// As for [`Guard::new`].
    pub fn check(self) -> anyhow::Result<Listening> {
        let guard = Guard::new(&self)?;
        let tls = self.tls_certificate.zip(self.tls_key);
        Ok(Listening {
            address: self.listen,
            guard,
            tls: tls.map(|(certificates, key)| TlsFiles { certificates, key }),
            log_format: self.log_format,
        })
    }
}

/// `0` alone is a free port on loopback.
fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    match text.parse::<u16>() {
        Ok(port) => Ok(SocketAddr::from(([127, 0, 0, 1], port))),
        Err(_) => text
            .parse()
            .map_err(|_| format!("`{text}` is no address; write `127.0.0.1:7878` or `0`")),
    }
}

pub fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let cache = args.estate.cache();
    serve(args.listen.check()?, args.estate.estate, args.estate.as_of, cache)?;
    Ok(ExitCode::SUCCESS)
}
