//! How fast frames are rendered: printed, never asserted.

use std::time::Instant;

use waymark_simulate::{Plan, render};

use crate::{MORNING, time};

#[test]
fn frames_of_full_size_are_rendered_and_their_rate_is_printed() {
    let plan = Plan::new(7, 1, 4, time(MORNING)).unwrap();
    let (begin, mut frames) = (Instant::now(), 0);
    render(&plan, 1, 0..plan.frames(), &mut |_, picture| {
        assert_eq!(picture.rgb.len(), 1280 * 720 * 3);
        frames += 1;
    })
    .unwrap();
    assert_eq!(frames, plan.frames());
    println!(
        "rendered 1280x720 at {:.1} frames a second on one core",
        f64::from(frames) / begin.elapsed().as_secs_f64()
    );
}
