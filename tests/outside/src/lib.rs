//! The client would be here.
