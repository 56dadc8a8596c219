//! The table of hangup causes and dispositions: what an unanswered call resulted in (contract, section 10).
