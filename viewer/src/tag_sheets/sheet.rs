//! One tag on one sheet of paper, at its exact size.

use std::fmt::Write as _;

use vision::{TagFamily, TagPattern};

/// A sheet with a tag; its numbers are millimetres.
#[derive(Debug)]
pub(crate) struct Sheet {
    family: TagFamily,
    id: u32,
    size_mm: f64,
    paper: Paper,
    pattern: TagPattern,
}

/// Paper that printers take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paper {
    A4,
    A3,
    Letter,
}

impl Paper {
    fn name(self) -> &'static str {
        match self {
            Paper::A4 => "A4",
            Paper::A3 => "A3",
            Paper::Letter => "letter",
        }
    }

    /// Width and height in millimetres.
    fn size_mm(self) -> [f64; 2] {
        match self {
            Paper::A4 => [210.0, 297.0],
            Paper::A3 => [297.0, 420.0],
            Paper::Letter => [215.9, 279.4],
        }
    }

    /// The side of the largest square that fits, without margins and text.
    fn room_mm(self) -> f64 {
        let [width, height] = self.size_mm();
        width.min(height - TEXT_MM) - 2.0 * MARGIN_MM
    }
}

/// A tag that its sheet has no room for.
#[derive(Debug, thiserror::Error)]
#[error(
    "--size-mm {size_mm}: with its border a tag of {family} is {all:.0} mm wide, and {} paper has room for {room:.0} mm; \
     give {most:.0} or less, or a larger --paper", paper.name()
)]
pub(crate) struct TooLarge {
    size_mm: f64,
    family: TagFamily,
    all: f64,
    room: f64,
    most: f64,
    paper: Paper,
}

impl Sheet {
    /// The tag of this family and id, which the family has to have.
    pub(crate) fn new(family: TagFamily, id: u32, size_mm: f64, paper: Paper) -> Result<Self, TooLarge> {
        let pattern = family.pattern(id).unwrap_or_else(|| unreachable!("the command line has checked the id"));
        let (all, room) = (size_mm * share(&pattern), paper.room_mm());
        if all > room {
            return Err(TooLarge { size_mm, family, all, room, most: Self::most_mm(family, paper), paper });
        }
        Ok(Self { family, id, size_mm, paper, pattern })
    }

    /// The largest side of a tag for which this paper has room, in whole millimetres.
    pub(crate) fn most_mm(family: TagFamily, paper: Paper) -> f64 {
        let pattern = family.pattern(0).expect("each family has a tag 0");
        (paper.room_mm() / share(&pattern)).floor()
    }

    pub(crate) fn file_name(&self) -> String {
        format!("{}-{}-{}mm.svg", self.family, self.id, self.size_mm)
    }

    /// Left and top of the whole pattern, and the side of a module.
    fn place(&self) -> [f64; 3] {
        let module = self.size_mm / self.pattern.border as f64;
        let [width, height] = self.paper.size_mm();
        let all = module * self.pattern.modules as f64;
        [(width - all) / 2.0, (height - TEXT_MM - all) / 2.0, module]
    }

    /// As an SVG whose lengths are millimetres.
    pub(crate) fn svg(&self) -> String {
        let Self { family, id, size_mm, paper, pattern } = self;
        let [width, height] = paper.size_mm();
        let [left, top, module] = self.place();
        let mut path = String::new();
        for (row, modules) in pattern.dark.chunks(pattern.modules).enumerate() {
            let mut column = 0;
            // A run of black modules is one rectangle, so that no hairlines show in it.
            for run in modules.chunk_by(|a, b| a == b) {
                if run[0] {
                    let (x, y) = (left + column as f64 * module, top + row as f64 * module);
                    let across = run.len() as f64 * module;
                    let _ = write!(path, "M{x:.4} {y:.4}h{across:.4}v{module:.4}h-{across:.4}z");
                }
                column += run.len();
            }
        }
        let (from, to) = ((width - size_mm) / 2.0, (width + size_mm) / 2.0);
        let (ruler, text) = (height - MARGIN_MM - 12.0, height - MARGIN_MM - 5.0);
        let metres = size_mm / 1000.0;
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}">
<rect width="{width}" height="{height}" fill="#fff"/>
<path d="{path}" fill="#000" shape-rendering="crispEdges"/>
<path d="M{from:.4} {ruler}H{to:.4}M{from:.4} {a}v4M{to:.4} {a}v4" stroke="#888" stroke-width="0.3"/>
<text x="{middle}" y="{text}" font-family="sans-serif" font-size="4" fill="#555" text-anchor="middle">AprilTag {family}, id {id}: the line is {size_mm} mm long if printed at 100 % (--tag-size {metres})</text>
</svg>
"##,
            a = ruler - 2.0,
            middle = width / 2.0,
        )
    }
}

/// How much wider a tag is with its border.
fn share(pattern: &TagPattern) -> f64 {
    pattern.modules as f64 / pattern.border as f64
}

/// Which printers leave white.
const MARGIN_MM: f64 = 5.0;
/// For the ruler and the text below the tag.
const TEXT_MM: f64 = 25.0;

#[cfg(test)]
mod tests {
    use super::*;
    use vision::{Engines, Kind, Luma, TagEngine};

    /// The black rectangles of the first path, drawn at `PER_MM` pixels a millimetre.
    fn rasterised(svg: &str, [width, height]: [f64; 2]) -> Luma {
        let (columns, rows) = ((width * PER_MM) as usize, (height * PER_MM) as usize);
        let mut data = vec![255; columns * rows];
        let path = svg.split("<path d=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        for rectangle in path.split('M').filter(|part| !part.is_empty()) {
            let numbers: Vec<f64> =
                rectangle.split(|c: char| !c.is_ascii_digit() && c != '.').filter_map(|n| n.parse().ok()).collect();
            let [x, y, across, down, _] = numbers[..] else { panic!("{rectangle}") };
            let pixel = |mm: f64| (mm * PER_MM).round() as usize;
            for row in pixel(y)..pixel(y + down) {
                data[row * columns + pixel(x)..row * columns + pixel(x + across)].fill(0);
            }
        }
        Luma { width: columns, height: rows, data }
    }

    #[test]
    fn each_sheet_is_read_with_its_id_and_its_size() {
        for family in TagFamily::ALL {
            let tag = TagEngine { families: vec![family], scale: None };
            let mut loaded = Engines { tag, ..Engines::default() }.load([Kind::Tag]).unwrap();
            for id in [0, 1, family.size() / 2, family.size() - 1] {
                let sheet = Sheet::new(family, id, 80.0, Paper::A4).unwrap();
                let picture = rasterised(&sheet.svg(), Paper::A4.size_mm()).into();
                let found = loaded.detectors[0].detect(&picture).unwrap();
                let [hit] = &found[..] else { panic!("{family} {id}: {found:?}") };
                let tag = hit.tag.as_ref().unwrap();
                assert_eq!((tag.family, tag.id, tag.hamming), (family, id, 0));
                let mm = (tag.corners[1][0] - tag.corners[0][0]) / PER_MM;
                assert!((mm - 80.0).abs() < 0.5, "{family} {id}: {mm} mm");
            }
        }
    }

    #[test]
    fn a_sheet_is_as_large_as_its_paper_and_says_what_it_shows() {
        let sheet = Sheet::new(TagFamily::Tag36h11, 7, 160.0, Paper::A4).unwrap();
        let svg = sheet.svg();
        assert!(svg.contains(r#"width="210mm" height="297mm" viewBox="0 0 210 297""#), "{svg}");
        assert!(
            svg.contains("AprilTag 36h11, id 7") && svg.contains("160 mm") && svg.contains("--tag-size 0.16"),
            "{svg}"
        );
        assert!(svg.contains("M25.0000 ") && svg.contains("H185.0000"), "the ruler is 160 mm long: {svg}");
        assert_eq!(sheet.file_name(), "36h11-7-160mm.svg");
    }

    #[test]
    fn a_tag_that_does_not_fit_says_what_does() {
        let error = Sheet::new(TagFamily::Tag36h11, 7, 170.0, Paper::A4).unwrap_err().to_string();
        assert!(error.starts_with("--size-mm 170: ") && error.contains("give 160 or less"), "{error}");
        assert!(Sheet::new(TagFamily::Tag36h11, 7, 170.0, Paper::A3).is_ok());
        assert!(Sheet::new(TagFamily::Standard41h12, 7, 160.0, Paper::A4).is_err());
    }

    const PER_MM: f64 = 3.0;
}
