//! How writes fare.

/// How a write fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It is to be made.
    Waiting,
    /// The CRM has it.
    Written,
    /// The record had changed; the rep decides anew.
    Conflict,
    /// It was given up; the detail says why.
    Failed,
    /// The rep took the decision back before it was made.
    Cancelled,
    /// It is to be taken back.
    Undoing,
    /// It was taken back.
    Undone,
}

impl State {
    const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Written,
        Self::Conflict,
        Self::Failed,
        Self::Cancelled,
        Self::Undoing,
        Self::Undone,
    ];

    /// The state's name in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Written => "written",
            Self::Conflict => "conflict",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// Whether something is still to be done.
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Waiting | Self::Undoing)
    }

    /// Reads what [`State::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}
