//! A conformance suite and fuzzer for clients of the COS JSON API's slice upload.
//!
//! A client that is written in Rust is judged by a test of its own:
//!
//! ```
//! # #[cfg(feature = "harness")]
//! # mod example {
//! use slicecheck::harness::{Job, check};
//!
//! async fn upload(job: Job) -> Result<(), my_client::Error> {
//!     let my_client = my_client::Client::new(&job);
//!     my_client.upload(&job.key, job.file_path()?).await
//! }
//!
//! # macro_rules! ignored { ($($test:tt)*) => {} }
//! # ignored! {
//! #[tokio::test]
//! # }
//! # pub(crate)
//! async fn my_client_conforms() {
//!     check(upload).scenarios("happy/*").await.assert_conforms();
//! }
//! # mod my_client {
//! #     use std::path::PathBuf;
//! #     pub type Error = std::io::Error;
//! #     pub struct Client(slicecheck::harness::Job);
//! #     impl Client {
//! #         pub fn new(job: &slicecheck::harness::Job) -> Self { Self(job.clone()) }
//! #         pub async fn upload(&self, _: &str, file: PathBuf) -> Result<(), Error> {
//! #             assert_eq!(std::fs::metadata(file)?.len(), self.0.file.len());
//! #             match slicecheck::harness::reference(self.0.clone()).await {
//! #                 (slicecheck::protocol::Claim::Ok, _) => Ok(()),
//! #                 (_, detail) => Err(Error::other(detail)),
//! #             }
//! #         }
//! #     }
//! # }
//! # }
//! # #[cfg(feature = "harness")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
//! #     .block_on(example::my_client_conforms());
//! ```
//!
//! That needs the dependency without its program: `default-features = false, features = ["harness"]`. The
//! example `reqwest_client` is a whole client. Any other client is judged by the program, see the README.
//!
//! In the order of dependence:
//!
//! - [`protocol`]: requests, forms, signatures, replies, as bytes and as nouns
//! - [`spec`]: what is normative, sentence by sentence
//! - [`rules`]: the properties of a client, and the one engine that judges
//! - [`scenario`]: situations to put a client in
//! - [`results`]: what was found: verdicts, coverage, what each finding counts for
//! - [`harness`]: the scenarios against any program or function (feature `harness`)
//!
//! The rest is there for the program, the tests and the fuzz targets, and may change with any version.

pub mod protocol;
pub mod spec;

#[doc(hidden)]
pub mod client;
pub mod rules;
#[doc(hidden)]
pub mod server;

pub mod scenario;

#[doc(hidden)]
pub mod mutant;

#[doc(hidden)]
pub mod campaign;
#[doc(hidden)]
pub mod fingerprint;
#[doc(hidden)]
pub mod fuzz_targets;

#[cfg(feature = "harness")]
pub mod harness;
#[doc(hidden)]
pub mod report;
pub mod results;
