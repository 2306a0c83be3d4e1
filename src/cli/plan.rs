//! `slicecheck run --plan`: where clients find the scenarios.

use slicecheck::harness::{LOOPBACK, Plan};
use slicecheck::report::screen::Screen;

use super::Run;

/// Listens, and says where.
pub(super) fn listen(run: &Run, err: &mut Screen) -> Result<Plan, String> {
    let address = run.listen.unwrap_or(LOOPBACK);
    let place = run.serve.as_ref().map(|folder| format!(", --serve {}", folder.display()));
    let plan = Plan::listen(address, run.serve.as_deref()).map_err(|error| {
        format!("--plan: --listen {address}{}: {error}", place.unwrap_or_default())
    })?;
    let base = format!("http://{}/__slicecheck/", plan.address());
    let driver = if run.serve.is_some() { "files/DRIVER.js" } else { "URL" };
    // A terminal that is gone is no reason not to listen.
    let _ = writeln!(err, "plan       GET {base}next");
    let _ = writeln!(err, "in a page  {base}?driver={driver}");
    Ok(plan)
}
