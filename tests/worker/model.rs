//! Random sequences of everything that can be done to jobs, taken twice: with the real functions on a real file
//! (`model/real.rs`), and by a model of the queue that knows nothing of databases (`model/ideal.rs`, made of the plain
//! fields of `model/parts.rs`). After every step both have answered the same, and every row, attempt and count is what the
//! model says.
//!
//! A sequence that fails is made shorter, and the shortest that fails is shown. `KEIYAKU_LONG=1` takes twenty times as
//! many steps.

mod ideal;
mod parts;
mod real;
mod steps;

use proptest::prelude::*;
use proptest::test_runner::RngAlgorithm;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use crate::support::is_long;
use ideal::Ideal;
use real::Real;
use steps::Step;

struct Model;

impl ReferenceStateMachine for Model {
    type State = Ideal;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Ideal> {
        Just(Ideal::new()).boxed()
    }

    fn transitions(ideal: &Ideal) -> BoxedStrategy<Step> {
        steps::step(ideal)
    }

    fn preconditions(ideal: &Ideal, step: &Step) -> bool {
        step.is_possible(ideal)
    }

    fn apply(mut ideal: Ideal, step: &Step) -> Ideal {
        step.take(&mut ideal);
        ideal
    }
}

impl StateMachineTest for Model {
    type SystemUnderTest = Real;
    type Reference = Model;

    fn init_test(_: &Ideal) -> Real {
        Real::new()
    }

    fn apply(mut real: Real, ideal: &Ideal, step: Step) -> Real {
        assert_eq!(real.take(&step, ideal), ideal.answer, "{step:?}");
        real.check(ideal);
        real
    }
}

#[test]
fn the_queue_does_what_its_model_says_whatever_happens_to_the_jobs() {
    // 10,000 steps, and 200,000 in the long form.
    let config = ProptestConfig {
        cases: if is_long() { 2_000 } else { 100 },
        failure_persistence: None,
        // Each leaves out one step or makes it simpler.
        max_shrink_iters: 2_000,
        // The other one takes a tenth of the time without optimisations.
        rng_algorithm: RngAlgorithm::XorShift,
        ..ProptestConfig::default()
    };
    proptest!(config.clone(), |((ideal, steps, seen) in Model::sequential_strategy(100))| {
        Model::test_sequential(config.clone(), ideal, steps, seen);
    });
}
