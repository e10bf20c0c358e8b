//! For the workspace's fuzzers alone: no contract.

use crate::scenario::Scenario;

/// Whether this is a scenario.
pub fn parse_scenario(text: &str) -> bool {
    Scenario::parse(text).is_ok()
}
