//! How old pictures are when they are there, and how old the one on the screen is: arithmetic alone.

/// A picture: when it was taken and when it could be seen, in seconds since the first one was taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) taken: f64,
    pub(super) seen: f64,
}

/// All pictures that one receiver had, in order.
#[derive(Clone, Debug)]
pub(super) struct Ages(Vec<Seen>);

impl Ages {
    /// `seen` in the order in which they came, at least one.
    pub(super) fn new(seen: Vec<Seen>) -> Option<Self> {
        (!seen.is_empty()).then_some(Self(seen))
    }

    /// The age of pictures at the moment when they can be seen that the share `of` them does not exceed, in milliseconds.
    pub(super) fn percentile_ms(&self, of: f64) -> f64 {
        let mut ages: Vec<f64> = self.0.iter().map(|picture| (picture.seen - picture.taken) * 1000.0).collect();
        ages.sort_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "few")]
        let at = ((ages.len() as f64 * of).ceil() as usize).clamp(1, ages.len()) - 1;
        ages[at]
    }

    /// Pictures a second, of the first `seconds`.
    #[expect(clippy::cast_precision_loss, reason = "pictures are few")]
    pub(super) fn rate(&self, seconds: f64) -> f64 {
        self.0.iter().filter(|picture| picture.seen <= seconds).count() as f64 / seconds
    }

    /// The oldest that the picture on the screen gets in each `step` of the first `seconds`: the end of the step, and the
    /// age in milliseconds. Until the next picture the last one stays, and grows older.
    pub(super) fn on_screen(&self, seconds: f64, step: f64) -> Vec<(f64, f64)> {
        let mut points = Vec::new();
        let (mut pictures, mut taken) = (self.0.iter().peekable(), None);
        let mut end = step;
        while end <= seconds + step / 2.0 {
            let mut oldest: Option<f64> = None;
            let mut see = |age: f64| oldest = Some(oldest.map_or(age, |oldest| oldest.max(age)));
            while let Some(picture) = pictures.next_if(|picture| picture.seen <= end) {
                // What was there until now was oldest just before; the first of all was preceded by nothing.
                see(picture.seen - taken.unwrap_or(picture.taken));
                taken = Some(picture.taken);
            }
            if let Some(taken) = taken {
                see(end - taken);
            }
            points.extend(oldest.map(|age| (end, age * 1000.0)));
            end += step;
        }
        points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ages(pictures: &[(f64, f64)]) -> Ages {
        Ages::new(pictures.iter().map(|&(taken, seen)| Seen { taken, seen }).collect()).unwrap()
    }

    #[test]
    fn a_percentile_is_the_age_of_a_picture() {
        let ages = ages(&[(0.0, 0.01), (1.0, 1.03), (2.0, 2.02), (3.0, 3.5)]);
        let rounded = |of| (ages.percentile_ms(of) * 100.0).round() / 100.0;
        assert_eq!([0.0, 0.5, 0.99].map(rounded), [10.0, 20.0, 500.0]);
        assert!(Ages::new(Vec::new()).is_none(), "who saw nothing has no age");
    }

    #[test]
    fn a_picture_that_stays_grows_older() {
        let ages = ages(&[(0.0, 0.1), (0.5, 0.6), (2.0, 2.1)]);
        let points: Vec<(f64, f64)> =
            ages.on_screen(2.0, 1.0).into_iter().map(|(at, age)| (at, (age * 10.0).round() / 10.0)).collect();
        // Just before 0.6 the first is 0.6 old, and at 1.0 the second 0.5; at 2.0 that one is 1.5 old.
        assert_eq!(points, [(1.0, 600.0), (2.0, 1500.0)]);
    }

    #[test]
    fn before_the_first_picture_there_is_no_age() {
        assert_eq!(ages(&[(0.0, 1.5)]).on_screen(2.0, 1.0).len(), 1);
    }

    #[test]
    fn only_pictures_within_the_time_count_for_the_rate() {
        assert_eq!(ages(&[(0.0, 0.1), (0.5, 0.6), (1.0, 9.0)]).rate(2.0), 1.0);
    }
}
