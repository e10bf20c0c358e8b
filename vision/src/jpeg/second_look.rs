//! A second look at a JPEG that has been decoded: what libjpeg-turbo lets pass and no encoder writes (ITU-T T.81, annexes B and F).
//!
//! For speed libjpeg-turbo takes a code that the tables lack for a zero, and coefficients behind the last for none. Of damaged
//! JPEGs that it decodes without a warning, most have one of these in them; [`damage`] walks over the codes once more, and undoes
//! nothing. Only baseline JPEGs are looked at, which is what cameras send; of others nothing is said.

mod bits;
mod codes;

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::markers::{Segment, Segments};
use bits::{Bits, unstuff};
use codes::{Coefficients, Differences};

/// What is wrong with a JPEG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Many zero bytes in a row, which would be a long row of equal coefficients.
    #[error("it has {ZEROS} bytes of zeros in a row")]
    Zeros,
    /// Bits that are no code of the JPEG's own tables.
    #[error("it has a code that its tables lack")]
    NoCode,
    /// More than 64 coefficients in a block.
    #[error("it has a block with more than 64 coefficients")]
    TooManyCoefficients,
    /// A block whose mean is darker than black or brighter than white.
    #[error("it has a block that is darker than black or brighter than white")]
    OutOfRange,
    /// The data end before the picture does.
    #[error("its data end before the picture does")]
    EndsEarly,
    /// A restart marker is missing or out of order.
    #[error("its restart markers are out of order")]
    Restart,
}

/// What is wrong with `jpeg`, as far as a second look tells; `None` also for one that is not baseline.
pub(super) fn damage(jpeg: &[u8]) -> Option<Damage> {
    let mut reader = Reader::default();
    let mut scanned = BTreeSet::new();
    for segment in Segments::of(jpeg) {
        match segment.marker {
            QUANTISATION => reader.quantisation(segment.content)?,
            HUFFMAN => reader.huffman(segment.content)?,
            RESTART_INTERVAL => reader.restart = usize::from(u16::from_be_bytes(*segment.content.first_chunk()?)),
            BASELINE | EXTENDED => reader.frame = Some(Frame::read(segment.content)?),
            SCAN => {
                let scan = reader.scan(&segment)?;
                scanned.extend(scan.components.iter().map(|component| component.id));
                if let Err(damage) = scan.walk(segment.coded) {
                    return Some(damage);
                }
                if is_complete(&scanned, reader.frame.as_ref()?) {
                    return None;
                }
            }
            _ => {}
        }
    }
    // The decoder takes a component that no scan has for grey.
    (!scanned.is_empty() && !is_complete(&scanned, &reader.frame?)).then_some(Damage::EndsEarly)
}

fn is_complete(scanned: &BTreeSet<u8>, frame: &Frame) -> bool {
    frame.components.iter().all(|component| scanned.contains(&component.id))
}

/// What has been read of a JPEG before a scan.
#[derive(Default)]
struct Reader<'a> {
    /// The first value of each quantisation table, that of a block's mean.
    means: [Option<u16>; 4],
    dc: [Option<Defined<'a, Differences>>; 4],
    ac: [Option<Defined<'a, Coefficients>>; 4],
    /// MCUs between two restart markers; 0 without them.
    restart: usize,
    frame: Option<Frame>,
}

/// A Huffman table as the JPEG defines it. What looks codes up is made for the first scan that has it: two megabytes hold 100,000
/// definitions, and to make as many takes 0.13 seconds.
struct Defined<'a, T> {
    counts: &'a [u8; 16],
    values: &'a [u8],
    made: OnceCell<Option<T>>,
}

impl<'a, T> Defined<'a, T> {
    fn new(counts: &'a [u8; 16], values: &'a [u8]) -> Self {
        Self { counts, values, made: OnceCell::new() }
    }

    /// The table, which `make` makes of the number of codes of each length, and the values.
    fn table(&self, make: fn(&[u8; 16], &[u8]) -> Option<T>) -> Option<&T> {
        self.made.get_or_init(|| make(self.counts, self.values)).as_ref()
    }
}

/// The frame header.
struct Frame {
    width: usize,
    height: usize,
    components: Vec<Component>,
}

#[derive(Clone, Copy)]
struct Component {
    id: u8,
    across: usize,
    down: usize,
    quantisation: usize,
}

/// Everything about one scan.
struct Scan<'a> {
    components: Vec<Scanned<'a>>,
    mcus: usize,
    restart: usize,
}

struct Scanned<'a> {
    id: u8,
    dc: &'a Differences,
    ac: &'a Coefficients,
    /// Blocks in each MCU.
    blocks: usize,
    /// The largest mean there is, in quantised steps.
    most: i32,
}

impl<'a> Reader<'a> {
    fn quantisation(&mut self, mut content: &[u8]) -> Option<()> {
        while let Some((&kind, rest)) = content.split_first() {
            let (precision, table) = (usize::from(kind >> 4), usize::from(kind & 3));
            let values = rest.get(..64 * (1 + precision.min(1)))?;
            let mean = if precision == 0 { u16::from(values[0]) } else { u16::from_be_bytes([values[0], values[1]]) };
            self.means[table] = Some(mean);
            content = &rest[values.len()..];
        }
        Some(())
    }

    fn huffman(&mut self, mut content: &'a [u8]) -> Option<()> {
        while let Some((&kind, rest)) = content.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let values = rest.get(..counts.iter().map(|&count| usize::from(count)).sum())?;
            let place = usize::from(kind & 3);
            match kind >> 4 {
                0 => self.dc[place] = Some(Defined::new(counts, values)),
                _ => self.ac[place] = Some(Defined::new(counts, values)),
            }
            content = &rest[values.len()..];
        }
        Some(())
    }

    fn scan(&self, segment: &Segment<'_>) -> Option<Scan<'_>> {
        let frame = self.frame.as_ref()?;
        let (&count, content) = segment.content.split_first()?;
        let count = usize::from(count);
        let is_interleaved = count > 1;
        let most = |of: fn(&Component) -> usize| frame.components.iter().map(of).max();
        let (across, down) = (most(|component| component.across)?, most(|component| component.down)?);
        let mut mcus = frame.width.div_ceil(8 * across) * frame.height.div_ceil(8 * down);
        let mut components = Vec::new();
        for choice in content.get(..2 * count)?.chunks_exact(2) {
            let component = frame.components.iter().find(|component| component.id == choice[0])?;
            if !is_interleaved {
                let size = |whole: usize, part: usize, most: usize| (whole * part).div_ceil(most).div_ceil(8);
                mcus = size(frame.width, component.across, across) * size(frame.height, component.down, down);
            }
            let step = i32::from(self.means[component.quantisation]?);
            components.push(Scanned {
                id: component.id,
                dc: self.dc[usize::from(choice[1] >> 4 & 3)].as_ref()?.table(Differences::new)?,
                ac: self.ac[usize::from(choice[1] & 3)].as_ref()?.table(Coefficients::new)?,
                blocks: if is_interleaved { component.across * component.down } else { 1 },
                most: (LARGEST_MEAN + ROUNDING).checked_div(step)? + 1,
            });
        }
        Some(Scan { components, mcus, restart: self.restart })
    }
}

impl Frame {
    fn read(content: &[u8]) -> Option<Self> {
        let (&[8, h1, h0, w1, w0, count], content) = content.split_first_chunk::<6>()? else { return None };
        let component = |bytes: &[u8]| {
            let (across, down) = (usize::from(bytes[1] >> 4), usize::from(bytes[1] & 15));
            let is_known = (1..=4).contains(&across) && (1..=4).contains(&down);
            is_known.then_some(Component { id: bytes[0], across, down, quantisation: usize::from(bytes[2] & 3) })
        };
        let components =
            content.get(..3 * usize::from(count))?.chunks_exact(3).map(component).collect::<Option<_>>()?;
        let side = |high, low| usize::from(u16::from_be_bytes([high, low]));
        Some(Self { width: side(w1, w0), height: side(h1, h0), components })
    }
}

impl Scan<'_> {
    /// Walks over all codes.
    fn walk(&self, coded: &[u8]) -> Result<(), Damage> {
        // Where zeros are the code for the end of a block, there may be many: the picture is flat.
        if self.components.iter().any(|component| component.ac.zeros_are_values()) && has_zeros(coded) {
            return Err(Damage::Zeros);
        }
        let (mut coded, mut data) = (coded, Vec::with_capacity(coded.len()));
        let (mut mcus, mut number) = (self.mcus, 0);
        loop {
            let marker = unstuff(&mut coded, &mut data);
            let interval = if self.restart > 0 { mcus.min(self.restart) } else { mcus };
            self.walk_interval(interval, Bits::new(&data))?;
            mcus -= interval;
            if mcus == 0 {
                return Ok(());
            }
            if marker != Some(RESTART_0 + number) {
                return Err(Damage::Restart);
            }
            number = (number + 1) % 8;
        }
    }

    /// Walks over the codes of so many MCUs, which stand before a restart marker or the end.
    fn walk_interval(&self, mcus: usize, mut bits: Bits<'_>) -> Result<(), Damage> {
        let mut means = [0; 4];
        for _ in 0..mcus {
            for (component, mean) in self.components.iter().zip(&mut means) {
                for _ in 0..component.blocks {
                    *mean += component.dc.next(&mut bits).ok_or(Damage::NoCode)?;
                    if mean.abs() > component.most {
                        return Err(Damage::OutOfRange);
                    }
                    component.ac.skip_block(&mut bits)?;
                }
            }
            if bits.is_over() {
                return Err(Damage::EndsEarly);
            }
        }
        Ok(())
    }
}

/// Whether there are [`ZEROS`] zero bytes in a row.
fn has_zeros(coded: &[u8]) -> bool {
    let mut at = 0;
    while let Some(run) = coded.get(at..at + ZEROS) {
        match run.iter().rposition(|&byte| byte != 0) {
            Some(last) => at += last + 1,
            None => return true,
        }
    }
    false
}

/// Bytes. With the usual tables they are more than 42 coefficients of −1 in a row; 18,000 good JPEGs of all kinds have 27 equal ones
/// in a row at most.
const ZEROS: usize = 32;
/// Of 64 samples of 8 bits, less 128 each, by the DCT of annex A.3.3.
const LARGEST_MEAN: i32 = 1024;
/// What encoders' fast arithmetic may be wrong by.
const ROUNDING: i32 = 8;

const BASELINE: u8 = 0xC0;
const EXTENDED: u8 = 0xC1;
const HUFFMAN: u8 = 0xC4;
const SCAN: u8 = 0xDA;
const QUANTISATION: u8 = 0xDB;
const RESTART_0: u8 = 0xD0;
const RESTART_INTERVAL: u8 = 0xDD;

#[cfg(test)]
mod tests;
