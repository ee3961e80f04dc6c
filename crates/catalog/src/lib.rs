//! What the clouds offer, and what each call needs.
