//! Sets of mutants, each a denominator of its own.

use super::{Mutant, Planted, from_spec, mutants, public};

/// Who has written the defects, and from what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Those that were written with the rules: each rule has one, and each is killed by name.
    Catalogue,
    /// Those that were written from the clauses alone, before any was played.
    Spec,
    /// Public reports about upload clients, planted one by one.
    Public,
}

impl Set {
    /// Its mutants, in order.
    pub fn mutants(self) -> Vec<&'static Mutant> {
        match self {
            Self::Catalogue => mutants().collect(),
            Self::Spec | Self::Public => self.planted().iter().map(|of| &of.mutant).collect(),
        }
    }

    /// Its mutants with their sources; those of the catalogue have none.
    pub fn planted(self) -> Vec<&'static Planted> {
        match self {
            Self::Catalogue => Vec::new(),
            Self::Spec => from_spec::planted().collect(),
            Self::Public => public::planted().collect(),
        }
    }

    /// The mutants that no rule has to name, by id, and why.
    pub fn unnamed(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Catalogue => &[],
            Self::Spec => from_spec::UNNAMED,
            Self::Public => public::UNNAMED,
        }
    }
}

/// Where the defect of a mutant comes from: a clause, or a public report; `None` in the catalogue.
pub fn source(id: &str) -> Option<&'static str> {
    let sets = [Set::Spec, Set::Public].into_iter().flat_map(Set::planted);
    sets.into_iter().find(|planted| planted.mutant.id == id).map(|planted| planted.source)
}
