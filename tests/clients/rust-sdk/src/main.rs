//! Stories of an unmodified matrix-rust-sdk against a homeserver.
//!
//! `rust-sdk-stories story` is a day of users who have nothing else, `with_nio` talks with matrix-nio, and `partner` does
//! what another SDK's story tells it. Environment: HOMESERVER_URL, SERVER_NAME, REGISTRATION_SHARED_SECRET where
//! registration is closed, RESTART_SERVER (a command) to have the server restarted in the middle of `story`.
//! Prints one line per check and `N passed, 0 failed`; leaves at the first failure with exit code 1.

// The SDK's futures are nested deeply.
#![recursion_limit = "256"]

mod device;
mod history_sharing;
mod identity;
mod newcomers;
mod nio;
mod one_time_keys;
mod partner;
mod pictures;
mod receipts;
mod registration;
mod relations;
mod stage;
mod story;
mod verification;

use std::process::ExitCode;

use stage::Stage;
use tracing_subscriber::EnvFilter;

/// The SDK's futures are large when they are not optimised.
const STACK_BYTES: usize = 16 << 20;

fn main() -> ExitCode {
    // Silent unless RUST_LOG asks for what the SDK says.
    tracing_subscriber::fmt().with_env_filter(EnvFilter::from_default_env()).with_writer(std::io::stderr).init();
    // On a thread of its own, since the size of the main thread's stack is not ours to say.
    let told = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run).map(|thread| thread.join());
    match told {
        Ok(Ok(Ok(code))) => code,
        failed => {
            println!("FAIL {failed:?}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build()?;
    let task = std::env::args().nth(1);
    // A partner's output is its answers.
    let stage = Stage::from_environment(task.as_deref() != Some("partner"))?;
    let told = runtime.block_on(async {
        match task.as_deref() {
            Some("story") => story::tell(&stage).await,
            Some("with_nio") => nio::tell(&stage).await,
            Some("partner") => return partner::serve(&stage).await.map(|()| ExitCode::SUCCESS),
            _ => anyhow::bail!("usage: rust-sdk-stories story|with_nio|partner"),
        }
        .map_or_else(|error| Ok(stage.failed(&error)), |()| Ok(stage.passed()))
    });
    runtime.shutdown_background();
    told
}
