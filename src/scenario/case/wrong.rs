use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// What is wrong with a value of a document, and the way to it from the top.
#[derive(Debug)]
pub(super) struct Wrong {
    /// The last step comes first.
    path: Vec<Step>,
    message: String,
}

/// A step into a table or an array.
#[derive(Debug)]
pub(super) enum Step {
    Key(&'static str),
    Index(usize),
}

impl From<&'static str> for Step {
    fn from(key: &'static str) -> Self {
        Self::Key(key)
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl Wrong {
    /// What is wrong with the value itself.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { path: Vec::new(), message: message.into() }
    }

    /// The same of a value that this step leads to.
    pub(super) fn at(mut self, step: impl Into<Step>) -> Self {
        self.path.push(step.into());
        self
    }

    /// The bytes of the value in the text of the document, and what is wrong with it. Of a value that is not
    /// written down, the nearest around it that is.
    pub(super) fn place(self, text: &str) -> (Range<usize>, String) {
        // It was read before, so that this does not fail.
        let Ok(document) = DeTable::parse(text) else { return (0..0, self.message) };
        let mut found = document.span();
        let mut value = DeValue::Table(document.into_inner());
        for step in self.path.iter().rev() {
            let next = match step {
                Step::Key(key) => value.get(*key),
                Step::Index(index) => value.get(*index),
            };
            let Some(next) = next.cloned() else { break };
            found = next.span();
            value = next.into_inner();
        }
        (found, self.message)
    }
}
