//! Shows a robot's camera on the PC.
//!
//! ```text
//!  TCP   ┌────────┐ ┌──────┐ ┌────────┐ ┌──────┐ ┌─────────┐
//! ──────▶│ listen │▶│ slot │▶│ decode │▶│ slot │▶│ window  │
//!        └────────┘ └──────┘ └────────┘ └──┬───┘ │/headless│
//!          socket    newest    pixels      │     └────▲────┘
//!                     wins              ┌──▼──────┐   │ overlay
//!                                       │ workers │───┘
//!                                       └─────────┘ one per detector
//! ```
//!
//! From each slot the newest picture is taken: latency never builds up, and the display never waits for a detector. [`run`] is what the program does; everything else is its inside.
//!
//! Not here: the wire itself (crate `protocol`), and a robot to try it with (`robot-sim`).

mod addresses;
mod canvas;
mod cli;
mod detect;
mod filler;
mod fleet;
mod last_to_leave;
#[cfg(not(feature = "web"))]
mod no_web;
mod overlay;
mod pacing;
mod report_target;
mod run;
mod save;
mod scene;
mod settings;
mod stdout;
mod tag_sheets;
mod terminal;
mod text;
mod ui;
#[cfg(feature = "web")]
mod web;
mod whole_lines;
mod window;

#[cfg(not(feature = "web"))]
use no_web as web;

pub use cli::Cli;
pub use run::Outcome;
pub use terminal::print_unless_stuck;

/// Does what the command line asks for.
///
/// # Errors
/// What kept it from being done, in words for the user.
pub fn run(cli: Cli) -> anyhow::Result<Outcome> {
    let job = cli.into_job().unwrap_or_else(|error| terminal::exit(&error));
    stdout::reserve();
    vision::opencv_error::keep_log_off_the_terminal();
    match job {
        cli::Job::Watch(config) => run::run(*config),
        cli::Job::Tags(config) => tag_sheets::run(&config).map(|()| Outcome::Done),
        cli::Job::Detect(config) => detect::run(&config).map(|()| Outcome::Done),
    }
}
