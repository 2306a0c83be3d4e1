//! `slicecheck run --plan`: where clients find the scenarios.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use slicecheck::harness::{LOOPBACK, Plan};
use slicecheck::report::screen::Screen;

use super::CLIENT;

/// Whether and where scenarios are handed out over HTTP.
#[derive(Args, Debug)]
pub(crate) struct PlanOptions {
    /// Start nothing: a browser, a phone or a device fetches the scenarios over HTTP
    #[arg(long, conflicts_with = "client", help_heading = CLIENT)]
    pub(crate) plan: bool,
    /// Where the plan is listened for; with another address than a loopback one, the services of the
    /// scenarios are found there, too [default: 127.0.0.1 and a port that the system chooses]
    #[arg(long, value_name = "ADDRESS:PORT", requires = "plan", help_heading = CLIENT)]
    pub(crate) listen: Option<SocketAddr>,
    /// A folder with drivers for browsers, found below /__slicecheck/files/ of the plan
    #[arg(long, value_name = "FOLDER", requires = "plan", help_heading = CLIENT)]
    pub(crate) serve: Option<PathBuf>,
}

/// Listens, and says where.
pub(super) fn listen(options: &PlanOptions, err: &mut Screen) -> Result<Plan, String> {
    let address = options.listen.unwrap_or(LOOPBACK);
    let place = options.serve.as_ref().map(|folder| format!(", --serve {}", folder.display()));
    let plan = Plan::listen(address, options.serve.as_deref()).map_err(|error| {
        format!("--plan: --listen {address}{}: {error}", place.unwrap_or_default())
    })?;
    let base = format!("http://{}/__slicecheck/", plan.address());
    let driver = if options.serve.is_some() { "files/DRIVER.js" } else { "URL" };
    // A terminal that is gone is no reason not to listen.
    let _ = writeln!(err, "plan       GET {base}next");
    let _ = writeln!(err, "in a page  {base}?driver={driver}");
    Ok(plan)
}
