//! A search for setups in which a client lies, crashes, hangs or breaks a `must`.
//!
//! It does nothing by itself: whoever plays asks for the [next](Campaign::poll) scenario, and [tells](Campaign::tell)
//! what came of it. New setups come from a covering array over the space of setups, from literal replies that are
//! grown from those of the service, and from changes to setups in which the client did what it had not done before.
//! What is found is tried again, made smaller, and compared with what was found already.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use crate::protocol::{Claim, Stored};
use crate::results::{Judged, JudgedScenario, Played};
use crate::scenario::{Random, Scenario, Setup};

mod behaviour;
mod bytes;
mod catalogue;
mod choices;
mod covering;
mod explore;
mod find;
mod heads;
mod json;
mod pool;
mod reduce;
mod replies;
mod sequences;
mod shrink;
mod space;
mod task;

pub use explore::from_bytes;
pub use find::{Cause, Earlier, Find};

use explore::Explorer;
use space::Grid;
use task::Task;

/// How many finds of one cause are made smaller: setups that look different may come down to the same.
const MOST_OF_A_CAUSE: usize = 3;
/// How many setups are drawn for one without a known find: where nearly all setups show one, there are few.
const MOST_DRAWS: usize = 4096;
/// How many finds there are at most.
const MOST_FINDS: usize = 64;

/// What a campaign does, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct CampaignOptions {
    /// Where all decisions come from.
    pub seed: u64,
    /// How many new setups are tried; `None` if somebody else ends the campaign.
    pub most: Option<usize>,
    /// Whether new behaviour leads to new setups.
    pub has_feedback: bool,
    /// Whether nothing new is tried once there is a find.
    pub stops_at_first: bool,
    /// Whether finds are compared with what the catalogue shows.
    pub compares: bool,
}

/// What is known of a campaign so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many scenarios were played.
    pub runs: usize,
    /// How many setups were tried that are new.
    pub explored: usize,
    /// How many kinds of behaviour were seen.
    pub behaviours: usize,
    /// How many finds there are.
    pub finds: usize,
    /// Whether all that is left is to make finds smaller and to compare them.
    pub is_ending: bool,
}

/// A search.
pub struct Campaign {
    plan: CampaignOptions,
    explorer: Explorer,
    /// What those are played for that have not ended.
    in_flight: BTreeMap<String, VecDeque<Purpose>>,
    controls: VecDeque<Grid>,
    /// Those in which the client stored the file and said so.
    mastered: Vec<Grid>,
    /// Rules that are broken where nothing goes wrong: `run` shows that.
    discounted: BTreeSet<&'static str>,
    earlier: Vec<Earlier>,
    to_play_again: VecDeque<usize>,
    tasks: BTreeMap<usize, Task>,
    causes: BTreeMap<Cause, usize>,
    finds: Vec<Find>,
    behaviours: HashSet<u64>,
    to_compare: Option<VecDeque<Arc<Scenario>>>,
    progress: Progress,
    is_over: bool,
    is_unsupported: bool,
}

/// What a scenario is played for.
#[derive(Clone, Copy, Debug)]
enum Purpose {
    Control(Grid),
    Earlier(usize),
    Task(usize),
    Explore,
    Compare,
}

impl Campaign {
    /// A campaign that begins with what earlier ones have found.
    pub fn new(plan: CampaignOptions, earlier: Vec<Arc<Scenario>>) -> Self {
        let kept = |scenario: Arc<Scenario>| {
            let cause = Cause::read(&scenario.summary);
            Earlier { scenario, cause, is_mended: None }
        };
        Self {
            explorer: Explorer::new(Random::new(plan.seed, "campaign"), plan.has_feedback),
            plan,
            in_flight: BTreeMap::new(),
            controls: Grid::ALL.into(),
            mastered: Vec::new(),
            discounted: BTreeSet::new(),
            to_play_again: (0..earlier.len()).collect(),
            earlier: earlier.into_iter().map(kept).collect(),
            tasks: BTreeMap::new(),
            causes: BTreeMap::new(),
            finds: Vec::new(),
            behaviours: HashSet::new(),
            to_compare: None,
            progress: Progress::default(),
            is_over: false,
            is_unsupported: false,
        }
    }

    /// The scenario that is to be played next; `None` if there is none before another has ended, or none any more.
    pub fn poll(&mut self) -> Option<Arc<Scenario>> {
        let (purpose, scenario) = self.choose()?;
        // The same setup may be asked for twice, for two reasons: the id is that of the setup.
        self.in_flight.entry(scenario.id.clone()).or_default().push_back(purpose);
        Some(scenario)
    }

    fn choose(&mut self) -> Option<(Purpose, Arc<Scenario>)> {
        if let Some(grid) = self.controls.pop_front() {
            let summary = "nothing goes wrong";
            return Some((Purpose::Control(grid), find::scenario(grid.plain(), summary)));
        }
        let waits_for_controls = || {
            let mut purposes = self.in_flight.values().flatten();
            purposes.any(|purpose| matches!(purpose, Purpose::Control(_)))
        };
        // Which rules are discounted, and on which grids anything can be tried, is known only now.
        if waits_for_controls() || self.mastered.is_empty() {
            return None;
        }
        if let Some(number) = self.to_play_again.pop_front() {
            let scenario = Arc::clone(&self.earlier.get(number)?.scenario);
            return Some((Purpose::Earlier(number), scenario));
        }
        // In the order of their numbers: the seed alone decides what comes next.
        for (number, task) in &mut self.tasks {
            if let Some(setup) = task.next() {
                let scenario = find::scenario(setup, &task.cause.summary());
                return Some((Purpose::Task(*number), scenario));
            }
        }
        if !self.has_explored_enough() {
            let mut setups = (0..MOST_DRAWS).map(|_| self.explorer.next(&self.mastered));
            // A setup with a known find in it would show that again, and hide what else may be wrong.
            let setup = setups.find(|setup| !self.finds.iter().any(|find| find.is_within(setup)));
            self.progress.explored = self.progress.explored.saturating_add(1);
            return Some((Purpose::Explore, find::scenario(setup?, "a setup")));
        }
        if !self.tasks.is_empty() || !self.plan.compares || self.finds.is_empty() {
            return None;
        }
        // After everything was made small: a scenario shows only what has no more faults than it has.
        let to_compare = self.to_compare.get_or_insert_with(|| catalogue::in_small().collect());
        to_compare.pop_front().map(|scenario| (Purpose::Compare, scenario))
    }

    /// Nothing new is tried from now on: what was found is made smaller, and compared.
    pub fn stop_exploring(&mut self) {
        self.is_over = true;
    }

    fn has_explored_enough(&self) -> bool {
        let enough = self.plan.most.is_some_and(|most| self.progress.explored >= most);
        let found = if self.plan.stops_at_first { 1 } else { MOST_FINDS };
        self.is_over || enough || self.finds.len() >= found
    }

    /// Nothing more is played: what was being looked into is kept as it is.
    pub fn end(&mut self) {
        for (_, task) in std::mem::take(&mut self.tasks) {
            let is_steady = task.is_steady();
            self.keep(task, is_steady);
        }
    }

    /// What came of a scenario.
    pub fn tell(&mut self, played: Played) {
        let judged = Judged::new(&played.transcript);
        self.tell_judged(played, judged);
    }

    /// The same, if it was judged already.
    pub fn tell_judged(&mut self, played: Played, judged: Judged) {
        let causes = Cause::all(&judged, &self.discounted);
        let signature = behaviour::signature(&played.transcript, &judged);
        let Played { scenario, transcript, elapsed, stdout, stderr, .. } = played;
        self.progress.runs = self.progress.runs.saturating_add(1);
        match self.purpose_of(&scenario) {
            Some(Purpose::Control(grid)) => self.learn_control(grid, &judged),
            Some(Purpose::Earlier(number)) => {
                if let Some(earlier) = self.earlier.get_mut(number) {
                    let is_same = |cause: &Cause| {
                        earlier.cause.as_ref().is_none_or(|known| known.rule == cause.rule)
                    };
                    // A rule that is broken where nothing goes wrong, too, is not told again; nobody mended it.
                    let is_general = earlier
                        .cause
                        .as_ref()
                        .is_some_and(|known| self.discounted.contains(known.rule.as_str()));
                    // Who does not support it has not tried.
                    earlier.is_mended = (judged.claim() != Some(Claim::Unsupported))
                        .then(|| !is_general && !causes.iter().any(is_same));
                }
            }
            Some(Purpose::Task(number)) => {
                let judged = Ok(judged);
                let judged = JudgedScenario { scenario, judged, elapsed, stdout, stderr };
                self.go_on(number, &causes, judged);
            }
            Some(Purpose::Explore) => {
                self.explorer.learn(&transcript);
                if self.behaviours.insert(signature) {
                    self.explorer.keep(&scenario.setup);
                }
                self.begin(causes, &scenario.setup);
            }
            Some(Purpose::Compare) => self.compare(&causes, &scenario),
            None => {}
        }
    }

    /// A scenario could not be played to its end.
    pub fn give_up(&mut self, scenario: &Scenario) {
        if let Some(Purpose::Task(number)) = self.purpose_of(scenario) {
            self.tasks.remove(&number);
        }
    }

    fn purpose_of(&mut self, scenario: &Scenario) -> Option<Purpose> {
        let purposes = self.in_flight.get_mut(&scenario.id)?;
        let purpose = purposes.pop_front();
        if purposes.is_empty() {
            self.in_flight.remove(&scenario.id);
        }
        purpose
    }

    fn learn_control(&mut self, grid: Grid, judged: &Judged) {
        let outcome = judged.outcome.as_ref();
        self.is_unsupported |= judged.claim() == Some(Claim::Unsupported);
        if outcome.is_some_and(|it| (it.claim, it.stored) == (Claim::Ok, Stored::Complete)) {
            self.mastered.push(grid);
            // Controls end in any order, and grids are chosen by their place.
            self.mastered.sort_unstable();
        }
        self.discounted.extend(judged.findings().map(|finding| finding.rule.id));
    }

    /// Begins to look into what was found, if the like of it was not looked into often enough.
    fn begin(&mut self, causes: Vec<Cause>, setup: &Setup) {
        // The first is the gravest, from which the others follow.
        let Some(cause) = causes.into_iter().next() else { return };
        let is_busy = self.tasks.values().any(|task| task.cause == cause);
        let times = self.causes.entry(cause.clone()).or_default();
        if is_busy || *times >= MOST_OF_A_CAUSE {
            return;
        }
        *times = times.saturating_add(1);
        let number = self.tasks.keys().max().map_or(0, |last| last.saturating_add(1));
        self.tasks.insert(number, Task::new(cause, setup.clone()));
    }

    fn go_on(&mut self, number: usize, causes: &[Cause], judged: JudgedScenario) {
        let Some(task) = self.tasks.get_mut(&number) else { return };
        let is_found = causes.contains(&task.cause);
        if is_found {
            task.seen = Some(judged);
        }
        if let Some(is_steady) = task.tell(is_found)
            && let Some(task) = self.tasks.remove(&number)
        {
            self.keep(task, is_steady);
        }
    }

    fn keep(&mut self, task: Task, is_steady: bool) {
        let summary = task.cause.summary();
        let scenario = find::scenario(task.best().clone(), &summary);
        let is_same = |find: &&mut Find| {
            find.cause == task.cause && find.is_steady == is_steady && find.is_like(&scenario.setup)
        };
        if let Some(known) = self.finds.iter_mut().find(is_same) {
            known.others = known.others.saturating_add(1);
            // The one with fewer bytes says more clearly what it is about.
            if let Some(judged) = task.seen
                && size(&scenario.setup) < size(&known.scenario.setup)
            {
                (known.scenario, known.judged) = (scenario, judged);
            }
            return;
        }
        // How long something takes on a busy machine is not the client's doing, unless it is so each time.
        if !is_steady && task.cause.is_of_time() {
            return;
        }
        // One that was never found again has no run that shows it.
        let Some(judged) = task.seen else { return };
        let (cause, shown_by, others) = (task.cause, None, 0);
        self.finds.push(Find { scenario, cause, is_steady, judged, shown_by, others });
    }

    fn compare(&mut self, causes: &[Cause], scenario: &Scenario) {
        for find in &mut self.finds {
            let is_there = causes.contains(&find.cause) && find.goes_wrong_in(&scenario.setup);
            if find.shown_by.is_none() && is_there {
                find.shown_by = Some(scenario.id.clone());
            }
        }
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        Progress {
            behaviours: self.behaviours.len(),
            finds: self.finds.len(),
            is_ending: self.has_explored_enough(),
            ..self.progress
        }
    }

    /// Whether the client stored a file, and said so, where nothing went wrong: otherwise nothing can be tried.
    pub fn has_begun(&self) -> bool {
        !self.mastered.is_empty()
    }

    /// Whether the client says that it does not support what it was asked to do where nothing went wrong.
    pub fn is_unsupported(&self) -> bool {
        self.is_unsupported && !self.has_begun()
    }

    /// What was found, in the order in which it was.
    pub fn finds(&self) -> &[Find] {
        &self.finds
    }

    /// What earlier campaigns had found.
    pub fn earlier(&self) -> &[Earlier] {
        &self.earlier
    }
}

/// How much there is to read in a setup.
fn size(setup: &Setup) -> usize {
    format!("{:?}", setup.behaviour.faults).len()
}
