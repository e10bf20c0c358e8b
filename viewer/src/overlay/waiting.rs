//! What the window says while no robot is there: who has left, and how a robot can connect.

use std::time::Duration;

use super::block::{Alignment, Block, Paragraph};
use super::palette::{AMBER, BRIGHT, GREY};
use super::pen::{Pen, Style};
use crate::canvas::Surface;
use crate::scene::{Left, Unreached, Waiting};

/// Draws it at the bottom of `surface`, where it leaves most of the filler free; what matters least is left out where there is no room.
pub(super) fn draw(surface: &mut Surface<'_>, pen: &mut Pen<'_>, waiting: &Waiting) {
    let area = surface.area();
    if let Some(block) = Block::new(pen, &paragraphs(waiting), Alignment::Left, area) {
        block.draw(surface, block.at_the_bottom_of(area));
    }
}

fn paragraphs(waiting: &Waiting) -> Vec<Paragraph> {
    let Waiting { reach, unreached, left } = waiting;
    let label = |text: &str| Paragraph::new(text, Style::plain(GREY));
    let command = |text: String| Paragraph::new(text, Style::bold(BRIGHT));
    let mut all = Vec::new();
    if let Some(left) = left {
        all.extend(departure(left));
    }
    let title = Paragraph::new("Waiting for a robot", Style::title(BRIGHT));
    all.push(if left.is_some() { title.expendable(4) } else { title });
    let addresses = reach.addresses();
    match (reach.command(), reach.is_local()) {
        (_, true) => all.extend([
            label("Only this machine can connect. To try it, run here:").expendable(1),
            command(reach.simulator()),
            Paragraph::gap().expendable(3),
            label("To let robots in from the network, start the viewer with:").expendable(2),
            command(reach.for_the_network()).expendable(2),
        ]),
        (Some(line), _) => all.extend([label("On the robot, run:").expendable(2), command(line)]),
        (None, _) if reach.is_dialling() => {}
        (None, _) => all.push(label("This machine has no network address yet. Connect it to the robot's network.")),
    }
    all.extend(unreached.iter().take(MOST_CAMERAS).flat_map(dialled));
    if let Some(more) = unreached.len().checked_sub(MOST_CAMERAS).filter(|more| *more > 0) {
        all.push(label(&format!("and to {more} more")).expendable(1));
    }
    if addresses.len() > 1 {
        all.extend([Paragraph::gap().expendable(3), label("Other addresses of this machine:").expendable(3)]);
        let others = addresses.iter().skip(1);
        all.extend(others.map(|other| Paragraph::new(other.to_string(), Style::plain(BRIGHT)).expendable(3)));
    }
    all
}

fn dialled(Unreached { name, url, why }: &Unreached) -> Vec<Paragraph> {
    let whom = name.as_ref().map_or_else(|| url.to_string(), |name| format!("{name}, {url}"));
    let mut all = vec![
        Paragraph::gap().expendable(3),
        Paragraph::new("Connecting to:", Style::plain(GREY)).expendable(2),
        Paragraph::new(whom, Style::bold(BRIGHT)).expendable(1),
    ];
    all.extend(why.as_ref().map(|why| Paragraph::new(&**why, Style::plain(AMBER)).expendable(2)));
    all
}

fn departure(left: &Left) -> Vec<Paragraph> {
    let Left { name, from, why, detail, ago: time } = left;
    let mut all = vec![Paragraph::new(format!("{name} {why}"), Style::bold(AMBER))];
    all.extend(detail.as_ref().map(|detail| Paragraph::new(detail.clone(), Style::plain(BRIGHT)).expendable(2)));
    all.push(Paragraph::new(format!("{}, from {from}", ago(*time)), Style::plain(GREY)).expendable(1));
    all.push(Paragraph::gap().expendable(3));
    all
}

/// With more there would be no room for what is in the way; the terminal names them all.
const MOST_CAMERAS: usize = 3;

/// How long ago something was, in words.
pub(super) fn ago(time: Duration) -> String {
    match time.as_secs() {
        0 => "just now".to_owned(),
        seconds @ 1..=119 => format!("{seconds} s ago"),
        seconds => format!("{} min ago", seconds / 60),
    }
}
