//! Labelled pictures: a folder with `truth.json` beside them.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Map, Value};
use xtask::label;
use xtask::score::{Kind, Object};

/// A folder of labelled pictures.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) kind: Kind,
    pub(crate) dir: PathBuf,
    /// At least one.
    pub(crate) pictures: Vec<Labelled>,
}

/// A picture and what is in it.
#[derive(Debug)]
pub(crate) struct Labelled {
    /// Its path below the set's folder.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) format: Format,
    pub(crate) objects: Vec<Object>,
}

/// Picture formats that both the viewer and a browser read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Jpeg,
    Png,
}

impl Set {
    /// Reads the labels, and makes sure that each picture they name is there.
    pub(crate) fn load(kind: Kind, dir: PathBuf) -> Result<Self> {
        let truth = dir.join("truth.json");
        let form = format!(r#"expected {{"PICTURE":[{0},...],...}}"#, label_of(kind));
        let text =
            fs::read_to_string(&truth).with_context(|| format!("{}: cannot be read; {form}", truth.display()))?;
        let labels: Map<String, Value> =
            serde_json::from_str(&text).with_context(|| format!("{}: {form}", truth.display()))?;
        ensure!(!labels.is_empty(), "{}: it names no picture; {form}", truth.display());
        let mut pictures = Vec::with_capacity(labels.len());
        for (name, labels) in labels {
            let objects = objects(kind, &labels).with_context(|| format!("{}: {name:?}", truth.display()))?;
            let path = dir.join(&name);
            let format =
                Format::of(&path).with_context(|| format!("{}, which {} names", path.display(), truth.display()))?;
            pictures.push(Labelled { name, path, format, objects });
        }
        Ok(Self { kind, dir, pictures })
    }

    /// How many objects a detector ought to find.
    pub(crate) fn labelled(&self) -> usize {
        self.pictures.iter().flat_map(|picture| &picture.objects).filter(|object| !object.difficult).count()
    }
}

impl Labelled {
    /// The sort of picture: its name up to the first `-`.
    pub(crate) fn category(&self) -> &str {
        self.name.split_once('-').map_or("other", |(category, _)| category)
    }
}

impl Format {
    /// Looks at the file's first bytes.
    fn of(path: &Path) -> Result<Self> {
        let mut head = Vec::new();
        File::open(path).and_then(|file| file.take(8).read_to_end(&mut head)).context("cannot be read")?;
        match head.as_slice() {
            [0xff, 0xd8, 0xff, ..] => Ok(Self::Jpeg),
            b"\x89PNG\r\n\x1a\n" => Ok(Self::Png),
            _ => bail!("expected a JPEG or PNG picture, and it begins with \"{}\"", head.escape_ascii()),
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// What `truth.json` holds for each object.
fn label_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Qr | Kind::Tag => "[[x,y],[x,y],[x,y],[x,y]]",
        Kind::Face => "[x,y,width,height]",
        Kind::Human => "[x,y,width,height,difficult]",
    }
}

fn objects(kind: Kind, labels: &Value) -> Result<Vec<Object>> {
    let wanted = || format!("expected a list of {}, found {labels}", label_of(kind));
    let labels = labels.as_array().with_context(wanted)?;
    labels.iter().enumerate().map(|(at, label)| object(kind, label).with_context(|| format!("label {at}"))).collect()
}

fn object(kind: Kind, label: &Value) -> Result<Object> {
    let wanted = || format!("expected {}, found {label}", label_of(kind));
    let parts = label.as_array().with_context(wanted)?;
    let (outline, difficult) = match kind {
        Kind::Qr | Kind::Tag => (label::quad(parts), Some(false)),
        Kind::Face => (label::rect(parts), Some(false)),
        Kind::Human => {
            let (difficult, rect) = parts.split_last().with_context(wanted)?;
            (label::rect(rect), difficult.as_bool())
        }
    };
    let (outline, difficult) = outline.zip(difficult).with_context(wanted)?;
    Ok(Object { outline, difficult })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use xtask::score::Outline;

    use super::*;

    fn refused(kind: Kind, labels: &Value) -> String {
        format!("{:#}", objects(kind, labels).unwrap_err())
    }

    #[test]
    fn labels_of_each_kind_are_understood() {
        let quad = objects(Kind::Qr, &json!([[[1, 2], [3, 2], [3, 4.5], [1, 4]]])).unwrap();
        assert_eq!(quad[0].outline, Outline::Quad([[1.0, 2.0], [3.0, 2.0], [3.0, 4.5], [1.0, 4.0]]));
        let faces = objects(Kind::Face, &json!([[1, 2, 3, 4], [5, 6, 7, 8]])).unwrap();
        assert_eq!((faces.len(), faces[1].outline), (2, Outline::Rect([5.0, 6.0, 7.0, 8.0])));
        let humans = objects(Kind::Human, &json!([[1, 2, 3, 4, false], [5, 6, 7, 8, true]])).unwrap();
        assert_eq!(humans.iter().map(|human| human.difficult).collect::<Vec<_>>(), [false, true]);
        assert!(objects(Kind::Face, &json!([])).unwrap().is_empty(), "a picture may hold nothing");
    }

    #[test]
    fn a_label_of_another_form_is_quoted_beside_the_form_expected() {
        for (kind, labels) in [
            (Kind::Qr, json!([[1, 2, 3, 4]])),
            (Kind::Qr, json!([[[1, 2], [3, 4], [5, 6]]])),
            (Kind::Face, json!([[1, 2, 3]])),
            (Kind::Face, json!([[1, 2, 3, "4"]])),
            (Kind::Face, json!([[1, 2, 0, 4]])),
            (Kind::Human, json!([[1, 2, 3, 4]])),
            (Kind::Human, json!([[]])),
        ] {
            let error = refused(kind, &labels);
            assert!(error.contains("label 0") && error.contains(label_of(kind)), "{error}");
            assert!(error.contains(&labels[0].to_string()), "{error}");
        }
        assert!(refused(Kind::Face, &json!({"a": 1})).contains("expected a list of"));
    }

    #[test]
    fn a_category_is_the_name_up_to_the_first_dash() {
        let picture = |name: &str| {
            let (name, path) = (name.to_owned(), PathBuf::new());
            Labelled { name, path, format: Format::Png, objects: Vec::new() }.category().to_owned()
        };
        assert_eq!(picture("bright_spots-image-1.jpg"), "bright_spots");
        assert_eq!(picture("2007.jpg"), "other");
    }

    #[test]
    fn a_folder_without_truth_or_with_a_picture_missing_or_broken_is_named() {
        let scratch = crate::eval::tests::Scratch::new("sets");
        let dir = scratch.path();
        let load = || format!("{:#}", Set::load(Kind::Face, dir.to_owned()).unwrap_err());
        let error = load();
        assert!(error.contains("truth.json") && error.contains("PICTURE"), "{error}");

        fs::write(dir.join("truth.json"), "{").unwrap();
        assert!(load().contains("truth.json: expected"), "{}", load());
        fs::write(dir.join("truth.json"), "{}").unwrap();
        assert!(load().contains("names no picture"), "{}", load());
        fs::write(dir.join("truth.json"), r#"{"a.jpg":[[1,2,3]]}"#).unwrap();
        assert!(load().contains(r#""a.jpg": label 0: expected [x,y,width,height]"#), "{}", load());

        fs::write(dir.join("truth.json"), r#"{"a.jpg":[[1,2,3,4]]}"#).unwrap();
        assert!(load().contains("a.jpg, which"), "{}", load());
        fs::write(dir.join("a.jpg"), "GIF89a...").unwrap();
        assert!(load().contains("expected a JPEG or PNG picture, and it begins with \"GIF89a..\""), "{}", load());
        fs::write(dir.join("a.jpg"), [0xff, 0xd8, 0xff, 0xe0]).unwrap();
        assert_eq!(Set::load(Kind::Face, dir.to_owned()).unwrap().labelled(), 1);
    }
}
