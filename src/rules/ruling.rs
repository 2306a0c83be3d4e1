//! What a rule came to in one transcript: equal findings once, and a bounded number of others.

use super::{Evidence, Rule, Verdict};

/// How many different findings of one rule are kept.
const MOST_OF_A_RULE: usize = 20;
/// How many findings of a transcript are kept, if the first of each rule are not more by themselves.
const MOST_OF_ALL: usize = 40;

/// A broken rule, in its place, with evidence.
#[derive(Clone)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The number of the first exchange in which this was found, counted from 0.
    pub exchange: Option<usize>,
    /// What was expected and found there.
    pub evidence: Evidence,
    /// In how many places the same was found, this one included; their spans may differ.
    pub times: usize,
}

/// What became of one rule in one transcript.
#[derive(Clone)]
#[non_exhaustive]
pub struct Ruling {
    /// The rule.
    pub rule: &'static Rule,
    /// In how many places it held; 0 with no finding means that it was not exercised.
    pub held: usize,
    /// Where it was broken, each finding once, in order of their first places.
    pub findings: Vec<Finding>,
    /// In how many more places it was broken, in other ways that are not kept.
    pub left_out: usize,
}

impl Finding {
    /// Where it is, to sort by: how it all ended comes last.
    pub(crate) fn place(&self) -> usize {
        self.exchange.unwrap_or(usize::MAX)
    }
}

impl Ruling {
    pub(super) fn new(
        rule: &'static Rule,
        verdicts: impl IntoIterator<Item = (Option<usize>, Verdict)>,
    ) -> Self {
        let mut ruling = Self { rule, held: 0, findings: Vec::new(), left_out: 0 };
        for (exchange, verdict) in verdicts {
            match verdict {
                Verdict::Holds => ruling.held = ruling.held.saturating_add(1),
                Verdict::Broken(evidence) => ruling.add(exchange, evidence),
            }
        }
        ruling
    }

    /// In how many places it was broken.
    pub fn broken(&self) -> usize {
        let times = self.findings.iter().map(|finding| finding.times);
        times.fold(self.left_out, usize::saturating_add)
    }

    fn add(&mut self, exchange: Option<usize>, evidence: Evidence) {
        // At most MOST_OF_A_RULE are compared, so that this stays linear.
        let known = self.findings.iter_mut().find(|known| known.evidence.is_same(&evidence));
        if let Some(known) = known {
            known.times = known.times.saturating_add(1);
        } else if self.findings.len() < MOST_OF_A_RULE {
            self.findings.push(Finding { rule: self.rule, exchange, evidence, times: 1 });
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    fn keep_first(&mut self, most: usize) {
        let others = self.findings.iter().skip(most).map(|finding| finding.times);
        self.left_out = others.fold(self.left_out, usize::saturating_add);
        self.findings.truncate(most);
    }
}

/// Keeps as many findings of each rule as there is room for, and the first of each in any case.
pub(super) fn bound(rulings: &mut [Ruling]) {
    let fits = |most: &usize| {
        let kept = rulings.iter().map(|ruling| ruling.findings.len().min(*most));
        kept.sum::<usize>() <= MOST_OF_ALL
    };
    // The same for all, so that no rule that found much pushes out another; one each in any case.
    let most = (1..=MOST_OF_A_RULE).rev().find(fits).unwrap_or(1);
    for ruling in rulings {
        ruling.keep_first(most);
    }
}

impl Evidence {
    /// Whether this says the same, be it about other exchanges or another place in them.
    fn is_same(&self, other: &Self) -> bool {
        self.at == other.at
            && self.expected == other.expected
            && self.found == other.found
            && self.notes().eq(other.notes())
    }

    /// What the other exchanges have to do with this.
    fn notes(&self) -> impl Iterator<Item = &str> {
        self.related.iter().map(|related| related.what.as_str())
    }
}
