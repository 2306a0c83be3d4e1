//! A client that is called by its tests.

use slicecheck::harness::{Job, check};
use slicecheck::protocol::Claim;

#[path = "../../../examples/reqwest_client.rs"]
#[expect(dead_code, reason = "its `main` is for who runs it as an example")]
mod reqwest_client;

#[tokio::test]
async fn a_client_that_conforms_passes() {
    check(reqwest_client::upload).scenarios("faults/slice*").await.assert_conforms();
}

#[tokio::test]
#[should_panic(expected = "the client does not conform")]
async fn a_client_that_only_claims_to_upload_fails() {
    check(async |_: Job| Claim::Ok).scenarios("happy/*").await.assert_conforms();
}
