//! The list of job types against the contract's.

use keiyaku::contract::{Contract, ValidationMode};
use keiyaku::jobs::Registry;

#[test]
fn the_processors_are_exactly_the_contracts_job_types() {
    for mode in ValidationMode::ALL {
        let contract = Contract::load(mode, None, 1024).unwrap();
        let document: serde_json::Value = serde_json::from_str(contract.json()).unwrap();
        let mut in_contract: Vec<&str> =
            document["x-job-types"].as_object().unwrap().keys().map(String::as_str).collect();
        in_contract.sort_unstable();
        let here = Registry::all().names();
        assert_eq!(here, in_contract, "in {mode} mode");
    }
}
