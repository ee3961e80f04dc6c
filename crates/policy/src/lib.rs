//! Policy languages as typed values.
