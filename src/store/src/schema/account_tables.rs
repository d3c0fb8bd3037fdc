//! `migrations/0003_accounts`.
