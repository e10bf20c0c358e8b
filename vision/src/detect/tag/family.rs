//! The families of tags: which there are, what they are called, and what their tags look like.

use std::fmt;
use std::str::FromStr;

use super::library;

/// A set of patterns that differ from each other in as many bits as the second number of its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TagFamily {
    /// 587 tags: what most robots use.
    Tag36h11,
    /// 30 tags of few large modules.
    Tag16h5,
    /// 35 tags.
    Tag25h9,
    /// 2115 tags with modules outside the border: the best choice for new projects, by the library's authors.
    Standard41h12,
    /// 48714 tags.
    Standard52h13,
    /// 42211 tags with a free place in the middle.
    Custom48h12,
    /// 38 round tags.
    Circle21h7,
    /// 65535 round tags.
    Circle49h12,
}

/// What a tag looks like, to print it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPattern {
    /// Modules along a side, the outermost ones included.
    pub modules: usize,
    /// How many of these lie between the corners that are reported, in the middle of the side.
    pub border: usize,
    /// Row by row from the top left, `modules * modules`; `true` is black.
    pub dark: Vec<bool>,
}

impl TagFamily {
    /// Every family, the usual one first.
    pub const ALL: [TagFamily; 8] = [
        TagFamily::Tag36h11,
        TagFamily::Tag16h5,
        TagFamily::Tag25h9,
        TagFamily::Standard41h12,
        TagFamily::Standard52h13,
        TagFamily::Custom48h12,
        TagFamily::Circle21h7,
        TagFamily::Circle49h12,
    ];

    /// The name, as in `36h11` or `standard41h12`.
    pub fn name(self) -> &'static str {
        match self {
            TagFamily::Tag36h11 => "36h11",
            TagFamily::Tag16h5 => "16h5",
            TagFamily::Tag25h9 => "25h9",
            TagFamily::Standard41h12 => "standard41h12",
            TagFamily::Standard52h13 => "standard52h13",
            TagFamily::Custom48h12 => "custom48h12",
            TagFamily::Circle21h7 => "circle21h7",
            TagFamily::Circle49h12 => "circle49h12",
        }
    }

    /// How many tags it has; their ids count from 0.
    pub fn size(self) -> u32 {
        match self {
            TagFamily::Tag36h11 => 587,
            TagFamily::Tag16h5 => 30,
            TagFamily::Tag25h9 => 35,
            TagFamily::Standard41h12 => 2115,
            TagFamily::Standard52h13 => 48_714,
            TagFamily::Custom48h12 => 42_211,
            TagFamily::Circle21h7 => 38,
            TagFamily::Circle49h12 => 65_535,
        }
    }

    /// What the tag of this id looks like; `None` if the family does not have it.
    pub fn pattern(self, id: u32) -> Option<TagPattern> {
        (id < self.size()).then(|| library::pattern(self, id))
    }

    /// How many wrong bits are corrected. Two more would find no more of the drawn tags.
    ///
    /// In 272 photos of QR codes one corrected bit lets 66 false tags of 16h5 through and none of the larger families. The
    /// tables of the three largest would take 100 MB and more with one.
    pub(super) fn corrected_bits(self) -> i32 {
        match self {
            TagFamily::Tag36h11 | TagFamily::Tag25h9 | TagFamily::Standard41h12 => 1,
            TagFamily::Tag16h5 | TagFamily::Circle21h7 => 0,
            TagFamily::Standard52h13 | TagFamily::Custom48h12 | TagFamily::Circle49h12 => 0,
        }
    }

    /// The least margin of a tag. A pattern of few bits turns up by chance: what there is in photos has 21 at most, of 25h9
    /// 8, while a tag of 24 pixels that is tilted by 60° has 58 at usual contrast.
    pub(super) fn least_margin(self) -> f32 {
        match self {
            TagFamily::Tag16h5 | TagFamily::Circle21h7 => 30.0,
            TagFamily::Tag25h9 => 15.0,
            _ => 0.0,
        }
    }
}

impl fmt::Display for TagFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No family has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no family {typed:?}; the families are {}", TagFamily::ALL.map(TagFamily::name).join(", "))]
pub struct NoSuchFamily {
    typed: String,
}

impl FromStr for TagFamily {
    type Err = NoSuchFamily;

    /// By its name, in upper or lower case, with or without `tag` before it as the library writes it.
    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        let lower = typed.trim().to_lowercase();
        let name = lower.strip_prefix("tag").unwrap_or(&lower);
        TagFamily::ALL
            .into_iter()
            .find(|family| family.name() == name)
            .ok_or_else(|| NoSuchFamily { typed: typed.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_go_by_the_names_that_people_use() {
        for typed in ["36h11", "tag36h11", "Tag36H11", " 36h11"] {
            assert_eq!(typed.parse(), Ok(TagFamily::Tag36h11), "{typed}");
        }
        assert_eq!("tagStandard41h12".parse(), Ok(TagFamily::Standard41h12));
        let error = "36h12".parse::<TagFamily>().unwrap_err().to_string();
        assert!(error.contains("\"36h12\"") && error.contains("36h11, 16h5"), "{error}");
    }

    #[test]
    fn a_family_has_as_many_tags_as_the_library_says() {
        for family in TagFamily::ALL {
            assert_eq!(family.size(), library::size(family), "{family}");
            assert!(family.pattern(family.size() - 1).is_some() && family.pattern(family.size()).is_none());
        }
    }

    #[test]
    fn a_usual_tag_has_a_black_border_in_a_white_one() {
        let TagPattern { modules, border, dark } = TagFamily::Tag36h11.pattern(0).unwrap();
        assert_eq!((modules, border), (10, 8));
        assert!(dark[..10].iter().all(|&dark| !dark) && dark[11..19].iter().all(|&dark| dark));
    }
}
