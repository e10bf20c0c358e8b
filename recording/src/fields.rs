//! Takes fields from the front of a message: little-endian, without padding.

/// What is left of a message.
pub(crate) struct Fields<'message>(pub(crate) &'message [u8]);

impl<'message> Fields<'message> {
    pub(crate) fn take(&mut self, len: usize) -> Option<&'message [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.array()?))
    }

    /// Bytes behind their length, which has 32 bits.
    pub(crate) fn bytes(&mut self) -> Option<&'message [u8]> {
        let len = usize::try_from(self.u32()?).ok()?;
        self.take(len)
    }

    pub(crate) fn string(&mut self) -> Option<&'message str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }
}
