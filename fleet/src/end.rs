//! Why a robot's stream is over, as JSON: `{"stream":"…","reason":"hang-up","detail":"…","frames":300}`.

use pipeline::EndReason;
use serde::{Deserialize, Serialize};

use crate::key::StreamId;

/// The end of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Which stream.
    pub stream: StreamId,
    /// Why it is over.
    pub reason: EndReason,
    /// What exactly was seen, where the reason alone does not say it.
    pub detail: Option<String>,
    /// One more than the number of its last frame.
    pub frames: u64,
}

#[derive(Serialize, Deserialize)]
struct Fields {
    stream: String,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    frames: u64,
}

impl End {
    /// As JSON.
    pub fn to_json(&self) -> String {
        let (stream, reason) = (self.stream.to_string(), self.reason.name().to_owned());
        let fields = Fields { stream, reason, detail: self.detail.clone(), frames: self.frames };
        serde_json::to_string(&fields).expect("its keys are strings")
    }

    /// `None` where it is something else.
    pub fn from_json(json: &[u8]) -> Option<Self> {
        let Fields { stream, reason, detail, frames } =
            serde_json::from_slice(json.get(..json.len().min(MOST_BYTES))?).ok()?;
        let reason = EndReason::ALL.into_iter().find(|known| known.name() == reason)?;
        Some(Self { stream: stream.parse().ok()?, reason, detail, frames })
    }
}

/// Longer texts are none of ours.
const MOST_BYTES: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_read_as_it_was() {
        for reason in EndReason::ALL {
            for detail in [None, Some("byte 7".to_owned())] {
                let end = End { stream: StreamId([1; 16]), reason, detail, frames: 300 };
                assert_eq!(End::from_json(end.to_json().as_bytes()), Some(end));
            }
        }
        assert_eq!(End::from_json(b"{}"), None);
        assert_eq!(End::from_json(&[b' '; MOST_BYTES + 9]), None);
    }
}
