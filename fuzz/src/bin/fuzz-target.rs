//! What libFuzzer runs: the target that `FUZZ_TARGET` names. Without cargo-fuzz it does nothing.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
use std::sync::LazyLock;

#[cfg(fuzzing)]
static TARGET: LazyLock<fuzz::Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names a target");
    let found = fuzz::TARGETS.iter().find(|(known, _)| *known == name);
    found.expect("FUZZ_TARGET names a target").1
});

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| TARGET(bytes));

#[cfg(not(fuzzing))]
fn main() {}
