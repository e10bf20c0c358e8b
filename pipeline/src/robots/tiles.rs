//! Which robot has which tile: its key in the window, its number in the page's addresses. Pure.

use std::time::Duration;

use super::GONE_FOR;
use crate::frame::RobotId;
use crate::who::Who;

/// The tiles, from the first, no more than there are places. A robot keeps its own for as long as it is known, and one that has
/// shown a picture for ten seconds after it has left unless others need it, so that its key stays its key when it connects again.
#[derive(Debug)]
pub(super) struct Tiles {
    tiles: Vec<Option<Tile>>,
    most: usize,
}

#[derive(Debug)]
struct Tile {
    robot: RobotId,
    who: Who,
    has_shown: bool,
    left_at: Option<Duration>,
    /// The robot has the tile again that it had left.
    is_back: bool,
    /// The robot has come back, and has another tile.
    is_replaced: bool,
}

impl Tiles {
    /// For so many robots at a time.
    pub(super) fn for_places(most: usize) -> Self {
        Self { tiles: Vec::new(), most }
    }

    /// A robot has come: it gets the tile that the same one has left, the first that is free, or that of whoever has left first.
    pub(super) fn give(&mut self, robot: RobotId, who: Who) {
        let its = |tile: &Tile| tile.left_at.filter(|_| tile.who == who && !tile.is_replaced);
        let left = self.all().filter_map(|(at, tile)| Some((its(tile)?, at))).max().map(|(_, at)| at);
        let is_back = left.is_some();
        let tile = Some(Tile { robot, who, has_shown: false, left_at: None, is_back, is_replaced: false });
        let others = || {
            let left = self.all().filter_map(|(at, tile)| Some((tile.has_shown, tile.left_at?, at)));
            left.min().filter(|_| self.tiles.len() >= self.most).map(|(.., at)| at)
        };
        match left.or_else(|| self.tiles.iter().position(Option::is_none)).or_else(others) {
            Some(at) => self.tiles[at] = tile,
            None => self.tiles.push(tile),
        }
    }

    /// The first picture of this robot is there. One that lost its power has left a connection behind that does not know it yet, and
    /// is among those that `are_silent`: the tile of that is its own.
    pub(super) fn shows(&mut self, robot: RobotId, are_silent: &[RobotId]) {
        let Some(own) = self.of(robot) else { return };
        let Some(tile) = &mut self.tiles[own] else { return };
        tile.has_shown = true;
        if tile.is_back {
            return;
        }
        let who = tile.who.clone();
        let is_silent = |tile: &Tile| tile.has_shown && are_silent.contains(&tile.robot);
        let is_before = |tile: &Tile| tile.robot < robot && tile.who == who && !tile.is_replaced;
        let left = self.position(|tile| is_before(tile) && (tile.left_at.is_some() || is_silent(tile)));
        if let Some(left) = left {
            self.tiles.swap(own, left);
            self.tiles[left].iter_mut().for_each(|tile| tile.is_back = true);
            self.tiles[own].iter_mut().for_each(|tile| tile.is_replaced = true);
        }
    }

    /// The connection of this robot is over.
    pub(super) fn left(&mut self, robot: RobotId, now: Duration) {
        let tiles = self.tiles.iter_mut().flatten();
        tiles.filter(|tile| tile.robot == robot).for_each(|tile| tile.left_at = Some(now));
    }

    /// Frees the tiles of robots that are not known any more, unless they are kept for these.
    pub(super) fn free(&mut self, is_known: impl Fn(RobotId) -> bool, now: Duration) {
        let is_kept = |tile: &Tile| tile.has_shown && tile.left_at.is_some_and(|at| now.saturating_sub(at) <= GONE_FOR);
        for tile in &mut self.tiles {
            tile.take_if(|tile| !is_known(tile.robot) && !is_kept(tile));
        }
        while self.tiles.last().is_some_and(Option::is_none) {
            self.tiles.pop();
        }
    }

    /// That of `robot`, from 0.
    pub(super) fn of(&self, robot: RobotId) -> Option<usize> {
        self.position(|tile| tile.robot == robot)
    }

    fn position(&self, is_wanted: impl Fn(&Tile) -> bool) -> Option<usize> {
        self.all().find(|(_, tile)| is_wanted(tile)).map(|(at, _)| at)
    }

    fn all(&self) -> impl Iterator<Item = (usize, &Tile)> {
        self.tiles.iter().enumerate().filter_map(|(at, tile)| Some((at, tile.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    /// Robots come, in this order.
    fn tiles(robots: &[(u32, [&str; 3])]) -> Tiles {
        let mut tiles = Tiles::for_places(3);
        robots.iter().for_each(|(robot, who)| tiles.give(RobotId(*robot), whose(*who)));
        tiles
    }

    /// Whoever has this name and this address that was dialled, which are empty where there are none, and comes from there.
    fn whose([name, url, from]: [&str; 3]) -> Who {
        let given = |text: &str| (!text.is_empty()).then(|| Arc::from(text));
        Who::new(format!("{from}:5000").parse().unwrap(), given(name).as_ref(), given(url).as_ref())
    }

    fn robots(tiles: &Tiles) -> Vec<Option<u32>> {
        tiles.tiles.iter().map(|tile| tile.as_ref().map(|tile| tile.robot.0)).collect()
    }

    #[test]
    fn who_comes_back_is_known_by_its_url_or_by_its_name_and_address() {
        for (left, other, takes) in [
            (["", "", "10.0.0.7"], ["", "", "10.0.0.7"], true),
            (["", "", "10.0.0.7"], ["", "", "10.0.0.8"], false),
            (["door", "", "10.0.0.7"], ["door", "", "10.0.0.7"], true),
            (["door", "", "10.0.0.7"], ["door", "", "10.0.0.8"], false),
            (["door", "", "10.0.0.7"], ["toy", "", "10.0.0.7"], false),
            (["door", "", "10.0.0.7"], ["", "", "10.0.0.7"], false),
            (["", "http://h/1", "10.0.0.7"], ["", "http://h/1", "10.0.0.8"], true),
            (["", "http://h/1", "10.0.0.7"], ["", "http://h/2", "10.0.0.7"], false),
            (["", "http://h/1", "10.0.0.7"], ["", "", "10.0.0.7"], false),
        ] {
            let mut tiles = tiles(&[(1, left)]);
            tiles.left(RobotId(1), NOW);
            tiles.give(RobotId(2), whose(other));
            assert_eq!(robots(&tiles) == [Some(2)], takes, "{left:?} {other:?}");
        }
    }

    #[test]
    fn who_lost_its_power_has_its_tile_again_once_a_picture_comes() {
        let door = ["", "", "10.0.0.7"];
        for (is_silent, want) in [(true, [Some(2), Some(1)]), (false, [Some(1), Some(2)])] {
            let mut tiles = tiles(&[(1, door)]);
            tiles.shows(RobotId(1), &[]);
            tiles.give(RobotId(2), whose(door));
            assert_eq!(robots(&tiles), [Some(1), Some(2)]);
            tiles.shows(RobotId(2), if is_silent { &[RobotId(1)] } else { &[] });
            assert_eq!(robots(&tiles), want);
        }
    }

    #[test]
    fn the_tile_of_one_that_has_shown_a_picture_is_kept_for_ten_seconds_and_no_other() {
        let [door, toy, cat] = ["10.0.0.7", "10.0.0.8", "10.0.0.9"].map(|from| ["", "", from]);
        let mut tiles = tiles(&[(1, door), (2, toy)]);
        tiles.shows(RobotId(1), &[]);
        [1, 2].into_iter().for_each(|robot| tiles.left(RobotId(robot), NOW));
        tiles.free(|_| true, NOW + 2 * GONE_FOR);
        assert_eq!(robots(&tiles), [Some(1), Some(2)], "they are known");
        tiles.free(|_| false, NOW + GONE_FOR);
        assert_eq!(robots(&tiles), [Some(1)]);
        tiles.give(RobotId(3), whose(cat));
        tiles.give(RobotId(4), whose(door));
        assert_eq!(robots(&tiles), [Some(4), Some(3)]);
        tiles.left(RobotId(4), NOW);
        tiles.free(|robot| robot == RobotId(3), NOW);
        assert_eq!(robots(&tiles), [None, Some(3)]);
    }

    #[test]
    fn there_are_no_more_tiles_than_places() {
        let from = |n: u32| ["", "", ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"][n as usize - 1]];
        let mut tiles = tiles(&[1, 2, 3].map(|n| (n, from(n))));
        [1, 2].into_iter().for_each(|robot| tiles.shows(RobotId(robot), &[]));
        for robot in [1, 3, 2] {
            tiles.left(RobotId(robot), NOW + Duration::from_secs(robot.into()));
        }
        // First that of the one that has shown nothing.
        tiles.give(RobotId(4), whose(from(4)));
        tiles.give(RobotId(5), whose(from(5)));
        assert_eq!(robots(&tiles), [Some(5), Some(2), Some(4)]);
    }

    #[test]
    fn who_has_its_tile_again_does_not_take_another_one_that_it_may_have_left() {
        let door = ["", "", "10.0.0.7"];
        let mut tiles = tiles(&[(1, door), (2, door)]);
        [1, 2].into_iter().for_each(|robot| tiles.shows(RobotId(robot), &[]));
        tiles.left(RobotId(2), NOW);
        tiles.left(RobotId(1), 2 * NOW);
        tiles.give(RobotId(3), whose(door));
        tiles.shows(RobotId(3), &[]);
        assert_eq!(robots(&tiles), [Some(3), Some(2)]);
        // And has it again the next time.
        tiles.left(RobotId(3), 3 * NOW);
        tiles.give(RobotId(4), whose(door));
        assert_eq!(robots(&tiles), [Some(4), Some(2)]);
    }
}
