//! Properties of ages, whatever stamps and times come.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use protocol::{Age, AgeMeter, Stamp};

proptest! {
    #[test]
    fn any_numbers_give_an_age(stamps in vec((number(), number(), number()), 1..60)) {
        let mut meter = AgeMeter::new();
        for (seq, time_ns, at_ns) in stamps {
            let stamp = Stamp { seq, time_ns };
            let age = meter.arrived(stamp, at_ns);
            // An age of agreeing clocks is the delay itself, which is not negative.
            if let Age::SinceTaken(age) = age {
                prop_assert_eq!(Some(age), at_ns.checked_sub(time_ns).map(Duration::from_nanos));
            }
            let (Age::SinceTaken(later) | Age::OverBest(later)) = age.after(Duration::MAX);
            prop_assert_eq!(later, Duration::MAX);
        }
    }

    /// Whatever the clocks are off by, and however they drift within what quartz does.
    #[test]
    fn what_is_over_the_best_is_never_more_than_the_picture_waited(
        off in -1_000_000_000_000_i64..1_000_000_000_000,
        drift_ppm in -200_i64..=200,
        pictures in vec((1_u64..2000, 0_u64..3000), 1..200),
    ) {
        let mut meter = AgeMeter::new();
        let (mut now_ms, mut arrived_ms) = (0, 0);
        for (seq, (gap_ms, waited_ms)) in (0..).zip(pictures) {
            now_ms += gap_ms;
            // A stream keeps its order.
            arrived_ms = (now_ms + LEAST_MS + waited_ms).max(arrived_ms);
            let true_ns = (now_ms * 1_000_000) as i64;
            let time_ns = START.strict_add_signed(true_ns + off + true_ns / 1_000_000 * drift_ppm);
            let age = meter.arrived(Stamp { seq, time_ns }, START + arrived_ms * 1_000_000);
            let took = Duration::from_millis(arrived_ms - now_ms);
            match age {
                Age::OverBest(over) => prop_assert!(over <= took - Duration::from_millis(LEAST_MS)),
                Age::SinceTaken(age) => prop_assert!(age <= took + Duration::from_millis(100)),
            }
        }
    }
}

/// What the fastest picture takes.
const LEAST_MS: u64 = 5;
const START: u64 = 1_795_000_000_000_000_000;

/// Numbers at the ends, and some that meet.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..4, any::<u64>(), (u64::MAX - 3)..=u64::MAX, (0_u64..4).prop_map(|n| n * 60_000_000_000)]
}
