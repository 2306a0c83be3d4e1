//! Whatever the client has started ends with it: the folders and the processes are looked at when any
//! guarded run ends.

use std::thread::scope;

use super::guarded::run_hostile;

#[test]
fn no_process_outlives_the_client() {
    let options = ["-j", "1", "-s", "happy/one-byte", "--deadline", "20s"];
    scope(|scope| {
        for behaviour in ["child", "own-group", "own-session", "daemon", "writer"] {
            scope.spawn(move || {
                // It claims a success that nobody had, at once: nobody waits for the deadline.
                run_hostile(&options, &[behaviour]).tells(1, &["outcome/truthful"]);
            });
        }
    });
}

#[test]
fn a_file_to_upload_that_the_client_removes_harms_nobody_else() {
    let options = ["-s", "happy/*", "--deadline", "20s"];
    run_hostile(&options, &["remove-upload"]).tells(1, &["outcome/completes"]);
}

#[test]
fn the_suites_own_ports_take_no_part_in_the_verdict() {
    let options = ["-j", "2", "-s", "happy/one-*", "--deadline", "20s"];
    run_hostile(&options, &["parent-ports"]).tells(1, &["outcome/completes"]);
}
