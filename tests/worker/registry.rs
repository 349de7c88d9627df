//! The list of job types against the contract's.

use keiyaku::contract::{Contract, ValidationMode};
use keiyaku::jobs::Registry;

/// Job types of the contract whose code is still to come.
const TO_COME: [&str; 1] = ["data_analysis"];

#[test]
fn the_processors_are_exactly_the_contracts_job_types_but_those_to_come() {
    for mode in ValidationMode::ALL {
        let contract = Contract::load(mode, None, 1024).unwrap();
        let document: serde_json::Value = serde_json::from_str(contract.json()).unwrap();
        let mut in_contract: Vec<&str> =
            document["x-job-types"].as_object().unwrap().keys().map(String::as_str).collect();
        in_contract.sort_unstable();
        let mut here = Registry::all().names();
        for name in TO_COME {
            assert!(!here.contains(&name), "{name} has come: take it off the list");
            here.push(name);
        }
        here.sort_unstable();
        assert_eq!(here, in_contract, "in {mode} mode");
    }
}
