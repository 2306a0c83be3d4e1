//! How to play a scenario of a run again.

use super::Run;

impl Run {
    /// Whether the client was not started, but asked a plan for its scenarios.
    pub fn asks_a_plan(&self) -> bool {
        self.replay_options.iter().any(|option| option == "--plan")
    }

    /// The token that runs a scenario of the catalogue again with the same bytes.
    pub fn replay_token(&self, scenario: &str) -> String {
        format!("{}:{scenario}", self.seed)
    }

    /// The options that run a scenario again with the same bytes.
    pub fn replay(&self, scenario: &str) -> Vec<String> {
        let mut options = self.replay_options.clone();
        match &self.case {
            Some(case) if case.scenario == scenario => {
                let seed = self.seed.to_string();
                options.extend(["--seed".to_owned(), seed, "--case".to_owned(), case.path.clone()]);
            }
            _ => options.extend(["--replay".to_owned(), self.replay_token(scenario)]),
        }
        options
    }
}
