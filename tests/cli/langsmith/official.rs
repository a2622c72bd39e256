//! The vendor's own judges.
