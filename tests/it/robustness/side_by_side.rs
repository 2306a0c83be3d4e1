//! Many scenarios at a time, and many runs.

use std::thread::scope;

use super::guarded::Guarded;
use crate::cli::client;

#[test]
fn runs_side_by_side_end_with_clients_that_end_at_once() {
    scope(|scope| {
        for program in ["true", "false"] {
            for jobs in ["2", "32"] {
                let command = ["run", "-j", jobs, "--", program];
                scope.spawn(move || {
                    Guarded::new().run(&command).tells(3, &["never sent a request"]);
                });
            }
        }
    });
}

#[test]
fn runs_side_by_side_do_not_disturb_each_other() {
    let client = client();
    let command = ["run", "-j", "32", "-s", "{happy,key,echo}/*", "--", &client];
    scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| Guarded::new().with_memory(1024).run(&command).tells(0, &["conforms"]));
        }
    });
}
