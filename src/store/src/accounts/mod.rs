//! Users, their tokens, devices, profiles, account data, filters.
